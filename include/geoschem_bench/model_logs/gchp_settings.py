"""What GCHP and MAPL print of their configuration, and their step lines."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta

from geoschem_bench.model_logs import fields as echo
from geoschem_bench.model_logs.timers import speed

_SETTINGS = tuple(
    re.compile(pattern)
    for pattern in (
        r"Current (?P<key>Date) *= *(?P<value>\d{4}/\d\d/\d\d)",
        r"Current (?P<key>Time) *= *(?P<value>\d\d/\d\d/\d\d)",
        r"(?P<key>Total PEs|NumNodes in use) *= *(?P<value>\d+)",
        r"Parameter: (?:GCHP\.)?(?P<key>NX|NY|IM|LM|IM_WORLD): *(?P<value>\d+)",
        r"^(?:GCHP\.)?(?P<key>NX|NY|LM|IM_WORLD) +: +(?P<value>\d+)",
        r"^(?P<key>JOB_SGMT) +: +(?P<value>\d{8} \d{6})",
        r"(?P<key>resolution)-dt=0*(?P<value>\d+)x",
        r"^(?P<key>Starting PEs) *: *(?P<value>\d+)",
        r"===> Run (?P<key>started|ended) at (?P<value>.+)",
    )
)
_STEP = re.compile(
    r"Throughput\(days/day\)\[[^\]]*\]: *(?P<average>\S+) +\S+ +(?P<run>\S+)"
    r"(?: +TimeRemaining\(Est\) +(?P<remaining>\S+))?"
)
_RUNS_OF_DATE = "%b %d %H:%M:%S %Y"


@dataclass(frozen=True)
class Step:
    """A throughput line. Its time is the model's after the step."""

    time: datetime | None
    average: str
    """As printed: its digits say how sure it is. `******` where it did not fit."""
    run: float | None
    nothing_remains: bool
    """MAPL estimates less than one second to the end."""


def read_step(line: str | None) -> Step | None:
    """None where it is no whole throughput line."""
    found = _STEP.search(line or "")
    if not found or not line:
        return None
    nothing_remains = found["remaining"] == "000:00:00"
    return Step(echo.step_time(line), found["average"], speed(found["run"]), nothing_remains)


def settings_of(lines: Iterable[str]) -> dict[str, str]:
    """Value by MAPL's name; of one told twice the first."""
    settings: dict[str, str] = {}
    for line in lines:
        for pattern in _SETTINGS:
            if found := pattern.search(line):
                settings.setdefault(found["key"], found["value"].strip())
                break
    return settings


def start_of(settings: Mapping[str, str]) -> datetime | None:
    """The time in `cap_restart`, which is where the run starts."""
    if "Date" not in settings:
        return None
    clock = settings.get("Time", "00/00/00").replace("/", "")
    return echo.model_time(f"{settings['Date'].replace('/', '')} {clock}")


def planned_end(settings: Mapping[str, str], start: datetime | None) -> datetime | None:
    """Start and job segment, where `setCommonRunSettings.sh --verbose` printed the segment."""
    segment = settings.get("JOB_SGMT")
    if segment is None or start is None:
        return None
    date, clock = segment.split()
    months = start.month - 1 + 12 * int(date[:4]) + int(date[4:6])
    year, month = start.year + months // 12, months % 12 + 1
    if year > MAXYEAR:
        return None
    day = min(start.day, calendar.monthrange(year, month)[1])
    rest = timedelta(
        days=int(date[6:]), hours=int(clock[:2]), minutes=int(clock[2:4]), seconds=int(clock[4:])
    )
    try:
        return start.replace(year=year, month=month, day=day) + rest
    except OverflowError:
        return None


def ranks_of(settings: Mapping[str, str]) -> int | None:
    """MPI ranks of the model: of the shared-memory report, or NX times NY."""
    told = echo.whole_number(settings.get("Total PEs")) or _product(settings)
    return told or echo.whole_number(settings.get("Starting PEs"))


def _product(settings: Mapping[str, str]) -> int | None:
    columns, rows = (echo.whole_number(settings.get(key)) for key in ("NX", "NY"))
    return columns * rows if columns and rows else None


def resolution_of(settings: Mapping[str, str]) -> str | None:
    """`c24`. FV3 counts corners, one more than cells."""
    cells = echo.whole_number(settings.get("IM_WORLD")) or echo.whole_number(settings.get("IM"))
    if cells is None and (corners := echo.whole_number(settings.get("resolution"))):
        cells = corners - 1
    return f"c{cells}" if cells else None


def clock_of(settings: Mapping[str, str], key: str) -> datetime | None:
    """`Fri Apr 3 13:36:42 CST 2020`, from a run script's `date`."""
    words = settings.get(key, "").split()
    if len(words) != 6:
        return None
    try:
        return datetime.strptime(" ".join((*words[1:4], words[5])), _RUNS_OF_DATE)  # noqa: DTZ007 - as printed
    except ValueError:
        return None
