"""How wrong the clocks may be: their errors do not average out, and always count in full."""

from __future__ import annotations

import math
import statistics

from geoschem_bench.analysis.samples import Sample


def clock_share(sample: Sample) -> float:
    """The uncertainty of its clock as a share of its time."""
    values = sample.values
    mean_log = statistics.fmean(math.log(value) for value in values)
    return sample.clock_uncertainty_seconds / math.exp(mean_log)


def clock_factors(baseline: Sample, candidate: Sample) -> tuple[float, float] | None:
    """By what a ratio of their times may be too high and too low: at most 1, at least 1.

    Both clocks as wrong as they can be, in the worst direction. None where a clock may be as
    wrong as the time is long: nothing is shown then.
    """
    ours, theirs = clock_share(baseline), clock_share(candidate)
    if max(ours, theirs) >= 1:
        return None
    return (1 - theirs) / (1 + ours), (1 + theirs) / (1 - ours)
