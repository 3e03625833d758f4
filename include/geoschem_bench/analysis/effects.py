"""What one factor does, all else equal: each pair of samples that differ in it alone."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.clocks import clock_factors
from geoschem_bench.analysis.comparison import Comparison, Verdict, compare, verdict_of
from geoschem_bench.analysis.differences import (
    CONFIGURATION,
    MODEL_VERSION,
    Difference,
    chosen,
    differences_of,
)
from geoschem_bench.analysis.grouping import natural_key
from geoschem_bench.analysis.pooled import PooledSpread, ScopeSpread
from geoschem_bench.analysis.quantiles import exp_interval
from geoschem_bench.analysis.samples import Sample
from geoschem_bench.analysis.scopes import Scope, scope_of
from geoschem_bench.analysis.setups import Setup

_Pair = tuple[Sample, Sample]
"""Baseline, candidate."""
_Key = tuple[str, str | None, str | None, Scope]
"""Factor, its two values, and what the pairs have in common."""

_ABSENT = ("none", "off", "no", "false")
"""Values that are what a factor is compared with, whatever the alphabet says."""
_NO_EFFECTS = {CONFIGURATION}
"""A checksum is no factor: it tells that something differs, and not what."""


class Combined(BaseModel):
    """The mean over an effect's pairs, as if it were one effect."""

    model_config = ConfigDict(frozen=True)

    n: int
    """Pairs."""
    ratio: float
    """Geometric mean of the pairs' ratios of times."""
    ratio_low: float | None
    """95 % confidence interval of the mean over *these* pairs, from the pooled spread; it says
    nothing of other machines. None where the pooled spread holds not for all of them."""
    ratio_high: float | None
    verdict: Verdict
    smallest: float
    """Of the pairs' ratios."""
    largest: float
    is_one_effect: bool | None
    """False where two pairs differ by more than chance (95 %, Bonferroni over all twos of pairs):
    the effect depends on the rest of the setup, and its mean says little. None as above."""

    @property
    def percent_change(self) -> float:
        """Of the time."""
        return 100 * (self.ratio - 1)


class Effect(BaseModel):
    """One factor, changed from one value to another."""

    model_config = ConfigDict(frozen=True)

    factor: str
    scope: Scope
    """What all pairs have in common; of all versions where the factor is the model version."""
    label: str
    """Of the scope."""
    baseline: str | None
    """Value of the factor; None: not known."""
    candidate: str | None
    pairs: tuple[Comparison, ...]
    combined: Combined | None
    """None for a single pair."""


def effects_of(samples: Iterable[Sample], pooled: PooledSpread | None = None) -> list[Effect]:
    """Effects of every factor, by factor, values and scope, numbers in their order.

    No pair is of two simulations or provenances, and none of two model versions but for what
    that factor does; smoke runs pair with each other only, and so do runs by one kind of clock.
    A log of which nobody said on what machine or with how many threads it ran makes no pair.

    Differences that follow from the factor do not count: hyper-threading means more threads,
    another instance type other cores, processor, and threads where both use the same share of
    the cores.
    """
    found: dict[_Key, list[_Pair]] = {}
    for group in _that_may_pair(samples):
        for one, other in itertools.combinations(group, 2):
            if factor := _only_factor(one, other):
                pair = (one, other)
                if _rank(factor.candidate) < _rank(factor.baseline):
                    pair = (other, one)
                    factor = factor.model_copy(
                        update={"baseline": factor.candidate, "candidate": factor.baseline}
                    )
                found.setdefault(_key(factor, one), []).append(pair)
    ordered = sorted(found.items(), key=lambda item: _place(item[0]))
    return [_effect(key, pairs, pooled) for key, pairs in ordered]


def _that_may_pair(samples: Iterable[Sample]) -> Iterable[list[Sample]]:
    groups: dict[tuple[Scope, str | None], list[Sample]] = {}
    for sample in samples:
        # nothing is known of a lone log: hundreds of them would make pairs by the ten thousand
        if sample.setup.lone_log is None:
            key = scope_of(sample).of_all_versions(), sample.setup.wall_clock
            groups.setdefault(key, []).append(sample)
    return groups.values()


