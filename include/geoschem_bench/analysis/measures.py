"""What one result says, per metric, with its spread over the repetitions."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from geoschem_bench import units
from geoschem_bench.analysis.spread import Spread, spread_of
from geoschem_bench.records import Result

OVERLAP_TOLERANCE = 1.02
"""Timers and wall clock are medians of their own: their sums may differ by this factor."""


class Component(BaseModel):
    """Time in one part of the model."""

    model_config = ConfigDict(frozen=True)

    name: str
    seconds: float
    """Median over the timed repetitions."""
    share: float | None
    """Of the median wall seconds (0 to 1); None where there are none."""


class Measures(BaseModel):
    """The numbers of one submission of one benchmark. None: not measured, or not to be shown."""

    model_config = ConfigDict(frozen=True)

    benchmark_id: str
    benchmark_run_id: str
    submission: int
    wall_seconds: Spread | None
    cpu_seconds: Spread | None
    peak_memory_gib: Spread | None
    cpu_efficiency: Spread | None
    """CPU seconds / (wall seconds × threads): 1 is all threads busy."""
    hours_per_sim_day: Spread | None
    throughput_days_per_day: Spread | None
    cost_usd_per_sim_day: float | None
    components: tuple[Component, ...]
    """Longest first."""
    components_overlap: bool
    """Together longer than the wall clock: some contain others, so they must not be stacked."""

    @property
    def key(self) -> tuple[str, str, int]:
        """Run, benchmark, submission."""
        return self.benchmark_run_id, self.benchmark_id, self.submission


def measures_of(result: Result) -> Measures:
    """Spreads of everything that the result carries.

    Speed per simulated day is derived from each repetition's seconds, and only where the result
    itself carries it: a proxy's seconds are not GEOS-Chem's.
    """
    walls, days = result.wall_seconds, result.simulated_days
    is_model = result.workload == "model" and days > 0 and all(wall > 0 for wall in walls)
    has_hours = is_model and result.hours_per_sim_day is not None
    has_throughput = is_model and result.throughput_days_per_day is not None
    wall = spread_of(walls)
    return Measures(
        benchmark_id=result.benchmark_id,
        benchmark_run_id=result.benchmark_run_id,
        submission=result.submission,
        wall_seconds=wall,
        cpu_seconds=spread_of(result.cpu_seconds),
        peak_memory_gib=spread_of(result.peak_memory_gib),
        cpu_efficiency=_efficiency(result),
        hours_per_sim_day=(
            spread_of(units.hours_per_sim_day(days, w) for w in walls) if has_hours else None
        ),
        throughput_days_per_day=(
            spread_of(units.throughput_days_per_day(days, w) for w in walls)
            if has_throughput
            else None
        ),
        cost_usd_per_sim_day=result.cost_usd_per_sim_day,
        components=_components(result.timers, wall),
        components_overlap=_overlap(result.timers, wall),
    )


def _efficiency(result: Result) -> Spread | None:
    """None where the runner set it aside (threads that spin while they wait count as work)."""
    if result.cpu_efficiency is None or not result.threads:
        return None
    # a result of many repetitions without CPU seconds for each pairs with none of them
    if len(result.cpu_seconds) != len(result.wall_seconds):
        return None
    pairs = zip(result.cpu_seconds, result.wall_seconds, strict=True)
    return spread_of(
        units.cpu_efficiency(cpu, wall, result.threads) for cpu, wall in pairs if wall > 0
    )


def _components(timers: dict[str, float], wall: Spread | None) -> tuple[Component, ...]:
    whole = wall.median if wall and wall.median > 0 else None
    return tuple(
        Component(name=name, seconds=seconds, share=seconds / whole if whole else None)
        for name, seconds in sorted(timers.items(), key=lambda item: (-item[1], item[0]))
    )


def _overlap(timers: dict[str, float], wall: Spread | None) -> bool:
    return bool(wall and sum(timers.values()) > wall.median * OVERLAP_TOLERANCE)
