"""GC-Classic's timers: the block in the log and the JSON file beside it."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from geoschem_bench.errors import LogError

TOTAL = "GEOS-Chem"
PRINTED_TO_SECONDS = 0.0005
"""Half the last digit. GEOS-Chem itself may count more coarsely: it subtracts clock readings in
single precision, whose step grows with the computer's uptime (to 1/8 s after weeks)."""
SAME_SECONDS = 0.002
"""Block and JSON round each for itself."""
MAX_JSON_BYTES = 1_000_000
MAX_SECONDS = 1e9
"""30 years: what is longer is no run."""
_JSON_KEY = "GEOS-Chem Classic timers"

_ROW = re.compile(
    # The name may hold ':' and brackets: it ends where the rest of the row fits
    r"[ \t]*(?P<name>\S.*?)[ \t]*:[ \t]*(?:"
    r"\S{2}-\S{2}:\S{2}:\S{2}\.\S{3}[ \t]+(?P<seconds>\S+)"
    r"|(?P<idle>>>>>> THE TIMER DID NOT RUN <<<<<)"
    r"|(?P<negative>Invalid run time - negative value))[ \t]*"
)
_LONGEST_ROW = 200
"""A row takes 75 characters. Longer lines are none, and would make the pattern slow."""


_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{0,20})?(?:[Ee][+-]?[0-9]{1,3})?")
"""As Fortran, `time` and JSON print them; Python's float takes `1_0` and `inf`, too."""
_LEAST = 1e-6
_LEAST_SPEED, _MOST_SPEED = 0.0005, 1e9
"""Days per day: MAPL prints three digits after the point, at most."""


def number(text: str, most: float = MAX_SECONDS) -> float | None:
    """A number from 0 to `most`; None for NaN, `******`, what is below a millionth and the like."""
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if value == 0 or _LEAST <= value <= most else None


def speed(text: str) -> float | None:
    """A throughput in days per day, which is above zero."""
    value = number(text, _MOST_SPEED)
    return value if value and _LEAST_SPEED <= value < _MOST_SPEED else None


def read_block(text: str) -> tuple[dict[str, float], tuple[str, ...]]:
    """Seconds by name in printed order, and a note for each row that cannot be read."""
    timers: dict[str, float] = {}
    notes: list[str] = []
    lines = (line for line in text.split("\n") if len(line) <= _LONGEST_ROW)
    for row in filter(None, map(_ROW.fullmatch, lines)):
        name = row["name"]
        if row["idle"] or name in timers:
            continue
        if row["negative"]:
            notes.append(f"timer '{name}': the log says its run time is negative")
        elif (seconds := number(row["seconds"])) is None:
            notes.append(f"timer '{name}': '{row['seconds']}' is no number of seconds")
        else:
            timers[name] = seconds
    return timers, tuple(notes)


def read_timers_json(raw: bytes, name: str) -> dict[str, float]:
    """Seconds by name of a `gcclassic_timers.json`.

    Raises:
        LogError: Not that file; or the invalid JSON that a run which stopped leaves behind.
    """
    if len(raw) > MAX_JSON_BYTES:
        raise LogError(name, f"is larger than {MAX_JSON_BYTES // 1000} kB, so no timers file")
    data = _parse(raw, name)
    timers = data.get(_JSON_KEY) if isinstance(data, dict) else None
    if not isinstance(timers, dict):
        raise LogError(name, f"is no timers file of GC-Classic: it has no '{_JSON_KEY}'")
    return {timer.strip(): _seconds(entry, timer, name) for timer, entry in timers.items()}


def _parse(raw: bytes, name: str) -> object:
    def refuse(constant: str) -> NoReturn:
        raise LogError(name, f"holds {constant}, which is no number of seconds")

    try:
        parsed: object = json.loads(raw, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        # The comma after the last timer, which GEOS-Chem takes back only at its proper end
        stopped = b"".join(raw[-400:].split()).endswith((b"},}}", b"},}"))
        why = "the run stopped before its end" if stopped else str(error)
        raise LogError(name, f"is no valid JSON: {why}") from error
    return parsed


def _seconds(entry: object, timer: str, name: str) -> float:
    value = entry.get("seconds") if isinstance(entry, dict) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    seconds = number(str(value)) if is_number else None
    if seconds is None:
        raise LogError(name, f"timer '{timer}' has no number of seconds")
    return seconds


def combine(
    block: dict[str, float] | None, given: dict[str, float] | None
) -> tuple[dict[str, float], tuple[str, ...]]:
    """The log's block where there is one, else the JSON; a note where they contradict.

    Args:
        block: None where the log has no block.
        given: From the JSON file; None where there is none.
    """
    if block is None:
        return given or {}, ()
    if given is None:
        return block, ()
    apart = [
        name
        for name in {**block, **given}
        if name not in block or name not in given or abs(block[name] - given[name]) > SAME_SECONDS
    ]
    if not apart:
        return block, ()
    named = ", ".join(f"'{name}'" for name in apart[:3]) + (", …" if len(apart) > 3 else "")
    note = f"the timers file differs from the log ({named}); the log's timers are used"
    return block, (note,)
