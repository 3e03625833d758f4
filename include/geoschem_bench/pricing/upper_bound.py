"""What a plan can cost at most: price × nodes × time limit × submissions, benchmark by benchmark.

No guess at what it will cost: jobs end long before their limits. A job's time limit holds its
warm-ups and repetitions, so they are not multiplied again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from pydantic import BaseModel, ConfigDict

from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.pricing.cost import usd_of_run
from geoschem_bench.pricing.price import Price, PriceSource
from geoschem_bench.pricing.storage import load_prices
from geoschem_bench.suite import LOCAL, Suite

MOST_RETRIES = 2
"""How often a benchmark is submitted again at most, for a reason that was not its own (spot,
storage, unknown). Each submission may be paid for up to its time limit."""

COSTS_NOTHING = "costs nothing on this computer"


class CostLine(BaseModel):
    """What one benchmark can cost at most."""

    model_config = ConfigDict(frozen=True)

    benchmark_id: str
    instance_type: str
    nodes: int
    limit_seconds: int
    """Of one submission, with start-up, warm-ups and repetitions."""
    usd_per_hour: float | None
    """Of one node."""
    usd: float | None
    """All submissions, each to its time limit."""
    why: str | None = None
    """Why there is no number, or by which price a spot instance's cost is bounded."""


class Estimate(BaseModel):
    """What the plan of a run can cost at most, beside the budget of its suite."""

    model_config = ConfigDict(frozen=True)

    usd: float | None
    """Upper bound; None where it cannot be told, and where nothing is billed."""
    usd_once: float | None
    """The same if no benchmark is submitted again."""
    is_free: bool
    """Runs on this computer: nobody bills anything."""
    submissions: int
    """Of each benchmark, at most."""
    region: str
    budget_usd: float | None
    lines: tuple[CostLine, ...]
    prices: tuple[Price, ...]
    """Those used, each with its date and source."""
    missing: tuple[str, ...] = ()
    """Why the bound cannot be told, each with its cure."""
    warnings: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether there is a budget that the plan may exceed; a bound not known may exceed any."""
        if self.is_free or self.budget_usd is None:
            return False
        return self.usd is None or self.usd > self.budget_usd

    def dearest(self, count: int = 3) -> tuple[CostLine, ...]:
        """The benchmarks that can cost most."""
        known = [line for line in self.lines if line.usd is not None]
        return tuple(sorted(known, key=lambda line: -(line.usd or 0.0))[:count])


def estimate_of(
    suite: Suite,
    planned: Sequence[PlannedBenchmark],
    prices: PriceSource | None = None,
    *,
    today: date | None = None,
) -> Estimate:
    """The upper bound of these benchmarks, in the suite's region.

    Args:
        suite: For its region, budget and what is to happen to spot instances.
        planned: What is to be submitted.
        prices: By default the dated prices in force.
        today: By which the prices' age is told.
    """
    prices = load_prices() if prices is None else prices
    is_free = bool(planned) and all(_is_local(item) for item in planned)
    found = [_line(item, suite, prices, is_free) for item in planned]
    lines = tuple(line for line, _ in found)
    used = tuple(dict.fromkeys(price for _, price in found if price))
    missing = tuple(dict.fromkeys(_missing(lines, planned, is_free)))
    can_tell = not is_free and not missing
    total = sum(line.usd or 0.0 for line in lines)
    return Estimate(
        usd=total if can_tell else None,
        usd_once=total / (1 + MOST_RETRIES) if can_tell else None,
        is_free=is_free,
        submissions=1 + MOST_RETRIES,
        region=suite.header.region,
        budget_usd=suite.header.budget_usd,
        lines=lines,
        prices=used,
        missing=missing,
        warnings=tuple(_stale(suite, used, today or datetime.now(UTC).date())),
    )


def _is_local(item: PlannedBenchmark) -> bool:
    return item.benchmark.hardware.instance_type == LOCAL


def _line(
    item: PlannedBenchmark, suite: Suite, prices: PriceSource, is_free: bool
) -> tuple[CostLine, Price | None]:
    hardware = item.benchmark.hardware
    price, why = _price(item, suite, prices, is_free)
    usd = None
    if price:
        once = usd_of_run(price, item.timeout_seconds, hardware.nodes)
        usd = once * (1 + MOST_RETRIES)
    line = CostLine(
        benchmark_id=item.id,
        instance_type=hardware.instance_type,
        nodes=hardware.nodes,
        limit_seconds=item.timeout_seconds,
        usd_per_hour=price.usd_per_hour if price else None,
        usd=usd,
        why=why,
    )
    return line, price


def _price(
    item: PlannedBenchmark, suite: Suite, prices: PriceSource, is_free: bool
) -> tuple[Price | None, str | None]:
    """The price that bounds it, or why there is none."""
    if item.unavailable:
        return None, f"is not submitted: {item.unavailable}"
    if is_free or _is_local(item):
        return None, COSTS_NOTHING
    name, region = item.benchmark.hardware.instance_type, suite.header.region
    if item.benchmark.purchase_option == "spot":
        spot = prices.price(name, region, "spot")
        if suite.header.spot_fallback == "none" and spot:
            return spot, "by the spot price as listed; it can rise to the on-demand price"
        # AWS never asks more for spot than on demand, and the fallback is on demand
        why = "spot, bounded by the on-demand price"
    else:
        why = None
    price = prices.price(name, region, "on_demand")
    return price, why if price else prices.missing(name, region, "on_demand")


def _missing(
    lines: Sequence[CostLine], planned: Sequence[PlannedBenchmark], is_free: bool
) -> Iterator[str]:
    for line, item in zip(lines, planned, strict=True):
        billed = not (is_free or item.unavailable or _is_local(item))
        if billed and line.usd is None and line.why:
            yield line.why


def _stale(suite: Suite, prices: Sequence[Price], today: date) -> Iterator[str]:
    """Without the days themselves: the text must not change from night to night."""
    limit, region = suite.header.price_max_age_days, suite.header.region
    ages = [(price, price.age_days(today)) for price in prices]
    undated = [price.instance_type for price, age in ages if age is None]
    old = [price for price, age in ages if age is not None and age > limit]
    cure = f"take new ones: geoschem-bench prices refresh --region {region}"
    if undated:
        yield (
            f"the prices of {', '.join(sorted(undated))} have no date in their source, so their "
            f"age is not known; {cure}"
        )
    if old:
        names = ", ".join(sorted(f"{price.instance_type} ({price.as_of})" for price in old))
        yield f"prices older than suite.price_max_age_days ({limit}): {names}; {cure}"
