"""How the numbers came about: written for this run, so that nothing in it is a promise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from geoschem_bench.analysis import Analysis
from geoschem_bench.records import Result
from geoschem_bench.report.head import DAYS_PER_MONTH

_INTERVALS = {
    "log_t": "Student's t on the logarithms (3 to 5 repetitions)",
    "order_statistics": "order statistics (6 repetitions or more), whatever the distribution",
}
_VARIATION = (
    "CV is the standard deviation (n − 1) over the mean. It is of repetitions within one job, and "
    "says nothing of other instances or other days."
)
_CPU = (
    "CPU efficiency is CPU seconds (user and system, the whole process tree) over wall seconds "
    "times threads. 100 % is all threads busy, usefully or not."
)
_SPEEDUP = (
    "Relative to the fewest threads of the same work on the same machine in the same run, whose "
    "absolute time is beside each figure; it is no comparison with a serial program. Its error "
    "bars set the ends of the two intervals against each other (at least 90 %)."
)


def methods(results: Sequence[Result], analysis: Analysis) -> Iterator[tuple[str, str]]:
    """Heading and text."""
    yield "Repetitions", _repetitions(results)
    yield "Typical value", "The median of the timed repetitions, with the smallest and the largest."
    yield "Intervals", _intervals(analysis)
    yield "Variation", _VARIATION
    yield "CPU", _CPU
    yield "Memory", f"The peak of the whole process tree, by: {_memory(results)}."
    if analysis.scaling:
        yield "Speed-up", _SPEEDUP
    if any(result.workload == "model" for result in results):
        yield "Months", f"A simulated month is {DAYS_PER_MONTH} simulated days."
    if any(result.cost_usd_per_sim_day is not None for result in results):
        yield "Prices", ("Price, region, date and source of each cost are in cost.json in the "
                         "benchmark's folder of objects.")  # fmt: skip
    yield "Sources", ("Hoefler and Belli, Scientific benchmarking of parallel computing systems, "
                      "SC'15, doi 10.1145/2807591.2807644.")  # fmt: skip


def _repetitions(results: Sequence[Result]) -> str:
    timed = sorted({len(r.wall_seconds) for r in results if r.status == "succeeded"})
    warm = sorted({len(r.warmup_wall_seconds) for r in results if r.status == "succeeded"})
    if not timed:
        return "None succeeded."
    return (
        f"{_any_of(timed)} timed for each benchmark, after {_any_of(warm)} warm-up, which is shown "
        "but not counted. None was left out."
    )


def _any_of(counts: Sequence[int]) -> str:
    return " or ".join(str(count) for count in counts)


def _intervals(analysis: Analysis) -> str:
    used = sorted({m.wall_seconds.ci_method for m in analysis.measures
                   if m.wall_seconds and m.wall_seconds.ci_method})  # fmt: skip
    if not used:
        return "None: an interval needs at least 3 repetitions."
    how = "; ".join(_INTERVALS[name] for name in used)
    return f"95 % confidence intervals of the median, by {how}. None for fewer than 3 repetitions."


def _memory(results: Sequence[Result]) -> str:
    found = sorted({result.memory_method for result in results if result.memory_method})
    return "; ".join(found) or "a method that was not recorded"
