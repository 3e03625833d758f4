"""One sample's time with its 95 % interval, by the best method that its runs carry."""

from __future__ import annotations

import statistics
from typing import Literal

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.pooled import PooledSpread
from geoschem_bench.analysis.quantiles import exp_interval
from geoschem_bench.analysis.samples import Sample
from geoschem_bench.analysis.spread import FEWEST_FOR_INTERVAL, spread_of

POOLED = "pooled"
"""The interval is of the spread of other setups' repeated runs: 1 or 2 runs of this one."""

Method = Literal["log_t", "order_statistics", "pooled"]


class Estimate(BaseModel):
    """A time, seconds."""

    model_config = ConfigDict(frozen=True)

    n: int
    """Values: runs, or repetitions of the only run."""
    kind: Literal["runs", "repetitions"]
    value: float
    """Median of three values or more, else their geometric mean."""
    low: float | None
    """95 % confidence interval, as `method` says; None where there is none."""
    high: float | None
    method: Method | None
    clock_uncertainty: float = 0.0
    """Already in `low` and `high`, at either end: 60 s for a clock of whole minutes."""

    def times(self, factor: float) -> Estimate:
        """In another unit, or as a cost: `factor` per second, above 0."""
        return self.model_copy(
            update={
                "value": self.value * factor,
                "low": None if self.low is None else self.low * factor,
                "high": None if self.high is None else self.high * factor,
                "clock_uncertainty": self.clock_uncertainty * factor,
            }
        )


def estimate_of(sample: Sample, pooled: PooledSpread | None = None) -> Estimate:
    """The sample's seconds.

    Three values or more: by their own spread (`spread_of`). Fewer: by the pooled spread, where
    it applies to the sample; two repetitions of one run are one run to it, as it is a spread
    between runs.
    """
    values = sample.values
    low: float | None = None
    high: float | None = None
    method: str | None = None
    if len(values) >= FEWEST_FOR_INTERVAL and (spread := spread_of(values)):
        value = spread.median
        low, high, method = spread.ci_low, spread.ci_high, spread.ci_method
    else:
        # of one value itself: through its logarithm it would not come back to the last digit
        value = values[0] if len(values) == 1 else statistics.geometric_mean(values)
        if pooled and (spread_between := pooled.spread_for(sample)):
            low, high = exp_interval(value, spread_between.half_width(1 / len(sample.runs)))
            method = POOLED
    clock = sample.clock_uncertainty_seconds
    return Estimate.model_validate(
        {
            "n": len(values),
            "kind": sample.kind,
            "value": value,
            "low": None if low is None else max(low - clock, 0.0),
            "high": None if high is None else high + clock,
            "method": method,
            "clock_uncertainty": clock,
        }
    )
