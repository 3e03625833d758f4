"""Which prices an answer is counted by, where nobody said."""

from __future__ import annotations

import os
from collections.abc import Iterable

from geoschem_bench.analysis import latest_submissions
from geoschem_bench.catalog import load_catalog
from geoschem_bench.errors import UserError
from geoschem_bench.pricing import PurchaseOption, load_prices
from geoschem_bench.recommendation import Tariff
from geoschem_bench.records import Result
from geoschem_bench.suite.names import likeliest
from geoschem_bench.wiring import DEFAULT_REGION


def asked_region(option: str | None) -> str | None:
    """The region of the option, else of the environment.

    To be asked before a store is connected: the sandbox has a region of its own. UserError where
    the option's is not in the catalogue.
    """
    if option:
        return known_region(option)
    return os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION")


def tariff_for(results: Iterable[Result], asked: str | None, *, spot: bool = False) -> Tariff:
    """Today's prices of the asked region, else of where all the runs ran, else of the default."""
    latest, _ = latest_submissions(results)
    ran_in = {result.aws_region for result in latest if result.aws_region}
    common = ran_in.pop() if len(ran_in) == 1 else None
    option: PurchaseOption = "spot" if spot else "on_demand"
    return Tariff(load_prices(), asked or common or DEFAULT_REGION, option)


def known_region(region: str) -> str:
    """The region as it is. UserError where the catalogue has none of that name."""
    regions = {each for instance in load_catalog() for each in instance.regions}
    if region not in regions:
        raise UserError(f"--region {region}: no region of AWS in the catalogue"
                        f"{likeliest(region, regions)}")  # fmt: skip
    return region
