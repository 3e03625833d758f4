"""`compare`: comparisons as a data frame."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING

from geoschem_bench.frames.words import option_of, results_of, warn, when_asked
from geoschem_bench.pricing import load_prices
from geoschem_bench.recommendation import PriceOf, Tariff, stored_price
from geoschem_bench.records import LogFacts
from geoschem_bench.report.comparisons import Compared, compare_results, tidy_frame

if TYPE_CHECKING:
    import pandas as pd


def compare(
    baseline: str | PathLike[str],
    *candidates: str | PathLike[str],
    part: str | None = None,
    pool: Sequence[str] = (),
    region: str | None = None,
    spot: bool = False,
    instance_type: str | None = None,
    threads: int | None = None,
    nodes: int | None = None,
) -> pd.DataFrame:
    """What `geoschem-bench compare` finds, one row for each metric and timer.

    Args:
        baseline: A word; see `results`.
        candidates: Words. None: the other setups of `baseline`.
        part: Of the name of the setup that is the baseline, where no candidates are given.
        pool: Words whose results only add to what is known of the spread between runs.
        region: Count costs by today's prices there. Default: by the price stored with each.
        spot: With `region`: spot instead of on-demand prices.
        instance_type: Of logs that are named here: what they ran on.
        threads: The same: OpenMP threads.
        nodes: The same: nodes of GCHP.

    Returns:
        Columns of `report.comparisons.tidy.COLUMNS`; `low` and `high` are the 95 % interval of
        `ratio`, candidate over baseline.

    Raises:
        UserError: A word means nothing, or the words cannot be compared.
    """
    price_of = _price_of(region, spot)
    facts = LogFacts(instance_type=instance_type, threads=threads, nodes=nodes)
    words = [str(word) for word in (baseline, *candidates)]
    with when_asked() as stores:
        chosen = [(word, results_of(word, stores, facts)) for word in words]
        added = [result for word in pool for result in results_of(word, stores, facts)]
    return _frame_of(compare_results(chosen, price_of, part=part, pool=added))


def _price_of(region: str | None, spot: bool) -> PriceOf:
    option = option_of(region, spot)
    return Tariff(load_prices(), region, option).price_of if region else stored_price


def _frame_of(found: Compared) -> pd.DataFrame:
    if found.left_out:
        warn(f"left out, as they did other work: {'; '.join(found.left_out)}")
    return tidy_frame(found.pairs)
