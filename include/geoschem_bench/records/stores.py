"""The two outsides that results need, as interfaces. `aws` serves them; tests serve their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

from geoschem_bench.records.models import Result


class Stored(StrEnum):
    """What a put did."""

    NEW = "new"
    SAME = "same"
    """The same manifest was there already."""
    CONFLICT = "conflict"
    """Another manifest holds this key; nothing was written."""
    REFUSED = "refused"
    """The store cannot keep such a record; nothing was written."""


@dataclass(frozen=True)
class Stamp:
    """An object as a listing shows it, without its body."""

    address: str
    etag: str
    """Another one for another body."""
    modified: datetime
    """With zone; S3 keeps whole seconds."""


class ObjectStore(Protocol):
    """Objects under `s3://` addresses."""

    def list(self, prefix: str) -> Iterator[str]:
        """Addresses under `prefix`, sorted."""

    def stamps(self, prefix: str) -> Iterator[Stamp]:
        """What lies under `prefix`, sorted, and since when."""

    def folders(self, prefix: str) -> Iterator[str]:
        """Names directly under `prefix`, which ends in a slash."""

    def open(self, address: str) -> AbstractContextManager[BinaryIO]:
        """The object as a stream. NotFoundError where there is none."""

    def get(self, address: str, limit: int | None = None) -> bytes | None:
        """The object, or its first `limit` bytes; None where there is none."""

    def put(self, address: str, body: bytes, content_type: str = "application/json") -> None:
        """Write it, in place of what was there."""


class ResultsStore(Protocol):
    """Result records by key, and the three questions asked of them."""

    def put(self, results: Iterable[Result]) -> dict[str, Stored]:
        """Store each once; what happened, by `benchmark_id` + `#` + `run_key`."""

    def of_run(self, benchmark_run_id: str) -> list[Result]:
        """Every result of a run, by benchmark id and submission."""

    def of_benchmark(self, benchmark_id: str) -> list[Result]:
        """The benchmark's history, oldest first."""

    def of_simulation(self, simulation_key: str) -> list[Result]:
        """All results of one simulation, oldest first."""

    def of_month(self, month: str) -> list[Result]:
        """All results of a month (`2026-11`), oldest first."""
