"""What one factor does, all else equal: each pair of samples that differ in it alone."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.comparability import are_comparable
from geoschem_bench.analysis.comparison import Comparison, Verdict, compare, verdict_of
from geoschem_bench.analysis.differences import (
    CONFIGURATION,
    Difference,
    chosen,
    differences_of,
)
from geoschem_bench.analysis.grouping import natural_key
from geoschem_bench.analysis.pooled import PooledSpread
from geoschem_bench.analysis.quantiles import exp_interval
from geoschem_bench.analysis.samples import Sample
from geoschem_bench.analysis.setups import Setup

_Pair = tuple[Sample, Sample]
"""Baseline, candidate."""

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
    baseline: str | None
    """Value of the factor; None: not known."""
    candidate: str | None
    pairs: tuple[Comparison, ...]
    combined: Combined | None
    """None for a single pair."""


def effects_of(samples: Iterable[Sample], pooled: PooledSpread | None = None) -> list[Effect]:
    """Effects of every factor, by factor and values, numbers in their order.

    Differences that follow from the factor do not count: hyper-threading means more threads,
    another instance type other cores, processor, and threads where both use the same share of
    the cores. Published and own samples never
    make a pair, nor do different simulations.
    """
    found: dict[tuple[str, str | None, str | None], list[_Pair]] = {}
    for one, other in itertools.combinations(samples, 2):
        if _may_pair(one, other) and (factor := _only_factor(one, other)):
            if _rank(factor.candidate) < _rank(factor.baseline):
                one, other = other, one
                factor = factor.model_copy(
                    update={"baseline": factor.candidate, "candidate": factor.baseline}
                )
            key = (factor.factor, factor.baseline, factor.candidate)
            found.setdefault(key, []).append((one, other))
    ordered = sorted(found.items(), key=lambda item: _place(item[0]))
    return [_effect(key, pairs, pooled) for key, pairs in ordered]


def _may_pair(one: Sample, other: Sample) -> bool:
    same_origin = one.setup.provenance == other.setup.provenance
    return same_origin and are_comparable(one, other)


def _only_factor(one: Sample, other: Sample) -> Difference | None:
    differences = differences_of(one, other)
    factors = chosen(differences)
    if len(factors) != 1 or factors[0] in _NO_EFFECTS:
        return None
    return next(item for item in differences if item.factor == factors[0])


def _rank(value: str | None) -> tuple[bool, bool, list[tuple[int, int, str]]]:
    """Lower is the baseline: known before not known, absent before present, 2 before 10."""
    return value is None, value not in _ABSENT, natural_key(value or "")


def _place(key: tuple[str, str | None, str | None]) -> tuple[object, ...]:
    factor, baseline, candidate = key
    return factor, _rank(baseline), _rank(candidate)


def _effect(
    key: tuple[str, str | None, str | None],
    pairs: Sequence[_Pair],
    pooled: PooledSpread | None,
) -> Effect:
    ordered = sorted(pairs, key=lambda pair: (natural_key(pair[0].label), pair[1].label))
    comparisons = tuple(compare(one, other, pooled) for one, other in ordered)
    factor, baseline, candidate = key
    return Effect(
        factor=factor,
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
    # errors of coarse clocks do not average out, and are not combined
    is_fine = all(sample.clock_uncertainty_seconds == 0 for sample in samples)
    if pooled and is_fine and all(pooled.applies_to(sample) for sample in samples):
        share = _variance_share([(pair, 1 / len(pairs)) for pair in pairs])
        low, high = exp_interval(ratio, pooled.half_width(share))
        is_one = _is_one_effect(ratios, pairs, pooled)
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


def _is_one_effect(ratios: Sequence[float], pairs: Sequence[_Pair], pooled: PooledSpread) -> bool:
    tests = math.comb(len(pairs), 2)
    return all(
        abs(math.log(other_ratio / ratio))
        <= pooled.half_width(_variance_share([(pair, 1), (other_pair, -1)]), tests)
        for (ratio, pair), (other_ratio, other_pair) in itertools.combinations(
            list(zip(ratios, pairs, strict=True)), 2
        )
    )


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