def _key(factor: Difference, sample: Sample) -> _Key:
    scope = scope_of(sample)
    if factor.factor == MODEL_VERSION:
        scope = scope.of_all_versions()
    return factor.factor, factor.baseline, factor.candidate, scope


def _only_factor(one: Sample, other: Sample) -> Difference | None:
    differences = differences_of(one, other)
    factors = chosen(differences)
    if len(factors) != 1 or factors[0] in _NO_EFFECTS:
        return None
    return next(item for item in differences if item.factor == factors[0])


def _rank(value: str | None) -> tuple[bool, bool, list[tuple[int, int, str]]]:
    """Lower is the baseline: known before not known, absent before present, 2 before 10."""
    return value is None, value not in _ABSENT, natural_key(value or "")


def _place(key: _Key) -> tuple[object, ...]:
    factor, baseline, candidate, scope = key
    return factor, _rank(baseline), _rank(candidate), scope.order


def _effect(key: _Key, pairs: Sequence[_Pair], pooled: PooledSpread | None) -> Effect:
    ordered = sorted(pairs, key=lambda pair: (natural_key(pair[0].label), pair[1].label))
    comparisons = tuple(compare(one, other, pooled) for one, other in ordered)
    factor, baseline, candidate, scope = key
    return Effect(
        factor=factor,
        scope=scope,
        label=scope.label,
        baseline=baseline,
        candidate=candidate,
        pairs=comparisons,
        combined=_combined(comparisons, ordered, pooled) if len(ordered) > 1 else None,
    )


def _combined(
    comparisons: Sequence[Comparison],
    pairs: Sequence[_Pair],
    pooled: PooledSpread | None,
) -> Combined:
    ratios = [comparison.ratio for comparison in comparisons]
    ratio = statistics.geometric_mean(ratios)
    low: float | None = None
    high: float | None = None
    is_one: bool | None = None
    samples = [sample for pair in pairs for sample in pair]
    clocks = [factors for pair in pairs if (factors := clock_factors(*pair))]
    spread = pooled.spread_for(*samples) if pooled else None
    if spread and len(clocks) == len(pairs):
        share = _variance_share([(pair, 1 / len(pairs)) for pair in pairs])
        low, high = exp_interval(ratio, spread.half_width(share))
        # errors of coarse clocks do not average out: all of them at once in one direction
        low *= statistics.geometric_mean(down for down, _ in clocks)
        high *= statistics.geometric_mean(up for _, up in clocks)
        is_one = _is_one_effect(ratios, pairs, spread, clocks)
    return Combined(
        n=len(pairs),
        ratio=ratio,
        ratio_low=low,
        ratio_high=high,
        verdict=verdict_of(low, high),
        smallest=min(ratios),
        largest=max(ratios),
        is_one_effect=is_one,
    )


def _is_one_effect(
    ratios: Sequence[float],
    pairs: Sequence[_Pair],
    spread: ScopeSpread,
    clocks: Sequence[tuple[float, float]],
) -> bool:
    tests = math.comb(len(pairs), 2)
    return all(
        abs(math.log(other_ratio / ratio))
        <= spread.half_width(_variance_share([(pair, 1), (other_pair, -1)]), tests)
        + _clock_slack(clock)
        + _clock_slack(other_clock)
        for (ratio, pair, clock), (other_ratio, other_pair, other_clock) in itertools.combinations(
            list(zip(ratios, pairs, clocks, strict=True)), 2
        )
    )


def _clock_slack(factors: tuple[float, float]) -> float:
    """On the scale of logarithms, in the worse direction."""
    return max(-math.log(factors[0]), math.log(factors[1]))


def _variance_share(weighted: Iterable[tuple[_Pair, float]]) -> float:
    """Variance of a weighted sum of log ratios, as a share of one run's.

    By sample, as two pairs may have a sample in common.
    """
    weights: defaultdict[Setup, float] = defaultdict(float)
    runs: dict[Setup, int] = {}
    for (baseline, candidate), weight in weighted:
        for sample, signed in ((baseline, -weight), (candidate, weight)):
            weights[sample.setup] += signed
            runs[sample.setup] = len(sample.runs)
    return math.fsum(weight**2 / runs[setup] for setup, weight in weights.items())
