"""Quantiles of Student's t."""

from __future__ import annotations

import math

CONFIDENCE = 0.95

_WIDEST = 300.0
"""e**300 is no statement on anything, e**710 no number."""


def student_quantile(degrees_of_freedom: float, tests: int = 1) -> float:
    """How many standard errors a two-sided 95 % interval reaches to each side.

    Args:
        degrees_of_freedom: Above 0; Welch's are seldom whole.
        tests: How many intervals are to hold the truth at once, by Bonferroni.
    """
    # scipy takes its time to load, and most who import this package ask for no quantile
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, 1 - (1 - CONFIDENCE) / 2 / tests))


def exp_interval(centre: float, half_width: float) -> tuple[float, float]:
    """The interval of `centre` whose half width is on the scale of natural logarithms."""
    width = min(half_width, _WIDEST)
    return centre * math.exp(-width), centre * math.exp(width)
