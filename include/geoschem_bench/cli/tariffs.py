"""Which prices an answer is counted by, where nobody said."""

from __future__ import annotations

import os
from collections.abc import Iterable

from geoschem_bench.catalog import load_catalog
from geoschem_bench.errors import UserError
from geoschem_bench.pricing import load_prices
from geoschem_bench.recommendation import Tariff
from geoschem_bench.records import Result
from geoschem_bench.suite.names import likeliest
from geoschem_bench.wiring import region_of


def tariff_for(results: Iterable[Result], region: str | None, *, spot: bool = False) -> Tariff:
    """Today's prices of one region.

    The one that was asked for, else the environment's, else the one where all the runs ran,
    else the default. UserError where there is no such region.
    """
    in_environment = os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION")
    ran_in = {result.aws_region for result in results if result.aws_region}
    common = ran_in.pop() if len(ran_in) == 1 else None
    chosen = region or in_environment or common or region_of()
    return Tariff(load_prices(), known_region(chosen), "spot" if spot else "on_demand")


def known_region(region: str) -> str:
    """The region as it is. UserError where AWS has none of that name."""
    regions = {each for instance in load_catalog() for each in instance.regions}
    if region not in regions:
        raise UserError(f"--region {region}: no region of AWS{likeliest(region, regions)}")
    return region
