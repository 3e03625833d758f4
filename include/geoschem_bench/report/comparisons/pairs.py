"""Two samples side by side: their comparison, what each costs, and CPMIP's measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from geoschem_bench import units
from geoschem_bench.analysis import (
    Comparison,
    Cpmip,
    Estimate,
    PooledSpread,
    Sample,
    compare,
    cpmip_of_sample,
)
from geoschem_bench.pricing import Price, usd_per_sim_month

PriceOf = Callable[[Sample], tuple[Price | None, str | None]]
"""The price of a sample's machine, or why there is none."""

_PROXY = "proxy: its seconds are not GEOS-Chem's"
_SMOKE = "smoke: too short or too synthetic to be extrapolated"


@dataclass(frozen=True)
class Cost:
    """Of 30 simulated days."""

    usd: Estimate | None
    price: Price | None
    why: str | None
    """Why there is no cost; None where there is one."""


@dataclass(frozen=True)
class Side:
    """A sample with what is derived from its time."""

    sample: Sample
    seconds: Estimate
    cost: Cost
    cpmip: Cpmip | None
    cpmip_why: str | None
    """Why CPMIP's measures are missing; None where they are there."""

    @property
    def hours_per_sim_day(self) -> Estimate | None:
        """None for a proxy."""
        if self.sample.hours_per_sim_day is None:
            return None
        days = self.sample.setup.simulation.simulated_days
        return self.seconds.times(units.hours_per_sim_day(days, 1.0))

    @property
    def sources(self) -> tuple[str, ...]:
        """Where its numbers are from: logs, publications, or runs of ours by id."""
        named = (run.source or f"{run.benchmark_run_id}/{run.benchmark_id}"
                 for run in self.sample.all_runs)  # fmt: skip
        return tuple(dict.fromkeys(named))

    @property
    def is_published(self) -> bool:
        """Measured by others."""
        return self.sample.setup.provenance == "published"


@dataclass(frozen=True)
class Pair:
    """One comparison."""

    comparison: Comparison
    baseline: Side
    candidate: Side

    @property
    def cost_ratio(self) -> float | None:
        """Candidate's cost over baseline's: the ratio of times by that of hourly prices."""
        return self.comparison.ratio * self.price_ratio if self.price_ratio else None

    @property
    def price_ratio(self) -> float | None:
        """Of what an hour of all nodes costs; None where a cost is missing."""
        ours, theirs = (_hourly(side) for side in (self.baseline, self.candidate))
        return theirs / ours if ours and theirs else None


def pair_of(
    baseline: Sample, candidate: Sample, pooled: PooledSpread | None, price_of: PriceOf
) -> Pair:
    """Raises NotComparableError where the two did different work."""
    found = compare(baseline, candidate, pooled)
    return Pair(
        found,
        _side(baseline, found.baseline_seconds, price_of),
        _side(candidate, found.candidate_seconds, price_of),
    )


def _side(sample: Sample, seconds: Estimate, price_of: PriceOf) -> Side:
    cpmip = cpmip_of_sample(sample)
    return Side(
        sample=sample,
        seconds=seconds,
        cost=_cost(sample, seconds, price_of),
        cpmip=cpmip,
        cpmip_why=None if cpmip else _no_speed(sample) or "the time is 0 s",
    )


def _cost(sample: Sample, seconds: Estimate, price_of: PriceOf) -> Cost:
    if why := _no_speed(sample):
        return Cost(None, None, why)
    price, why = price_of(sample)
    if price is None:
        return Cost(None, None, why or "no price is known")
    setup = sample.setup
    hours = units.hours_per_sim_day(setup.simulation.simulated_days, 1.0)
    return Cost(seconds.times(usd_per_sim_month(price, hours, setup.node_count)), price, None)


def _no_speed(sample: Sample) -> str | None:
    """Why nothing may be extrapolated from its time."""
    if sample.hours_per_sim_day is None:
        return _PROXY
    return _SMOKE if sample.is_smoke else None


def _hourly(side: Side) -> float | None:
    price = side.cost.price
    return price.usd_per_hour * side.sample.setup.node_count if price else None
