"""The field's names, each in one spelling: what people write goes in, what we use comes out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import Literal

Application = Literal["gc-classic", "gchp", "proxy"]

SIMULATIONS: tuple[str, ...] = (
    "fullchem", "aerosol", "carbon", "TransportTracers", "Hg", "POPs", "metals", "tagO3",
    "tagCO", "CH4", "CO2",
)  # fmt: skip
"""GEOS-Chem's `simulation.name`s. CH4, CO2 and tagCO ended with 14.7 (carbon replaces them)."""

_SIMULATION_ALIASES = {
    "transport": "TransportTracers",
    "transporttracers": "TransportTracers",
    "tropchem": "fullchem",
}
_CARBON_SINCE = (14, 7)

LATLON_RESOLUTIONS: tuple[str, ...] = (
    "4x5", "2x2.5", "0.5x0.625", "0.25x0.3125", "0.125x0.15625",
)  # fmt: skip
NESTED_RESOLUTIONS: tuple[str, ...] = LATLON_RESOLUTIONS[2:]
CUBED_SPHERE_RESOLUTIONS: tuple[str, ...] = ("c24", "c30", "c48", "c90", "c180", "c360", "c720")
PROXY_RESOLUTIONS: tuple[str, ...] = LATLON_RESOLUTIONS[:2]
PROXY_SIMULATIONS: tuple[str, ...] = ("TransportTracers", "fullchem")
NESTED_REGIONS: tuple[str, ...] = ("AS", "EU", "NA", "AF", "ME", "OC", "RU", "SA", "custom")


_SIMULATION_BY_LOWER = {simulation.lower(): simulation for simulation in SIMULATIONS}


def _is_before_carbon(version: str | None) -> bool:
    found = re.match(r"v?(\d+)\.(\d+)", version or "")
    return found is not None and tuple(int(part) for part in found.groups()) < _CARBON_SINCE


def normalise_simulation(name: str, version: str | None = None) -> str | None:
    """GEOS-Chem's own name for `name`, or None where there is none.

    `co2` and `ch4` are simulations of their own up to 14.6 and part of `carbon` from 14.7 on;
    no version means the newest.
    """
    wanted = name.strip().lower()
    if wanted in ("co2", "ch4") and not _is_before_carbon(version):
        return "carbon"
    return _SIMULATION_ALIASES.get(wanted) or _SIMULATION_BY_LOWER.get(wanted)


def normalise_resolution(text: str) -> str | None:
    """`4.0x5.0` → `4x5`, `C90` → `c90`; None where it is no grid of GEOS-Chem."""
    wanted = text.strip().lower()
    wanted = "x".join(re.sub(r"\.0+$", "", side) for side in wanted.split("x"))
    return wanted if wanted in (*LATLON_RESOLUTIONS, *CUBED_SPHERE_RESOLUTIONS) else None


def is_cubed_sphere(resolution: str) -> bool:
    """Whether it is a grid of GCHP, `c24` and so on."""
    return bool(re.fullmatch(r"c\d+", resolution.strip().lower()))


def cells_per_face_edge(resolution: str) -> int:
    """24 for `c24`."""
    return int(resolution.removeprefix("c"))


def likeliest(given: object, allowed: Collection[str]) -> str:
    """`; did you mean 'x'?`, or nothing where no allowed word is near."""
    by_lower = {word.lower(): word for word in allowed}
    near = difflib.get_close_matches(str(given).lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean '{by_lower[near[0]]}'?" if near else ""
