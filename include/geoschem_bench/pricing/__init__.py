"""Dated prices of EC2 instances, and what runs cost by them.

`load_prices` gives the dated snapshot that ships with the package, or the file that
`geoschem-bench prices refresh` wrote and GEOSCHEM_BENCH_PRICES names. Every price carries its
region, purchase option, date and source. A price that is not listed is missing: it is never
taken from another region, date or purchase option, and `PriceList.missing` says why and the cure.
"""

from geoschem_bench.pricing.bound_words import (
    beside_budget,
    headline,
    over_budget,
    request_body,
    usd,
)
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
from geoschem_bench.pricing.upper_bound import (
    COSTS_NOTHING,
    MOST_RETRIES,
    CostLine,
    Estimate,
    estimate_of,
)

__all__ = [
    "COSTS_NOTHING",
    "DAYS_PER_SIM_MONTH",
    "DAYS_PER_SIM_YEAR",
    "MOST_RETRIES",
    "PRICES_VARIABLE",
    "CostLine",
    "Estimate",
    "Price",
    "PriceList",
    "PriceSource",
    "PurchaseOption",
    "beside_budget",
    "estimate_of",
    "headline",
    "load_prices",
    "over_budget",
    "prices_of_2019",
    "read_prices",
    "request_body",
    "usd",
    "usd_of_run",
    "usd_per_sim_day",
    "usd_per_sim_month",
    "usd_per_sim_year",
    "write_prices",
]
