"""By which price a run is counted: the one it was stored with, or one that is asked for now."""

from __future__ import annotations

from dataclasses import dataclass

from geoschem_bench.analysis import Sample
from geoschem_bench.pricing import Price, PriceSource, PurchaseOption


@dataclass(frozen=True)
class Tariff:
    """Prices of one region and purchase option: what it would cost there, so bought."""

    prices: PriceSource
    region: str
    purchase_option: PurchaseOption = "on_demand"

    def price_of(self, sample: Sample) -> tuple[Price | None, str | None]:
        """The price of the sample's instance type, or why there is none."""
        instance = sample.setup.instance_type
        if instance is None:
            return None, sample.runs[-1].cost_null_reason or "the instance type is not known"
        price = self.prices.price(instance, self.region, self.purchase_option)
        if price is None:
            return None, self.prices.missing(instance, self.region, self.purchase_option)
        return price, None


def stored_price(sample: Sample) -> tuple[Price | None, str | None]:
    """The price of the sample's last run, as it was stored with its cost."""
    last = sample.runs[-1]
    if last.price is None:
        return None, last.cost_null_reason or "no price was stored with the run"
    return last.price, None
