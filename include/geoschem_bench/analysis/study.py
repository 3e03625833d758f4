"""Results of any number of runs, gathered: samples, their times, and what each factor does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from geoschem_bench import units
from geoschem_bench.analysis.cold import ColdEffect, cold_effects
from geoschem_bench.analysis.effects import Effect, effects_of
from geoschem_bench.analysis.estimates import Estimate, estimate_of
from geoschem_bench.analysis.grouping import SimulationKey, simulation_of
from geoschem_bench.analysis.pooled import PooledSpread, pooled_spread
from geoschem_bench.analysis.samples import Sample, samples_of
from geoschem_bench.records import Result

MACHINE = "machine"
"""Factor of two machines of which one at least is no instance type."""


@dataclass(frozen=True)
class Timed:
    """One sample and its time."""

    sample: Sample
    seconds: Estimate
    hours_per_sim_day: Estimate | None
    """None for a proxy."""


@dataclass(frozen=True)
class Group:
    """The samples of one simulation and model version, fastest first."""

    simulation: SimulationKey
    is_published: bool
    timed: tuple[Timed, ...]


@dataclass(frozen=True)
class Study:
    """What any set of results says, beyond each of them."""

    results: tuple[Result, ...]
    groups: tuple[Group, ...]
    """Those with most samples first."""
    pooled: PooledSpread | None
    effects: tuple[Effect, ...]
    """Of every factor but the bare machine."""
    cold: tuple[ColdEffect, ...]
    """One for each scope."""


def study_of(results: Iterable[Result]) -> Study:
    """Samples, estimates, effects.

    Args:
        results: Of any runs, in any order; failed ones are kept and make no sample.
    """
    kept = tuple(results)
    samples = samples_of(kept)
    pooled = pooled_spread(samples)
    groups: dict[tuple[SimulationKey, bool], list[Timed]] = {}
    for sample in samples:
        run = sample.runs[0]
        key = simulation_of(run), run.origin == "published"
        groups.setdefault(key, []).append(_timed(sample, pooled))
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return Study(
        results=kept,
        groups=tuple(Group(*key, tuple(_fastest_first(timed))) for key, timed in ordered),
        pooled=pooled,
        effects=tuple(e for e in effects_of(samples, pooled) if e.factor != MACHINE),
        cold=tuple(cold_effects(samples)),
    )


def _timed(sample: Sample, pooled: PooledSpread | None) -> Timed:
    seconds = estimate_of(sample, pooled)
    days = sample.setup.simulation.simulated_days
    hours = None
    if sample.hours_per_sim_day is not None:
        hours = seconds.times(units.hours_per_sim_day(days, 1.0))
    return Timed(sample, seconds, hours)


def _fastest_first(timed: Sequence[Timed]) -> list[Timed]:
    return sorted(timed, key=lambda one: (one.seconds.value, one.sample.label))
