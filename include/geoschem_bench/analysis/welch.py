"""Welch's t: two means whose spreads may differ."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from geoschem_bench.analysis.quantiles import student_quantile


def welch_half_width(one: Sequence[float], other: Sequence[float]) -> float:
    """Half width of the 95 % interval of the difference of the mean logarithms.

    Welch, Biometrika 34, 28-35, 1947 (doi 10.1093/biomet/34.1-2.28), degrees of freedom after
    Satterthwaite. 0 where neither side varies.

    Args:
        one: Two or more durations above 0, as is `other`.
        other: The other side.
    """
    (share, freedom), (other_share, other_freedom) = _share(one), _share(other)
    total = share + other_share
    if total == 0:
        return 0.0
    parts = (share / total) ** 2 / freedom + (other_share / total) ** 2 / other_freedom
    return student_quantile(1 / parts) * math.sqrt(total)


def _share(values: Sequence[float]) -> tuple[float, int]:
    """Variance of the mean logarithm, and its degrees of freedom."""
    logs = [math.log(value / values[0]) for value in values]
    return statistics.variance(logs) / len(logs), len(logs) - 1
