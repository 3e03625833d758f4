"""`results`: runs as a data frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING

from geoschem_bench.analysis import latest_submissions
from geoschem_bench.errors import UserError
from geoschem_bench.frames.rows import Cost, CostOf, frame_of, row_of
from geoschem_bench.frames.words import option_of, results_of, when_asked
from geoschem_bench.pricing import PriceList, PurchaseOption, load_prices, usd_per_sim_day
from geoschem_bench.records import SMOKE, Result
from geoschem_bench.selection import everything

if TYPE_CHECKING:
    import pandas as pd


def results(
    *words: str | PathLike[str],
    timers: bool = False,
    region: str | None = None,
    spot: bool = False,
    prices: PriceList | None = None,
) -> pd.DataFrame:
    """One row for each result (of its latest submission), published ones only where asked for.

    Args:
        words: As in `geoschem-bench compare`: logs, runs, benchmarks, `imported`, `published`,
            `published:c5.9xlarge`. None: everything that is stored.
        timers: With a column `timer_seconds: NAME` for each timer.
        region: Count costs by today's price list, in this AWS region. Default: by the price
            that was stored with each result.
        spot: With `region`: spot instead of on-demand prices.
        prices: With `region`: another price list, such as `pricing.prices_of_2019()`.

    Returns:
        Columns of COLUMNS, then `factor: NAME` for what else was varied, then timers.

    Raises:
        UserError: A word means nothing, or `spot` or `prices` is given without `region`.
    """
    option = option_of(region, spot)
    if region is None and prices is not None:
        raise UserError("prices= needs the region to take from it: give region='us-east-1' or "
                        "another one")  # fmt: skip
    listed = load_prices() if prices is None else prices  # an empty list is one, too
    cost = _costs_of(listed, region, option) if region else _stored_cost
    found = _distinct(_results(words))
    return frame_of([row_of(result, cost, timers) for result in found])


def _results(words: Sequence[str | PathLike[str]]) -> list[Result]:
    with when_asked() as stores:
        if not words:
            return list(everything(stores()))
        return [result for word in words for result in results_of(str(word), stores)]


def _distinct(results: Iterable[Result]) -> list[Result]:
    """Two words may mean the same run; of a run that was submitted again the latest counts."""
    every = list(results)
    latest = {_key(result) for result in latest_submissions(every)[0]}
    return list({_key(r): r for r in every if _key(r) in latest}.values())


def _key(result: Result) -> tuple[str, str, int]:
    return result.benchmark_run_id, result.benchmark_id, result.submission


def _stored_cost(result: Result) -> Cost:
    usd = result.cost_usd_per_sim_day
    why = None if usd is not None else result.cost_null_reason or result.null_reason
    return usd, result.price, why


def _costs_of(prices: PriceList, region: str, option: PurchaseOption) -> CostOf:
    def cost(result: Result) -> Cost:
        hours, instance = result.hours_per_sim_day, result.observed_instance_type
        if hours is None:
            return None, None, result.null_reason or "no hours per simulated day"
        if result.is_smoke:
            return None, None, SMOKE
        if instance is None:
            return None, None, result.cost_null_reason or "the instance type is not known"
        if result.nodes is None:
            return None, None, "the number of nodes is not known"
        price = prices.price(instance, region, option)
        if price is None:
            return None, None, prices.missing(instance, region, option)
        return usd_per_sim_day(price, hours, result.nodes), price, None

    return cost
