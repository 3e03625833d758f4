"""How much runs of one setup vary, learnt from all setups that were run more than once.

Two runs say little about their own spread, yet eleven pairs of them say a good deal about the
spread of such runs: the within-group mean square of a one-way analysis of variance, here of the
logarithms, so that it is a relative spread that fast and slow machines share.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.quantiles import student_quantile
from geoschem_bench.analysis.samples import Sample
from geoschem_bench.records import Result

INPUT_TIMER = "Input"
"""GC-Classic's timer of reading input: what a cold run has more of."""


class PooledSpread(BaseModel):
    """Spread between runs of one setup."""

    model_config = ConfigDict(frozen=True)

    sigma: float
    """Standard deviation of the natural logarithm of a run's seconds: 0.01 is about 1 %."""
    degrees_of_freedom: int
    samples: int
    """With two runs or more: pairs, where each was run twice."""
    runs: int
    scope: tuple[tuple[str, ...], ...]
    """Simulations with their model version that it was learnt from, and holds for."""
    skipped: tuple[str, ...] = ()
    """Labels of samples with a cold run whose time for input is not known."""

    def applies_to(self, sample: Sample) -> bool:
        """Whether it was learnt from this simulation, at this model version and provenance.

        Machines and factors may differ: that they share their spread is what pooling assumes.
        """
        return _scope_of(sample) in self.scope

    def half_width(self, share: float, tests: int = 1) -> float:
        """Of the 95 % interval of a mean logarithm, or of a difference of some.

        Args:
            share: Its variance as a share of one run's: 1/n for the mean of n runs,
                1/n + 1/m for the difference of two such means.
            tests: As in `student_quantile`.
        """
        quantile = student_quantile(self.degrees_of_freedom, tests)
        return quantile * self.sigma * math.sqrt(share)


def pooled_spread(samples: Iterable[Sample]) -> PooledSpread | None:
    """σ² = Σ(log x − mean)² / Σ(n − 1) over the samples with at least two runs.

    Where some of a sample's runs are cold, the seconds of the timer "Input" are taken off all of
    its runs first. Where that timer is missing, its warm runs alone are used if there are two,
    and the sample is skipped if not.

    Returns:
        None where no setup was run twice, or all that were gave the same seconds.
    """
    used: list[tuple[Sample, list[float]]] = []
    skipped: list[str] = []
    for sample in samples:
        seconds = _comparable_seconds(sample)
        if len(seconds) > 1:
            used.append((sample, [math.log(value) for value in seconds]))
        elif len(sample.all_runs) > 1:
            skipped.append(sample.label)
    freedom = sum(len(logs) - 1 for _, logs in used)
    squares = math.fsum(_sum_of_squares(logs) for _, logs in used)
    if freedom == 0 or squares == 0:
        return None
    return PooledSpread(
        sigma=math.sqrt(squares / freedom),
        degrees_of_freedom=freedom,
        samples=len(used),
        runs=sum(len(logs) for _, logs in used),
        scope=tuple(sorted({_scope_of(sample) for sample, _ in used})),
        skipped=tuple(skipped),
    )


def _comparable_seconds(sample: Sample) -> list[float]:
    """Seconds of each run, without what a cold start adds; empty where that is not known."""
    runs = sample.all_runs
    colds = sum(run.is_cold is True for run in runs)
    if colds in (0, len(runs)):
        return [_wall(run) for run in runs]
    without_input = [_wall(run) - run.timers[INPUT_TIMER] for run in runs
                     if INPUT_TIMER in run.timers]  # fmt: skip
    if len(without_input) == len(runs) and min(without_input) > 0:
        return without_input
    warm = [_wall(run) for run in sample.runs]
    return warm if len(warm) > 1 else []


def _wall(run: Result) -> float:
    return statistics.median(run.wall_seconds)


def _sum_of_squares(values: Sequence[float]) -> float:
    mean = statistics.fmean(values)
    return math.fsum((value - mean) ** 2 for value in values)


def _scope_of(sample: Sample) -> tuple[str, ...]:
    simulation = sample.setup.simulation
    return (
        sample.setup.provenance,
        simulation.workload,
        simulation.application,
        simulation.simulation_type,
        simulation.resolution,
        simulation.region,
        f"{simulation.simulated_days:g}",
        sample.setup.model_version or "",
    )
