"""Words with their results → comparisons: the way of the command, the web and the notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from geoschem_bench.analysis import PooledSpread
from geoschem_bench.records import Result
from geoschem_bench.report.comparisons.choosing import choose_samples
from geoschem_bench.report.comparisons.pairs import Pair, PriceOf, pair_of


@dataclass(frozen=True)
class Compared:
    """What the words came to."""

    pairs: tuple[Pair, ...]
    """One for each candidate, all with the same baseline."""
    pooled: PooledSpread | None
    left_out: tuple[str, ...]
    """Samples that did other work, in words."""


def compare_results(
    chosen: Sequence[tuple[str, Sequence[Result]]],
    price_of: PriceOf,
    *,
    part: str | None = None,
    pool: Iterable[Result] = (),
) -> Compared:
    """The first word's sample with those of the others; a single word's samples with each other.

    Args:
        chosen: Words as typed, each with the results that it means.
        price_of: The price of a sample, or why there is none.
        part: Of the label of the baseline, where a single word is given.
        pool: Results that only add to what is known of the spread between runs.

    Raises:
        UserError: It is not clear what to compare, or it cannot be compared.
    """
    choice = choose_samples(chosen, part, pool)
    pairs = tuple(pair_of(choice.baseline, candidate, choice.pooled, price_of)
                  for candidate in choice.candidates)  # fmt: skip
    return Compared(pairs, choice.pooled, choice.left_out)
