"""The best setup of each instance type, with its time, its price and what the goal takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geoschem_bench import units
from geoschem_bench.analysis import Estimate, Sample, estimate_of, pooled_spread
from geoschem_bench.pricing import Price, usd_per_sim_day
from geoschem_bench.recommendation.models import Evidence, Goal

PriceOf = Callable[[Sample], tuple[Price | None, str | None]]


@dataclass(frozen=True)
class Candidate:
    """One instance type (times nodes) that could be recommended."""

    name: str
    sample: Sample
    hours: Estimate
    """Wall-clock hours per simulated day."""
    price: Price | None
    price_missing: str | None
    goal: Goal

    @property
    def usd_per_sim_day(self) -> Estimate | None:
        """Cost varies as the hours do."""
        if self.price is None:
            return None
        return self.hours.times(usd_per_sim_day(self.price, 1.0, self.sample.setup.node_count))

    @property
    def days(self) -> float:
        """Simulated days of one simulation of the goal."""
        return self.goal.days or self.sample.setup.simulation.simulated_days

    @property
    def longest_hours_of_one(self) -> float | None:
        """Wall-clock hours of one simulation, by the upper end of the interval; None without."""
        return None if self.hours.high is None else self.days * self.hours.high

    @property
    def instances_for_deadline(self) -> int | None:
        """Instances (all nodes counted) that end all simulations in time; None where none can.

        None also without an interval: a single run says not how long another may take.
        """
        longest = self.longest_hours_of_one
        if self.goal.deadline_hours is None or longest is None:
            return None
        one_after_another = math.floor(self.goal.deadline_hours / longest)
        if one_after_another == 0:
            return None
        needed = math.ceil(self.goal.simulations / one_after_another) * self.sample.setup.node_count
        return needed if needed <= (self.goal.instances or needed) else None

    @property
    def usd_of_all(self) -> Estimate | None:
        """Cost of all simulations of the goal: the same however many run at a time."""
        per_day = self.usd_per_sim_day
        return per_day.times(self.days * self.goal.simulations) if per_day else None

    def evidence(self) -> Evidence:
        """All that an answer with this candidate rests on."""
        setup, runs = self.sample.setup, self.sample.runs
        per_day, whole = self.usd_per_sim_day, self.usd_of_all
        return Evidence(
            benchmark_id=runs[0].benchmark_id,
            benchmark_run_ids=tuple(run.benchmark_run_id for run in runs),
            instance_type=self.name,
            label=self.sample.label,
            threads=setup.threads,
            mpi_ranks=setup.mpi_ranks,
            n=self.hours.n,
            kind=self.hours.kind,
            hours_per_sim_day=self.hours.value,
            hours_low=self.hours.low,
            hours_high=self.hours.high,
            interval_method=self.hours.method,
            price=self.price,
            price_missing=self.price_missing,
            cost_usd_per_sim_day=per_day.value if per_day else None,
            hours_of_one=self.hours.value * self.days,
            usd_of_all=whole.value if whole else None,
            instances_for_deadline=self.instances_for_deadline,
            measured_at=tuple(run.started_at for run in runs if run.started_at),
            sources=tuple(dict.fromkeys(run.source for run in runs if run.source)),
        )


def candidates_of(samples: Sequence[Sample], price_of: PriceOf, goal: Goal) -> list[Candidate]:
    """The fastest setup of each known instance type, fastest first.

    Proxy and smoke runs are no candidates, and a time without an instance type is none either.
    """
    pooled = pooled_spread([sample for sample in samples if not sample.is_smoke])
    setups: dict[str, list[Candidate]] = {}
    for sample in samples:
        setup = sample.setup
        if setup.simulation.workload != "model" or sample.is_smoke or setup.instance_type is None:
            continue
        hours_per_second = units.hours_per_sim_day(setup.simulation.simulated_days, 1.0)
        hours = estimate_of(sample, pooled).times(hours_per_second)
        many = f"{setup.nodes} x " if setup.node_count > 1 else ""
        name = many + setup.instance_type
        price, missing = price_of(sample)
        found = Candidate(name, sample, hours, price, missing, goal)
        setups.setdefault(name, []).append(found)
    best = [_best(candidates) for candidates in setups.values()]
    return sorted(best, key=lambda candidate: (candidate.hours.value, candidate.name))


def _best(candidates: Sequence[Candidate]) -> Candidate:
    """The fastest; of those not shown to be slower than it, the plainest.

    A container that seems 1 % faster within the noise is no reason to use one.
    """
    fastest = min(candidates, key=lambda candidate: candidate.hours.value)
    equal = [c for c in candidates if c is fastest or _overlap(c.hours, fastest.hours)]
    return min(equal, key=lambda c: (_specialties(c.sample), c.hours.value, c.sample.label))


def _overlap(one: Estimate, other: Estimate) -> bool:
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.low <= other.high and other.low <= one.high


def _specialties(sample: Sample) -> int:
    return sum(value not in ("none", "off", "no") for _, value in sample.setup.factors)
