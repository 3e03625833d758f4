"""Reading and writing price files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from geoschem_bench.pricing.price import Price
from geoschem_bench.pricing.price_list import PriceList
from geoschem_bench.pricing.table import from_text, to_text
from geoschem_bench.snapshots import Snapshot, read_bounded, write_whole

PRICES_VARIABLE = "GEOSCHEM_BENCH_PRICES"
"""Environment variable that names a refreshed price file."""

SNAPSHOT = Path(__file__).parent / "data" / "prices.csv"
"""The prices that ship with the package."""

_MOST_BYTES = 32 * 1024 * 1024
"""All types of all regions with their spot prices are about 5 MB; more is no price file."""


def load_prices() -> PriceList:
    """The file GEOSCHEM_BENCH_PRICES names, else the package's snapshot."""
    return _SNAPSHOT.load()


def read_prices(path: Path) -> PriceList:
    """The prices in this file. Raises UserError, with the line and the cure, if it is none."""
    return _SNAPSHOT.read(path)


def write_prices(path: Path, prices: Iterable[Price]) -> None:
    """Write them in the snapshot's format. UserError where the file cannot be written."""
    write_whole(path, to_text(PriceList(prices)).encode(), "price file")


def _read(path: Path) -> PriceList:
    raw = read_bounded(path, _MOST_BYTES)
    try:
        text = raw.decode("utf-8-sig")  # spreadsheets begin their CSV with a byte order mark
    except UnicodeDecodeError as error:
        raise ValueError("it is not text in UTF-8") from error
    return PriceList(from_text(text))


_SNAPSHOT = Snapshot(
    PRICES_VARIABLE, SNAPSHOT, "price file", "geoschem-bench prices refresh", _read
)
