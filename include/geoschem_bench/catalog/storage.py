"""Reading and writing catalogue files: compact JSON, gzipped, the same bytes every time."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from geoschem_bench.catalog.model import Catalog
from geoschem_bench.catalog.wire import from_document, to_document
from geoschem_bench.errors import UserError

CATALOG_VARIABLE = "GEOSCHEM_BENCH_CATALOG"
"""Environment variable that names a refreshed catalogue file."""

SNAPSHOT = Path(__file__).parent / "data" / "instance_types.json.gz"
"""The catalogue that ships with the package."""

_MOST_BYTES = 32 * 1024 * 1024
"""Unpacked. EC2's whole list is under 1 MB; more is no catalogue."""

_OS_BYTE, _UNIX = 9, 3
"""In gzip's header (RFC 1952). No reader cares; Python 3.11 and 3.12 note it, 3.13 does not."""


def load_catalog() -> Catalog:
    """The file GEOSCHEM_BENCH_CATALOG names, else the package's snapshot.

    Read once and kept; read again when the file has changed.
    """
    named = os.environ.get(CATALOG_VARIABLE, "").strip()
    path = Path(named).expanduser() if named else SNAPSHOT
    try:
        state = path.stat()
    except OSError as error:
        _refuse(path, error.strerror or str(error))
    return _read_cached(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read_cached(path: Path, _changed_ns: int, _size: int) -> Catalog:
    """Change time and size are in the key, so that a refresh is seen without a restart."""
    return read_catalog(path)


def read_catalog(path: Path) -> Catalog:
    """The catalogue in this file. Raises UserError, with the cure, if it is none."""
    try:
        return from_document(json.loads(_unpack(path)))
    except OSError as error:  # gzip's BadGzipFile is one
        _refuse(path, error.strerror or str(error))
    except (EOFError, zlib.error) as error:
        _refuse(path, f"it is cut short or damaged ({error})")
    except RecursionError:
        _refuse(path, "it is nested too deeply")
    except ValueError as error:  # JSON's and Unicode's are ones
        _refuse(path, str(error))


def write_catalog(path: Path, catalog: Catalog) -> None:
    """Write it so that a reader sees the old file or the new one, never half of one."""
    document = json.dumps(to_document(catalog), separators=(",", ":"), ensure_ascii=False)
    packed = _pack(document.encode())
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(packed)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        message = f"{path}: the catalogue cannot be written: {error.strerror}. Choose another path."
        raise UserError(message) from error


def _pack(text: bytes) -> bytes:
    """The same bytes from every Python: they differ in the operating system that they note."""
    packed = bytearray(gzip.compress(text, compresslevel=9, mtime=0))
    packed[_OS_BYTE] = _UNIX
    return bytes(packed)


def _unpack(path: Path) -> bytes:
    with gzip.open(path) as file:
        text = file.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        raise ValueError(f"it holds more than {_MOST_BYTES // 2**20} MiB")
    return text


def _refuse(path: Path, why: str) -> NoReturn:
    if path == SNAPSHOT:
        cure = "The installation is damaged: install geoschem-bench again."
    else:
        cure = (
            "Write it anew with `geoschem-bench catalog refresh`, "
            f"or unset {CATALOG_VARIABLE} to use the catalogue that ships with the package."
        )
    raise UserError(f"{path}: this is not a readable instance catalogue: {why}. {cure}")
