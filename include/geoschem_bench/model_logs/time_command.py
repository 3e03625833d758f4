"""What GNU `/usr/bin/time -v` printed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geoschem_bench.model_logs.timers import MAX_SECONDS, number
from geoschem_bench.units import KIB_PER_MIB, MIB_PER_GIB, SECONDS_PER_HOUR

_FIELD = re.compile(r"^\s*(?P<key>[A-Z][^:\n]*?(?: \(h:mm:ss or m:ss\))?): (?P<value>.+?)\s*$")
_ELAPSED = re.compile(
    r"(?:(?P<hours>\d{1,6}):)?(?P<minutes>\d{1,6}):(?P<seconds>\d{1,2}(?:\.\d{1,3})?)"
)

_LONGEST_LINE = 200
_MOST_CPU_SECONDS = 1e11
"""A thousand processors for three years."""
_MOST_KIB = 1e12


@dataclass(frozen=True)
class TimeCommand:
    """None where a line is missing."""

    elapsed_seconds: float | None = None
    elapsed_uncertainty_seconds: float = 0.01
    user_seconds: float | None = None
    system_seconds: float | None = None
    peak_memory_gib: float | None = None
    exit_status: int | None = None


def read_time_command(text: str) -> TimeCommand:
    """Parse the block that starts with `Command being timed`."""
    matches = (_FIELD.match(line[:_LONGEST_LINE]) for line in text.splitlines())
    fields = {match["key"]: match["value"] for match in matches if match}
    elapsed = _ELAPSED.fullmatch(fields.get("Elapsed (wall clock) time (h:mm:ss or m:ss)", ""))
    kib = number(fields.get("Maximum resident set size (kbytes)", ""), _MOST_KIB)
    status = fields.get("Exit status", "")
    return TimeCommand(
        elapsed_seconds=_seconds(elapsed) if elapsed else None,
        # From one hour on no hundredths are printed
        elapsed_uncertainty_seconds=1.0 if elapsed and elapsed["hours"] else 0.01,
        user_seconds=number(fields.get("User time (seconds)", ""), _MOST_CPU_SECONDS),
        system_seconds=number(fields.get("System time (seconds)", ""), _MOST_CPU_SECONDS),
        peak_memory_gib=None if kib is None else kib / KIB_PER_MIB / MIB_PER_GIB,
        exit_status=int(status) if re.fullmatch(r"\d{1,3}", status) else None,
    )


def _seconds(elapsed: re.Match[str]) -> float | None:
    minutes = int(elapsed["hours"] or 0) * (SECONDS_PER_HOUR // 60) + int(elapsed["minutes"])
    seconds = round(minutes * 60 + float(elapsed["seconds"]), 3)
    return seconds if seconds <= MAX_SECONDS else None
