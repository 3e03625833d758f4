"""How the numbers of a study came about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from geoschem_bench.analysis import Study
from geoschem_bench.reference import published_costs
from geoschem_bench.report.study.findings import spread_in_words
from geoschem_bench.report.study.table import CostColumn

_TIME = (
    "Wall-clock time is the model's own timer of the whole run where the log has one, else "
    "`/usr/bin/time`, else the start and end stamps (minutes). Start-up is in it."
)
_INTERVALS = (
    "95 % intervals. Three values or more: by their own spread (Student's t on the logarithms, "
    "from 6 values on order statistics). One or two runs: by the spread pooled over all setups of "
    "the same simulation and version that ran more than once."
)
_COLD = (
    "A run that reads its input for the first time waits for the disk. Where a setup has a warm "
    "run, its cold ones are left out of the table and shown under Every run."
)
_COSTS = (
    "Price × hours × nodes, of the model's own time: boot, image pull, storage, transfer and idle "
    "time are not in it. A price is never taken from another region, date or purchase option."
)
_VERDICTS = (
    "Faster or slower only where the 95 % interval of the ratio excludes no change; else no "
    "difference is shown, which is not the same as equal. Cannot tell: there is no interval."
)


def methods_of(
    study: Study, costs: Sequence[CostColumn], made_at: datetime
) -> Iterator[tuple[str, str]]:
    """Heading and text."""
    yield "Time", _TIME
    yield "Intervals", _INTERVALS
    yield "Spread", spread_in_words(study.pooled)
    if any(result.is_cold for result in study.results):
        yield "Cold input", _COLD
    if costs:
        yield "Costs", _COSTS
    for cost in costs:
        yield f"Prices, {cost.title}", _prices(study, cost, made_at)
    if any(result.origin == "published" for result in study.results):
        yield "Costs in the paper", _published_costs()
    yield "Verdicts", _VERDICTS
    yield (
        "Sources",
        (
            "Hoefler and Belli, Scientific benchmarking of parallel computing systems, SC'15, doi "
            "10.1145/2807591.2807644."
        ),
    )


def _prices(study: Study, cost: CostColumn, made_at: datetime) -> str:
    tariff = cost.tariff
    samples = [timed for group in study.groups for timed in group.timed]
    prices = [price for timed in samples if (price := cost.usd(timed)[1])]
    if not prices:
        return f"None is known for {tariff.region}, {tariff.purchase_option.replace('_', '-')}."
    listed = dict.fromkeys(
        f"{price.instance_type} {price.usd_per_hour:g} USD/h" for price in prices
    )
    dates = sorted({price.as_of or "undated" for price in prices})
    ages = [age for price in prices if (age := price.age_days(made_at.date())) is not None]
    old = f", {max(ages)} days old" if ages else ""
    sources = dict.fromkeys(price.source for price in prices)
    where = f"{tariff.region}, {tariff.purchase_option.replace('_', '-')}, Linux"
    return (f"{where}, listed {', '.join(dates)}{old}: {'; '.join(listed)}. "
            f"From: {'; '.join(sources)}.")  # fmt: skip


def _published_costs() -> str:
    costs = published_costs().values()
    each = "; ".join(f"{cost.instance_type} {cost.on_demand_usd:g}, spot {cost.spot_usd:g}"
                     for cost in costs)  # fmt: skip
    return f"USD of a 7-day run at 4x5, as published (to compare with the costs of a run): {each}."
