"""What reading the input for the first time costs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.pooled import INPUT_TIMER
from geoschem_bench.analysis.quantiles import student_quantile
from geoschem_bench.analysis.samples import Sample
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
    """The same over all setups that were run cold and warm."""

    model_config = ConfigDict(frozen=True)

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


def cold_effect(samples: Iterable[Sample]) -> ColdEffect | None:
    """Extra seconds of input in cold runs; None where no setup was run both ways and timed.

    Seconds, not a ratio: what a disk delivers does not depend on how fast the model computes.
    """
    pairs = [pair for sample in samples if (pair := _pair(sample))]
    if not pairs:
        return None
    seconds = [pair.extra_seconds for pair in pairs]
    mean, low, high = statistics.fmean(seconds), None, None
    if len(seconds) >= FEWEST_FOR_INTERVAL:
        error = statistics.stdev(seconds) / math.sqrt(len(seconds))
        width = student_quantile(len(seconds) - 1) * error
        low, high = mean - width, mean + width
    return ColdEffect(
        pairs=tuple(pairs),
        mean_seconds=mean,
        low=low,
        high=high,
        mean_share=statistics.fmean(pair.share for pair in pairs),
    )


def _pair(sample: Sample) -> ColdPair | None:
    """Runs of which nobody said whether they were cold are neither."""
    cold, warm = _timed(sample.left_out, True), _timed(sample.runs, False)
    if not cold or not warm:
        return None
    extra = _mean_input(cold) - _mean_input(warm)
    wall = statistics.fmean(statistics.median(run.wall_seconds) for run in cold)
    return ColdPair(label=sample.label, extra_seconds=extra, share=extra / wall)


def _timed(runs: Sequence[Result], is_cold: bool) -> list[Result]:
    return [run for run in runs if run.is_cold is is_cold and INPUT_TIMER in run.timers]


def _mean_input(runs: Sequence[Result]) -> float:
    return statistics.fmean(run.timers[INPUT_TIMER] for run in runs)
