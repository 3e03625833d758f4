"""Deleting a run: its objects, its rows, its entry among the reports.

The order makes it safe to be killed anywhere. First a mark, so that the next pass finishes what
was begun. Then the objects, since rows can be made of them: deleted first, rows would come back
with the next `load`. Then the rows, the report's entry, and at last the mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from geoschem_bench.planning import run_prefix
from geoschem_bench.records.models import Result
from geoschem_bench.records.retention import BEGUN_SUFFIX
from geoschem_bench.records.stores import ObjectStore, ResultsStore


class ErasableObjects(ObjectStore, Protocol):
    """Objects that can be deleted."""

    def delete(self, addresses: Iterable[str]) -> int:
        """Delete them; how many were asked for. What is gone already is no error."""


class ErasableResults(ResultsStore, Protocol):
    """Rows that can be deleted."""

    def delete(self, results: Iterable[Result]) -> int:
        """Delete their rows; how many were asked for. What is gone already is no error."""


@dataclass(frozen=True)
class Erased:
    """How much went."""

    run_id: str
    objects: int
    rows: int


def entry_address(bucket: str, run_id: str) -> str:
    """The run's entry in the index of reports."""
    return f"s3://{bucket}/reports/runs/{run_id}.json"


def mark_address(bucket: str, run_id: str) -> str:
    """Of what says that the run's deletion was begun."""
    return run_prefix(bucket, run_id).removesuffix("/") + BEGUN_SUFFIX


def erase_run(
    run_id: str, why: str, bucket: str, objects: ErasableObjects, store: ErasableResults
) -> Erased:
    """Delete all of a run.

    Args:
        run_id: Of which everything below `runs/<run>/` goes.
        why: Kept in the mark while it lasts.
        bucket: Results bucket.
        objects: S3.
        store: The table.

    Raises:
        StorageError: AWS did not do it; the next pass goes on from there.
    """
    prefix, mark = run_prefix(bucket, run_id), mark_address(bucket, run_id)
    said = {"why": why, "begun_at": datetime.now(UTC).isoformat()}
    objects.put(mark, json.dumps(said, indent=1).encode())
    count = objects.delete(objects.list(prefix))
    rows = store.delete(row for row in store.of_run(run_id) if _is_of(row, prefix))
    objects.delete([entry_address(bucket, run_id), mark])
    return Erased(run_id, count, rows)


def _is_of(row: Result, prefix: str) -> bool:
    """Only what a job below this prefix has measured: never a log's or a publication's."""
    return row.origin == "measured" and row.output_path.startswith(prefix)
