"""Thread scaling: the same work on the same machine with more and more threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.grouping import latest_submissions
from geoschem_bench.analysis.spread import Spread, spread_of
from geoschem_bench.records import Result


class ScalingPoint(BaseModel):
    """One number of threads."""

    model_config = ConfigDict(frozen=True)

    benchmark_id: str
    threads: int
    n: int
    """Timed repetitions."""
    median_seconds: float
    speedup: float
    """Baseline's median seconds over this one's."""
    efficiency: float
    """Speed-up over the ratio of threads: 1 is ideal."""
    speedup_low: float | None
    """The two 95 % intervals end against end: wider than need be (at least 90 % by Bonferroni,
    about 99 % for equal spreads). None where one side has no interval; the baseline has none."""
    speedup_high: float | None


class ScalingSeries(BaseModel):
    """Results equal in everything but threads, fewest threads first."""

    model_config = ConfigDict(frozen=True)

    simulation_key: str
    simulated_days: float
    benchmark_run_id: str
    machine_class: str
    physical_cores: int | None
    baseline_threads: int
    """The fewest threads: speed-up is relative to it."""
    baseline_seconds: float
    points: tuple[ScalingPoint, ...]
    fields_agree: bool | None
    """Whether all ended with the same field, as they must; None where a checksum is missing."""
    notes: tuple[str, ...] = ()


def thread_scaling(
    results: Sequence[Result], families: Mapping[str, str] | None = None
) -> list[ScalingSeries]:
    """Series with at least two numbers of threads.

    Args:
        results: Of one or many runs, in any order; earlier submissions are left out.
        families: Benchmark id → identity of its configuration but for threads (`family_of`).
            Results carry only what most configurations differ in; without families a group
            with two configurations at one number of threads is left out, as it cannot be told
            which belong together.
    """
    groups: dict[tuple[object, ...], list[Result]] = {}
    for result in latest_submissions(results)[0]:
        if _is_usable(result):
            groups.setdefault(_equal_but_threads(result, families or {}), []).append(result)
    found = (_series(group) for group in groups.values())
    return [series for series in found if series is not None]


def _is_usable(result: Result) -> bool:
    # a repetition of 0 seconds is a clock that does not tick: no ratio can be made of it
    walls = result.wall_seconds
    return bool(result.status == "succeeded" and walls and min(walls) > 0 and result.threads)


def _equal_but_threads(result: Result, families: Mapping[str, str]) -> tuple[object, ...]:
    return (
        result.benchmark_run_id,
        result.simulation_key,
        result.simulated_days,
        result.machine_class,
        result.requested_instance_type,
        result.nodes,
        result.mpi_ranks,
        result.purchase_option,
        result.phase,
        families.get(result.benchmark_id),
    )


def _series(group: Sequence[Result]) -> ScalingSeries | None:
    chosen, notes = _one_per_thread_count(group)
    if len(chosen) < 2:
        return None
    spreads = {result.threads: spread_of(result.wall_seconds) for result in chosen}
    base = chosen[0]
    points = [_point(result, spreads[result.threads], base, spreads[base.threads])
              for result in chosen]  # fmt: skip
    return ScalingSeries(
        simulation_key=base.simulation_key,
        simulated_days=base.simulated_days,
        benchmark_run_id=base.benchmark_run_id,
        machine_class=base.machine_class or "unknown machine",
        physical_cores=base.physical_cores,
        baseline_threads=points[0].threads,
        baseline_seconds=points[0].median_seconds,
        points=tuple(points),
        fields_agree=_fields_agree(chosen),
        notes=notes,
    )


def _one_per_thread_count(group: Sequence[Result]) -> tuple[list[Result], tuple[str, ...]]:
    """One result for each number of threads, fewest first, and what was left out.

    A job that was granted fewer CPUs than it asked for measures a thread count that another
    already has: left out, with a note. Two that both got what they asked for differ in
    something we cannot see: nothing is left of the group.
    """
    by_threads: dict[int, list[Result]] = {}
    for result in group:
        by_threads.setdefault(result.threads or 0, []).append(result)
    chosen, notes = [], []
    for threads, same in sorted(by_threads.items()):
        granted = [r for r in same if r.threads_requested == threads]
        if len(granted) > 1:
            return [], ()
        keep = granted[0] if granted else same[0]
        chosen.append(keep)
        notes += [
            f"{r.benchmark_id} is not in this series: it asked for {r.threads_requested} threads "
            f"and was given {threads}, which {keep.benchmark_id} already measures"
            for r in same
            if r is not keep
        ]
    return chosen, tuple(notes)


def _point(result: Result, own: Spread | None, base: Result, baseline: Spread | None) -> (
        ScalingPoint):  # fmt: skip
    if own is None or baseline is None or result.threads is None or base.threads is None:
        raise ValueError(f"{result.benchmark_id}: no seconds or no threads")
    low = high = None
    if result is not base and own.ci_low and own.ci_high and baseline.ci_low and baseline.ci_high:
        low, high = baseline.ci_low / own.ci_high, baseline.ci_high / own.ci_low
    speedup = baseline.median / own.median
    return ScalingPoint(
        benchmark_id=result.benchmark_id,
        threads=result.threads,
        n=own.n,
        median_seconds=own.median,
        speedup=speedup,
        efficiency=speedup * base.threads / result.threads,
        speedup_low=low,
        speedup_high=high,
    )


def _fields_agree(results: Sequence[Result]) -> bool | None:
    sums = {result.field_sha256 for result in results}
    return None if None in sums else len(sums) == 1
