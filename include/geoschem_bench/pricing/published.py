"""Prices of the time when the published runs were made."""

from __future__ import annotations

from geoschem_bench.pricing.price import Price
from geoschem_bench.pricing.price_list import PriceList

_SOURCE = (
    "EC2 on-demand prices of 2018/19, by which the costs in Zhuang et al., BAMS 100(10), 2019 "
    "are met within 2 %, https://doi.org/10.1175/BAMS-D-18-0243.1"
)

_USD_PER_HOUR = {"c4.4xlarge": 0.796, "c4.8xlarge": 1.591, "c5.4xlarge": 0.68, "c5.9xlarge": 1.53}


def prices_of_2019() -> PriceList:
    """On-demand prices in us-east-1 of the instance types in Zhuang et al., BAMS 2019.

    For the costs of those runs only. Their day is not known, so they are undated.
    """
    return PriceList(
        Price(
            instance_type=name,
            region="us-east-1",
            purchase_option="on_demand",
            usd_per_hour=usd,
            as_of=None,
            source=_SOURCE,
        )
        for name, usd in _USD_PER_HOUR.items()
    )
