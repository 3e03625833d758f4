"""The spread of a few repetitions: median, extremes, variation, and an interval where one is due.

Hoefler and Belli, "Scientific benchmarking of parallel computing systems", SC'15
(doi 10.1145/2807591.2807644): say how much measurements vary, do not assume normality unasked,
and show no interval that the number of measurements cannot carry.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LOG_T = "log_t"
"""Student's t on the logarithms: 3 to 5 values. Durations are positive and skewed to the right,
and where their logarithms are normal, the geometric mean that it brackets is the median."""
ORDER_STATISTICS = "order_statistics"
"""Two of the values themselves bracket the median whatever the distribution: from 6 values on,
since with 5 even the two extremes reach 93.8 % only (Hoefler and Belli, section 3.1.3)."""

CONFIDENCE = 0.95
FEWEST_FOR_INTERVAL = 3
"""With 2 values a t-interval is ±9 times their spread: true, and of no use to anyone."""

# Quantiles 0.975 of Student's t for 3, 4 and 5 values. Written out, so that who reads an
# analysis need not load scipy; a test holds them against scipy.
_T_QUANTILE = {3: 4.302652729911275, 4: 3.182446305284263, 5: 2.7764451051977987}


@dataclass(frozen=True)
class Spread:
    """What `n` values have in common. Same unit as the values, but for `cv_percent`."""

    n: int
    median: float
    minimum: float
    maximum: float
    cv_percent: float | None
    """Standard deviation (n − 1) over mean, percent; None for one value or a mean of 0."""
    ci_low: float | None = None
    """95 % confidence interval of the median, as `ci_method` says; None for fewer than 3."""
    ci_high: float | None = None
    ci_method: str | None = None


def spread_of(values: Iterable[float]) -> Spread | None:
    """The spread of `values`, or None where there are none.

    Raises:
        ValueError: NaN or infinity among them; a missing number has no place here.
    """
    ordered = sorted(float(value) for value in values)
    if not ordered:
        return None
    if not all(math.isfinite(value) for value in ordered):
        raise ValueError(f"only finite numbers have a spread, not {ordered}")
    median = statistics.median(ordered)
    low, high, method = _interval(ordered, median)
    return Spread(
        len(ordered), median, ordered[0], ordered[-1], _cv_percent(ordered), low, high, method
    )


def _cv_percent(values: Sequence[float]) -> float | None:
    mean = statistics.fmean(values)
    if len(values) < 2 or mean == 0:
        return None
    return 100 * statistics.stdev(values) / abs(mean)


def _interval(
    ordered: Sequence[float], median: float
) -> tuple[float | None, float | None, str | None]:
    n = len(ordered)
    if n < FEWEST_FOR_INTERVAL:
        return None, None, None
    if n not in _T_QUANTILE:
        rank = _rank(n)
        return ordered[rank], ordered[-1 - rank], ORDER_STATISTICS
    if ordered[0] <= 0:
        return None, None, None  # no logarithm
    # relative to the median, so that equal values give an interval of exactly that value
    logs = [math.log(value / median) for value in ordered]
    centre = statistics.fmean(logs)
    half_width = _T_QUANTILE[n] * statistics.stdev(logs) / math.sqrt(n)
    low, high = math.exp(centre - half_width), math.exp(centre + half_width)
    return median * low, median * high, LOG_T


def _rank(n: int) -> int:
    """How many values to leave out at each end so that the rest brackets the median at 95 %.

    The number of values under the median is binomial (n, 1/2).
    """
    outside, rank = 0.0, -1
    while outside + 2 * math.comb(n, rank + 1) / 2**n <= 1 - CONFIDENCE:
        rank += 1
        outside += 2 * math.comb(n, rank) / 2**n
    return rank
