"""`compare`: comparisons as a data frame."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING

from geoschem_bench.frames.words import option_of, results_of, warn, when_asked
from geoschem_bench.pricing import load_prices
from geoschem_bench.recommendation import Tariff, stored_price
from geoschem_bench.report.comparisons import compare_results, tidy_frame

if TYPE_CHECKING:
    import pandas as pd


def compare(
    baseline: str | PathLike[str],
    *candidates: str | PathLike[str],
    part: str | None = None,
    pool: Sequence[str] = (),
    region: str | None = None,
    spot: bool = False,
) -> pd.DataFrame:
    """What `geoschem-bench compare` finds, one row for each metric and timer.

    Args:
        baseline: A word; see `results`.
        candidates: Words. None: the other setups that `baseline` holds.
        part: Of the name of the setup that is the baseline, where no candidates are given.
        pool: Words whose results only add to what is known of the spread between runs.
        region: Count costs by today's price list, in this AWS region. Default: by the price
            that was stored with each result.
        spot: With `region`: spot instead of on-demand prices.

    Returns:
        Columns of `report.comparisons.tidy.COLUMNS`; `low` and `high` are the 95 % interval of
        `ratio`, candidate over baseline.

    Raises:
        UserError: A word means nothing, or the words cannot be compared.
    """
    option = option_of(region, spot)
    price_of = Tariff(load_prices(), region, option).price_of if region else stored_price
    with when_asked() as stores:
        chosen = [(word, results_of(word, stores)) for word in map(str, (baseline, *candidates))]
        added = [result for word in pool for result in results_of(word, stores)]
    found = compare_results(chosen, price_of, part=part, pool=added)
    if found.left_out:
        warn(f"left out, as they did other work: {'; '.join(found.left_out)}")
    return tidy_frame(found.pairs)
