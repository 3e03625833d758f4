"""How much runs of one setup vary, learnt from all setups that were run more than once.

Two runs say little about their own spread, yet eleven pairs of them say a good deal about the
spread of such runs: the within-group mean square of a one-way analysis of variance, here of the
logarithms, so that it is a relative spread that fast and slow machines share. One for each scope:
a release candidate's spread on somebody's laptop says nothing of published runs.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.quantiles import student_quantile
from geoschem_bench.analysis.samples import Sample
from geoschem_bench.analysis.scopes import Scope, scope_of
from geoschem_bench.records import Result

INPUT_TIMER = "Input"
"""GC-Classic's timer of reading input: what a cold run has more of."""


class ScopeSpread(BaseModel):
    """Spread between runs of one setup, of one scope.

    It holds for setups of the scope that ran once, too: that they share their spread, whatever
    the machine and the factors, is what pooling assumes.
    """

    model_config = ConfigDict(frozen=True)

    label: str
    """Of the scope: `fullchem at 4x5, 7 simulated days (gc-classic 12.1.1), published`."""
    scope: Scope
    """What it was learnt from, and holds for."""
    sigma: float
    """Standard deviation of the natural logarithm of a run's seconds: 0.01 is about 1 %."""
    degrees_of_freedom: int
    samples: int
    """With two runs or more: pairs, where each was run twice."""
    runs: int

    def half_width(self, share: float, tests: int = 1) -> float:
        """Of the 95 % interval of a mean logarithm, or of a difference of some.

        Args:
            share: Its variance as a share of one run's: 1/n for the mean of n runs,
                1/n + 1/m for the difference of two such means.
            tests: As in `student_quantile`.
        """
        quantile = student_quantile(self.degrees_of_freedom, tests)
        return quantile * self.sigma * math.sqrt(share)


class PooledSpread(BaseModel):
    """The spread between runs of one setup, for each scope where it is known."""

    model_config = ConfigDict(frozen=True)

    spreads: tuple[ScopeSpread, ...]
    """One or more; those of most degrees of freedom first."""
    skipped: tuple[str, ...] = ()
    """Labels of samples with a cold run whose time for input is not known."""

    def spread_for(self, *samples: Sample) -> ScopeSpread | None:
        """The one that holds for all of these; None where they are of several scopes."""
        scopes = {scope_of(sample) for sample in samples}
        return next((spread for spread in self.spreads if {spread.scope} == scopes), None)


def pooled_spread(samples: Iterable[Sample]) -> PooledSpread | None:
    """σ² = Σ(log x − mean)² / Σ(n − 1) over the samples of a scope with at least two runs.

    Where some of a sample's runs are cold, the seconds of the timer "Input" are taken off all of
    its runs first. Where that timer is missing, its warm runs alone are used if there are two,
    and the sample is skipped if not.

    Returns:
        None where no setup was run twice, or all that were gave the same seconds.
    """
    used: dict[Scope, list[list[float]]] = {}
    skipped: list[str] = []
    for sample in samples:
        seconds = _comparable_seconds(sample)
        if len(seconds) > 1:
            logs = [math.log(value) for value in seconds]
            used.setdefault(scope_of(sample), []).append(logs)
        elif len(_of_its_class(sample)) > 1:
            skipped.append(sample.label)
    found = (_spread(scope, groups) for scope, groups in used.items())
    spreads = sorted((spread for spread in found if spread), key=_place)
    return PooledSpread(spreads=tuple(spreads), skipped=tuple(skipped)) if spreads else None


def _spread(scope: Scope, groups: Sequence[Sequence[float]]) -> ScopeSpread | None:
    freedom = sum(len(logs) - 1 for logs in groups)
    squares = math.fsum(map(_sum_of_squares, groups))
    if squares == 0:
        return None
    return ScopeSpread(
        label=scope.label,
        scope=scope,
        sigma=math.sqrt(squares / freedom),
        degrees_of_freedom=freedom,
        samples=len(groups),
        runs=sum(map(len, groups)),
    )


def _place(spread: ScopeSpread) -> tuple[object, ...]:
    return -spread.degrees_of_freedom, spread.scope.order


def _of_its_class(sample: Sample) -> tuple[Result, ...]:
    """Smoke runs that were left out vary as smoke runs do."""
    return (*sample.runs, *sample.left_out_as_cold)


def _comparable_seconds(sample: Sample) -> list[float]:
    """Seconds of each run, without what a cold start adds; empty where that is not known."""
    runs = _of_its_class(sample)
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
