"""Words of a notebook → results; what is stored is asked for only where a word names it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from geoschem_bench.errors import UserError
from geoschem_bench.pricing import PurchaseOption
from geoschem_bench.records import LogFacts, Result
from geoschem_bench.selection import Stores, choose


@contextmanager
def when_asked() -> Iterator[Callable[[], Stores]]:
    """The stores, connected by the first word that needs them.

    Logs and published runs need neither a store nor boto3.
    """
    with ExitStack() as stack:

        @cache
        def stores() -> Stores:
            try:
                from geoschem_bench.cli.connection import lazy_stores
            except ImportError as error:
                raise UserError(f"stored results need {error.name}, which is not installed: "
                                "pip install 'geoschem-bench[sandbox]'") from error  # fmt: skip
            return stack.enter_context(lazy_stores())()

        yield stores


def results_of(
    word: str, stores: Callable[[], Stores], facts: LogFacts | None = None
) -> tuple[Result, ...]:
    """What the word means; logs that cannot be read are warned of."""
    chosen = choose(word, stores, facts or LogFacts())
    if chosen.refused:
        count, first = len(chosen.refused), chosen.refused[0]
        others = f", and {count - 1} more" if count > 1 else ""
        warn(f"{word}: not read: {first}{others}")
    return chosen.results


def warn(message: str) -> None:
    """Of what is missing in the frame; the frame itself is right."""
    warnings.warn(message, UserWarning, stacklevel=4)


def option_of(region: str | None, spot: bool) -> PurchaseOption:
    """Raises UserError for spot prices of no region."""
    if region is None and spot:
        raise UserError("spot=True needs the region of the prices: give region='us-east-1' or "
                        "another one")  # fmt: skip
    return "spot" if spot else "on_demand"
