"""What reading the input for the first time costs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.pooled import INPUT_TIMER
from geoschem_bench.analysis.quantiles import student_quantile
from geoschem_bench.analysis.samples import Sample
from geoschem_bench.analysis.scopes import Scope, scope_of
from geoschem_bench.analysis.spread import FEWEST_FOR_INTERVAL
from geoschem_bench.records import Result


class ColdPair(BaseModel):
    """One setup, run cold and warm."""

    model_config = ConfigDict(frozen=True)

    label: str
    extra_seconds: float
    """Mean of the timer "Input" over the cold runs, less that over the warm ones."""
    share: float
    """Of the cold run's seconds, 0 to 1."""


class ColdEffect(BaseModel):
    """The same over all setups of one scope that were run cold and warm."""

    model_config = ConfigDict(frozen=True)

    scope: Scope
    label: str
    """Of the scope."""
    pairs: tuple[ColdPair, ...]
    mean_seconds: float
    low: float | None
    """95 % confidence interval of the mean: Student's t over the pairs, three or more."""
    high: float | None
    mean_share: float

    @property
    def n(self) -> int:
        """Pairs."""
        return len(self.pairs)


def cold_effects(samples: Iterable[Sample]) -> list[ColdEffect]:
    """Extra seconds of input in cold runs, one for each scope; those of most pairs first.

    Seconds, not a ratio: what a disk delivers does not depend on how fast the model computes. Of
    one scope, as what is read depends on the simulation, its days and the model's version.
    None of setups that were not run both ways and timed.
    """
    found: dict[Scope, list[ColdPair]] = {}
    for sample in samples:
        if pair := _pair(sample):
            found.setdefault(scope_of(sample), []).append(pair)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0].order))
    return [_effect(scope, pairs) for scope, pairs in ordered]


def _effect(scope: Scope, pairs: Sequence[ColdPair]) -> ColdEffect:
    seconds = [pair.extra_seconds for pair in pairs]
    mean, low, high = statistics.fmean(seconds), None, None
    if len(seconds) >= FEWEST_FOR_INTERVAL:
        error = statistics.stdev(seconds) / math.sqrt(len(seconds))
        width = student_quantile(len(seconds) - 1) * error
        low, high = mean - width, mean + width
    return ColdEffect(
        scope=scope,
        label=scope.label,
        pairs=tuple(pairs),
        mean_seconds=mean,
        low=low,
        high=high,
        mean_share=statistics.fmean(pair.share for pair in pairs),
    )


def _pair(sample: Sample) -> ColdPair | None:
    """Runs of which nobody said whether they were cold are neither."""
    cold, warm = _timed(sample.left_out_as_cold, True), _timed(sample.runs, False)
    if not cold or not warm:
        return None
    extra = _mean_input(cold) - _mean_input(warm)
    wall = statistics.fmean(statistics.median(run.wall_seconds) for run in cold)
    return ColdPair(label=sample.label, extra_seconds=extra, share=extra / wall)


def _timed(runs: Sequence[Result], is_cold: bool) -> list[Result]:
    return [run for run in runs if run.is_cold is is_cold and INPUT_TIMER in run.timers]


def _mean_input(runs: Sequence[Result]) -> float:
    return statistics.fmean(run.timers[INPUT_TIMER] for run in runs)
