"""Baseline against candidate: which is faster, by how much, how sure, and what else differs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.clocks import clock_factors
from geoschem_bench.analysis.comparability import flags_of, require_comparable
from geoschem_bench.analysis.differences import Difference, chosen, differences_of, unknown_of
from geoschem_bench.analysis.estimates import Estimate, estimate_of
from geoschem_bench.analysis.pooled import PooledSpread
from geoschem_bench.analysis.quantiles import exp_interval
from geoschem_bench.analysis.samples import Sample
from geoschem_bench.analysis.spread import FEWEST_FOR_INTERVAL
from geoschem_bench.analysis.welch import welch_half_width
from geoschem_bench.records import Result

Verdict = Literal["faster", "slower", "no difference shown", "cannot tell"]
"""Of the candidate. `cannot tell`: there are too few runs for an interval."""

RatioMethod = Literal["welch", "pooled"]


class Change(BaseModel):
    """One quantity on both sides. None: not measured, or that timer did not run."""

    model_config = ConfigDict(frozen=True)

    name: str
    baseline: float | None
    candidate: float | None
    percent: float | None
    """Candidate over baseline − 1, percent; None where a side is missing or the baseline is 0."""


class Comparison(BaseModel):
    """Times of a candidate relative to a baseline."""

    model_config = ConfigDict(frozen=True)

    baseline: str
    """Label."""
    candidate: str
    baseline_seconds: Estimate
    candidate_seconds: Estimate
    ratio: float
    """Geometric mean of the candidate's seconds over that of the baseline's: under 1 is faster."""
    ratio_low: float | None
    """95 % confidence interval; None where `method` is None."""
    ratio_high: float | None
    method: RatioMethod | None
    """`welch`: Welch's t on the logarithms, three values or more on both sides; `pooled`: the
    spread between other setups' runs; None: neither can be had."""
    verdict: Verdict
    differences: tuple[Difference, ...]
    confounded: tuple[str, ...]
    """Factors that differ by themselves, where there is more than one: none can be blamed."""
    not_known: tuple[str, ...]
    """Factors neither side tells of, so that they may differ."""
    timers: tuple[Change, ...]
    """Median seconds, in the model's order. Those that start with `=>` are part of others."""
    peak_memory_gib: Change | None
    """None where a side has not measured it."""
    cpu_efficiency: Change | None
    flags: tuple[str, ...]
    """What a reader must know, in sentences."""

    @property
    def percent_change(self) -> float:
        """Of the time: −15 is a candidate that needs 15 % less."""
        return 100 * (self.ratio - 1)

    @property
    def percent_interval(self) -> tuple[float, float] | None:
        """The 95 % interval of `percent_change`."""
        if self.ratio_low is None or self.ratio_high is None:
            return None
        return 100 * (self.ratio_low - 1), 100 * (self.ratio_high - 1)

    @property
    def speedup(self) -> float:
        """How many times as fast the candidate is: 1 / `ratio`."""
        return 1 / self.ratio

    @property
    def speedup_interval(self) -> tuple[float, float] | None:
        """The 95 % interval of `speedup`."""
        if self.ratio_low is None or self.ratio_high is None:
            return None
        return 1 / self.ratio_high, 1 / self.ratio_low


def compare(baseline: Sample, candidate: Sample, pooled: PooledSpread | None = None) -> Comparison:
    """How the candidate's time compares with the baseline's.

    Args:
        baseline: What it is relative to.
        candidate: The same simulation, set up otherwise or run again.
        pooled: Spread between runs of one setup; used where both samples are of one scope of
            it and one of them has fewer than three values.

    Raises:
        NotComparableError: They did different work.
    """
    require_comparable(baseline, candidate)
    ratio, low, high, method = _ratio(baseline, candidate, pooled)
    differences = differences_of(baseline, candidate)
    factors = chosen(differences)
    return Comparison(
        baseline=baseline.label,
        candidate=candidate.label,
        baseline_seconds=estimate_of(baseline, pooled),
        candidate_seconds=estimate_of(candidate, pooled),
        ratio=ratio,
        ratio_low=low,
        ratio_high=high,
        method=method,
        verdict=verdict_of(low, high),
        differences=differences,
        confounded=factors if len(factors) > 1 else (),
        not_known=unknown_of(baseline, candidate),
        timers=_timers(baseline.runs, candidate.runs),
        peak_memory_gib=_both("peak memory", baseline, candidate, _peak_memory),
        cpu_efficiency=_both("CPU efficiency", baseline, candidate, lambda r: r.cpu_efficiency),
        flags=flags_of(baseline, candidate),
    )


def verdict_of(low: float | None, high: float | None) -> Verdict:
    """What the interval of a ratio of times shows of the candidate."""
    if low is None or high is None:
        return "cannot tell"
    if high < 1:
        return "faster"
    return "slower" if low > 1 else "no difference shown"


def _ratio(
    baseline: Sample, candidate: Sample, pooled: PooledSpread | None
) -> tuple[float, float | None, float | None, RatioMethod | None]:
    ours, theirs = baseline.values, candidate.values
    ratio = math.exp(_mean_log(theirs) - _mean_log(ours))
    method: RatioMethod
    if min(len(ours), len(theirs)) >= FEWEST_FOR_INTERVAL:
        half_width, method = welch_half_width(ours, theirs), "welch"
    elif pooled and (spread := pooled.spread_for(baseline, candidate)):
        # repetitions of one run are one run to a spread between runs
        half_width = spread.half_width(1 / len(baseline.runs) + 1 / len(candidate.runs))
        method = "pooled"
    else:
        return ratio, None, None, None
    factors = clock_factors(baseline, candidate)
    if factors is None:
        return ratio, None, None, None
    low, high = exp_interval(ratio, half_width)
    return ratio, low * factors[0], high * factors[1], method


def _mean_log(values: Sequence[float]) -> float:
    return statistics.fmean(math.log(value) for value in values)


def _timers(baseline: Sequence[Result], candidate: Sequence[Result]) -> tuple[Change, ...]:
    ours, theirs = _median_timers(baseline), _median_timers(candidate)
    return tuple(_change(name, ours.get(name), theirs.get(name)) for name in {**ours, **theirs})


def _median_timers(runs: Sequence[Result]) -> dict[str, float]:
    names = {name: None for run in runs for name in run.timers}
    return {name: statistics.median(run.timers[name] for run in runs if name in run.timers)
            for name in names}  # fmt: skip


def _change(name: str, baseline: float | None, candidate: float | None) -> Change:
    percent = None
    if baseline and candidate is not None:
        percent = 100 * (candidate / baseline - 1)
    return Change(name=name, baseline=baseline, candidate=candidate, percent=percent)


def _both(
    name: str, baseline: Sample, candidate: Sample, field: Callable[[Result], float | None]
) -> Change | None:
    sides = [[value for run in sample.runs if (value := field(run)) is not None]
             for sample in (baseline, candidate)]  # fmt: skip
    if not all(sides):
        return None
    return _change(name, statistics.median(sides[0]), statistics.median(sides[1]))


def _peak_memory(run: Result) -> float | None:
    return max(run.peak_memory_gib, default=None)
