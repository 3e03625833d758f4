"""Reading and writing catalogue files: compact JSON, gzipped, the same bytes every time."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

from geoschem_bench.catalog.model import Catalog
from geoschem_bench.catalog.wire import from_document, to_document
from geoschem_bench.snapshots import Snapshot, write_whole

CATALOG_VARIABLE = "GEOSCHEM_BENCH_CATALOG"
"""Environment variable that names a refreshed catalogue file."""

SNAPSHOT = Path(__file__).parent / "data" / "instance_types.json.gz"
"""The catalogue that ships with the package."""

_MOST_BYTES = 32 * 1024 * 1024
"""Unpacked. EC2's whole list is under 1 MB; more is no catalogue."""

_OS_BYTE, _UNIX = 9, 3
"""In gzip's header (RFC 1952). No reader cares; Python 3.11 and 3.12 note it, 3.13 does not."""


def load_catalog() -> Catalog:
    """The file GEOSCHEM_BENCH_CATALOG names, else the package's snapshot."""
    return _SNAPSHOT.load()


def read_catalog(path: Path) -> Catalog:
    """The catalogue in this file. Raises UserError, with the cure, if it is none."""
    return _SNAPSHOT.read(path)


def write_catalog(path: Path, catalog: Catalog) -> None:
    """Write it. UserError where the file cannot be written."""
    document = json.dumps(to_document(catalog), separators=(",", ":"), ensure_ascii=False)
    write_whole(path, _pack(document.encode()), "catalogue")


def _read(path: Path) -> Catalog:
    try:
        return from_document(json.loads(_unpack(path)))
    except (EOFError, zlib.error) as error:
        raise ValueError(f"it is cut short or damaged ({error})") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


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


_SNAPSHOT = Snapshot(
    CATALOG_VARIABLE,
    SNAPSHOT,
    "instance catalogue",
    "geoschem-bench catalog refresh",
    _read,
)
