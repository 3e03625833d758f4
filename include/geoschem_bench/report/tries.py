"""Earlier submissions of a benchmark in words: tries on the way, not results of their own."""

from __future__ import annotations

from collections.abc import Sequence

from geoschem_bench.records import Result

_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    ending = "th" if number % 100 in (11, 12, 13) else _ENDINGS.get(number % 10, "th")
    return f"{number}{ending}"


def tries(result: Result, earlier: Sequence[Result]) -> str:
    """`2nd submission; 1st: spot_interrupted`; empty for a first one without others before it."""
    before = [old for old in earlier if old.benchmark_id == result.benchmark_id
              and old.benchmark_run_id == result.benchmark_run_id]  # fmt: skip
    if not before:
        return ""
    ends = [f"{ordinal(old.submission)}: {_end(old)}" for old in before]
    return "; ".join([f"{ordinal(result.submission)} submission", *ends])


def _end(old: Result) -> str:
    return str(old.reason or "unknown") if old.status == "failed" else "succeeded"
