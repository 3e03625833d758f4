"""What nobody measured: a recommendation is only as wide as its evidence."""

from __future__ import annotations

import re
from collections.abc import Collection

from geoschem_bench.catalog import load_catalog

_PLAIN = re.compile(r"(c\d+[agi]?|hpc\d+[a-z]*)$")
"""Compute families without local disks or extra network, which have the same processors."""
_OLDEST = 5


def not_tested(region: str, measured: Collection[str]) -> str:
    """A sentence that names the compute families sold in the region without a measured type.

    Args:
        region: AWS region.
        measured: Instance types that there are runs of.
    """
    catalog = load_catalog()
    seen = {name.partition(".")[0] for name in measured}
    families = {
        instance.family: instance.architecture
        for instance in catalog
        if region in instance.regions and _is_plain(instance.family) and instance.family not in seen
    }
    if not families:
        return ""
    parts = []
    for architecture in ("arm64", "x86_64"):
        names = sorted((f for f, a in families.items() if a == architecture), key=_newest_first)
        if names:
            parts.append(f"{', '.join(names)} ({architecture})")
    return f"Not tested, though sold in {region}: {'; '.join(parts)}."


def _is_plain(family: str) -> bool:
    return bool(_PLAIN.match(family)) and _generation(family) >= _OLDEST


def _generation(family: str) -> int:
    found = re.search(r"\d+", family)
    return int(found.group()) if found else 0


def _newest_first(family: str) -> tuple[int, str]:
    return -_generation(family), family
