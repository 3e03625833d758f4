"""Reading and writing price files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from geoschem_bench.errors import UserError
from geoschem_bench.pricing.price import Price
from geoschem_bench.pricing.price_list import PriceList
from geoschem_bench.pricing.table import from_text, to_text

PRICES_VARIABLE = "GEOSCHEM_BENCH_PRICES"
"""Environment variable that names a refreshed price file."""

SNAPSHOT = Path(__file__).parent / "data" / "prices.csv"
"""The prices that ship with the package."""

_MOST_BYTES = 32 * 1024 * 1024
"""All types of all regions with their spot prices are about 5 MB; more is no price file."""


def load_prices() -> PriceList:
    """The file GEOSCHEM_BENCH_PRICES names, else the package's snapshot.

    Read once and kept; read again when the file has changed.
    """
    named = os.environ.get(PRICES_VARIABLE, "").strip()
    path = Path(named).expanduser() if named else SNAPSHOT
    try:
        state = path.stat()
    except OSError as error:
        _refuse(path, error.strerror or str(error))
    return _read_cached(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read_cached(path: Path, _changed_ns: int, _size: int) -> PriceList:
    """Change time and size are in the key, so that a refresh is seen without a restart."""
    return read_prices(path)


def read_prices(path: Path) -> PriceList:
    """The prices in this file. Raises UserError, with the line and the cure, if it is none."""
    try:
        return PriceList(from_text(_read(path)))
    except OSError as error:
        _refuse(path, error.strerror or str(error))
    except UnicodeDecodeError:
        _refuse(path, "it is not text in UTF-8")
    except ValueError as error:
        _refuse(path, str(error))


def write_prices(path: Path, prices: Iterable[Price]) -> None:
    """Write them so that a reader sees the old file or the new one, never half of one."""
    text = to_text(PriceList(prices))
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        message = f"{path}: the prices cannot be written: {error.strerror}. Choose another path."
        raise UserError(message) from error


def _read(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise ValueError(f"it holds more than {_MOST_BYTES // 2**20} MiB")
    return raw.decode("utf-8-sig")  # spreadsheets begin their CSV with a byte order mark


def _refuse(path: Path, why: str) -> NoReturn:
    if path == SNAPSHOT:
        cure = "The installation is damaged: install geoschem-bench again."
    else:
        cure = (
            "Mend that, or move the file away and take prices anew with "
            f"`geoschem-bench prices refresh`, or unset {PRICES_VARIABLE} to use the prices that "
            "ship with the package."
        )
    raise UserError(f"{path}: this is not a readable price file: {why}. {cure}")
