"""What a log repeats of its configuration: lines → values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from geoschem_bench.suite.names import NESTED_REGIONS, normalise_resolution, normalise_simulation

_WINDOWS: Mapping[tuple[float, float, float, float], str] = {
    # Longitudes and latitudes that GEOS-Chem's createRunDir.sh offers, by grid
    (60.0, 150.0, -11.0, 55.0): "AS",
    (70.0, 140.0, 15.0, 55.0): "AS",
    (-30.0, 50.0, 30.0, 70.0): "EU",
    (-15.0, 40.0, 32.75, 61.25): "EU",
    (-140.0, -40.0, 10.0, 70.0): "NA",
    (-130.0, -60.0, 9.75, 60.0): "NA",
}
_CUSTOM = NESTED_REGIONS[-1]
_NUMBERS = re.compile(r"-?\d{1,6}(?:\.\d{1,9})?")


def keys_and_values(lines: Iterable[str]) -> dict[str, str]:
    """`===> Compiler   : GNU` → `{"Compiler": "GNU"}`; of a key told twice the first."""
    fields: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        key = key.removeprefix("===> ").strip().rstrip("?").strip()
        fields.setdefault(" ".join(key.split()), value.strip())
    return fields


def model_time(text: str) -> datetime | None:
    """`20190101 000000`."""
    return _parsed(text, r"\d{8} \d{6}", "%Y%m%d %H%M%S")


def stamp(text: str) -> datetime | None:
    """`2018/12/19 18:11 <===`."""
    return _parsed(
        text.removesuffix("<===").strip(), r"\d{4}/\d\d/\d\d \d\d:\d\d", "%Y/%m/%d %H:%M"
    )


def step_time(line: str) -> datetime | None:
    """Of `---> DATE: 2019/01/01  UTC: 00:20  X-HRS: 0.33` or `GCHP Date: … Time: 00:10:00`."""
    found = re.search(
        r"(?:DATE|Date): +(\d{4}/\d\d/\d\d) +(?:UTC|Time): (\d\d:\d\d)(?::(\d\d))?", line
    )
    if not found:
        return None
    text = f"{found[1]} {found[2]}:{found[3] or '00'}"
    return _parsed(text, r"\S+ \S+", "%Y/%m/%d %H:%M:%S")


def _parsed(text: str, pattern: str, layout: str) -> datetime | None:
    if not re.fullmatch(pattern, text.strip(), re.ASCII):
        return None
    try:
        return datetime.strptime(text.strip(), layout)  # noqa: DTZ007 - no zone is printed
    except ValueError:  # the 31st of February, hour 24
        return None


def whole_number(text: str | None) -> int | None:
    """A number above zero."""
    found = re.match(r"\s*(\d{1,7})\b", text or "")
    return int(found[1]) or None if found else None


def simulation(text: str | None, version: str | None) -> str | None:
    """GEOS-Chem's own name, or what is printed."""
    return normalise_simulation(text, version) or text if text else None


def resolution(text: str | None) -> str | None:
    """Ours (`4x5`, `c24`), or what is printed."""
    return normalise_resolution(text) or text if text else None


def region(fields: Mapping[str, str]) -> str | None:
    """None for a global run; the name of its window, or `custom`, for a nested one."""
    nested = next((value for key, value in fields.items() if "nested-grid sim" in key), "F")
    if not nested.startswith("T"):
        return None
    window = _range(fields, "longitude") + _range(fields, "latitude")
    return _WINDOWS.get(tuple(window), _CUSTOM)  # type: ignore[arg-type]  # any length will do


def _range(fields: Mapping[str, str], axis: str) -> list[float]:
    text = next((value for key, value in fields.items() if key.endswith(axis)), "")
    return [float(value) for value in _NUMBERS.findall(text)]


def days_between(start: datetime | None, end: datetime | None) -> float | None:
    """None where one is missing or they stand in the wrong order."""
    if start is None or end is None or end <= start:
        return None
    return (end - start) / timedelta(days=1)
