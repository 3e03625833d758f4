"""Price × time × nodes: what runs cost, in USD. Instances only, without storage and transfer."""

from __future__ import annotations

import math

from geoschem_bench.pricing.price import Price
from geoschem_bench.units import SECONDS_PER_HOUR

LEAST_BILLED_SECONDS = 60
"""EC2 bills Linux by the second, but never less than a minute (EC2 guide, on demand and spot)."""

DAYS_PER_SIM_MONTH = 30
DAYS_PER_SIM_YEAR = 365


def usd_of_run(price: Price, wall_seconds: float, nodes: int = 1) -> float:
    """USD for `nodes` instances that run `wall_seconds` each, at least a minute.

    Not rounded up to whole seconds, and without the instance's start and idle time, which no
    run knows: the bill is a little higher.

    Raises:
        ValueError: The seconds are negative or no number, or there are no nodes.
    """
    seconds = max(_checked("wall_seconds", wall_seconds), LEAST_BILLED_SECONDS)
    return price.usd_per_hour * seconds / SECONDS_PER_HOUR * _checked_nodes(nodes)


def usd_per_sim_day(price: Price, hours_per_sim_day: float, nodes: int = 1) -> float:
    """USD per simulated day, at this many wall-clock hours per simulated day.

    A rate, so without the minute that is billed at least.

    Raises:
        ValueError: The hours are negative or no number, or there are no nodes.
    """
    hours = _checked("hours_per_sim_day", hours_per_sim_day)
    return price.usd_per_hour * hours * _checked_nodes(nodes)


def usd_per_sim_month(price: Price, hours_per_sim_day: float, nodes: int = 1) -> float:
    """USD per 30 simulated days; see `usd_per_sim_day`."""
    return usd_per_sim_day(price, hours_per_sim_day, nodes) * DAYS_PER_SIM_MONTH


def usd_per_sim_year(price: Price, hours_per_sim_day: float, nodes: int = 1) -> float:
    """USD per 365 simulated days; see `usd_per_sim_day`."""
    return usd_per_sim_day(price, hours_per_sim_day, nodes) * DAYS_PER_SIM_YEAR


def _checked(name: str, value: float) -> float:
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} is {value}; a number of at least 0 is needed")
    return value


def _checked_nodes(nodes: int) -> int:
    if nodes < 1:
        raise ValueError(f"nodes is {nodes}; at least 1 is needed")
    return nodes
