"""Dated prices of EC2 instances, and what runs cost by them.

`load_prices` gives the dated snapshot that ships with the package, or the file that
`geoschem-bench prices refresh` wrote and GEOSCHEM_BENCH_PRICES names. Every price carries its
region, purchase option, date and source. A price that is not listed is missing: it is never
taken from another region, date or purchase option, and `PriceList.missing` says why and the cure.
"""

from geoschem_bench.pricing.cost import (
    DAYS_PER_SIM_MONTH,
    DAYS_PER_SIM_YEAR,
    usd_of_run,
    usd_per_sim_day,
    usd_per_sim_month,
    usd_per_sim_year,
)
from geoschem_bench.pricing.price import Price, PriceSource, PurchaseOption
from geoschem_bench.pricing.price_list import PriceList
from geoschem_bench.pricing.published import prices_of_2019
from geoschem_bench.pricing.storage import PRICES_VARIABLE, load_prices, read_prices, write_prices

__all__ = [
    "DAYS_PER_SIM_MONTH",
    "DAYS_PER_SIM_YEAR",
    "PRICES_VARIABLE",
    "Price",
    "PriceList",
    "PriceSource",
    "PurchaseOption",
    "load_prices",
    "prices_of_2019",
    "read_prices",
    "usd_of_run",
    "usd_per_sim_day",
    "usd_per_sim_month",
    "usd_per_sim_year",
    "write_prices",
]
