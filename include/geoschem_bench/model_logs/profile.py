"""MAPL's profile at the end of a GCHP run: seconds by name, inclusive of what is below."""

from __future__ import annotations

import re

from geoschem_bench.model_logs.timers import MAX_SECONDS, number

TOTAL = "All"
_LOGGER = re.compile(r"^\s*\d{4,6}: MAPL\.profiler: INFO: ?")
_REPORT_COLUMNS = 6
"""Name, cycles, inclusive seconds and %, exclusive seconds and %."""
_MEASURED_PHASE = "--Run"
_COMPONENT = re.compile(r"Times for (?:component )?<?(?P<name>[\w.]+)>?\s*$")
_MEAN_OF_NINE = 5
"""Name, then %, inclusive, exclusive of the fastest process, the mean and the slowest."""
_MEAN_OF_THREE = 2
"""Older: name, then the seconds of the fastest process, the mean and the slowest."""
_TOTAL_OF_THREE = 3
"""Oldest: name, then user, system and total time."""


def read_report(text: str) -> tuple[dict[str, float], tuple[str, ...]]:
    """`Report on process: 0`.

    A component appears under each phase (`--SetService`, `--Initialize`, `--Run`, `--Finalize`).
    Its bare name is that of the run phase; elsewhere the phase follows in brackets.
    """
    timers: dict[str, float] = {}
    notes: list[str] = []
    phase = ""
    for line in text.splitlines()[1:]:
        row = _LOGGER.sub("", line).split()
        if row[:2] == ["Times", "for"] or row[:2] == ["Report", "on"]:
            break
        if len(row) != _REPORT_COLUMNS or not row[1].isdigit():
            continue
        name = row[0]
        depth = len(name) - len(name.lstrip("-"))
        phase = name if depth <= len(_MEASURED_PHASE) - len("Run") else phase
        _add(timers, notes, name if phase in (name, _MEASURED_PHASE) else f"{name} ({phase})", row)
    return timers, tuple(notes)


def _add(timers: dict[str, float], notes: list[str], key: str, row: list[str]) -> None:
    seconds = number(row[2])
    if seconds is None or timers.get(key, 0.0) + seconds > MAX_SECONDS:
        notes.append(f"timer '{key}': '{row[2]}' is no number of seconds")
    else:
        # The same name under two parents of one phase
        timers[key] = round(timers.get(key, 0.0) + seconds, 3)


def read_components(text: str) -> dict[str, float]:
    """`Times for component <X>`: the mean over processes, as `X` and `X --Run`."""
    timers: dict[str, float] = {}
    component = ""
    column_of_three = _MEAN_OF_THREE
    for line in text.splitlines():
        bare = _LOGGER.sub("", line)
        header = _COMPONENT.search(bare)
        if header:
            component, column_of_three = header["name"], _MEAN_OF_THREE
            continue
        if "Report on process" in bare:
            break
        if "Total Time" in bare:
            column_of_three = _TOTAL_OF_THREE
        row = _row(bare, column_of_three)
        if row and component:
            name = component if row[0] == component else f"{component} {row[0]}"
            timers.setdefault(name, row[1])
    return timers


def _row(line: str, column_of_three: int) -> tuple[str, float] | None:
    name, *values = line.replace("|", " ").replace(" : ", " ").replace(":  ", " ").split() or [""]
    if len(values) == 3:
        column = column_of_three
    elif len(values) >= 9:
        column = _MEAN_OF_NINE
    else:
        return None
    numbers = [number(value) for value in values[:9]]
    mean = numbers[column - 1]
    if mean is None or None in numbers[: 3 if len(values) == 3 else 9]:
        return None
    return name, mean
