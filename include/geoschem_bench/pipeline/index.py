"""The index of reports in S3: one small object for each run, and the pages made of all of them.

    s3://BUCKET/reports/runs/<benchmark_run_id>.json    what the index says of one run
    s3://BUCKET/reports/index.html index.json latest.html
    s3://BUCKET/reports/<suite>/index.html latest.html

An entry has one object for itself, so that no two writers take each other's run away. The pages
are made from a listing, and again when the listing has changed meanwhile. `index.json` knows which
version of each entry it holds: only what is new is read, and the pages of a suite whose last run is
gone are made empty.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError

from geoschem_bench import __version__
from geoschem_bench.pipeline.reading import Reading, read_run
from geoschem_bench.records import ObjectStore, ResultsStore, Stamp
from geoschem_bench.records.erasing import entry_address
from geoschem_bench.report import Index, IndexedRun, RunEntry, build_index, entry_of

_RUN_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_TYPES = {"html": "text/html; charset=utf-8", "json": "application/json"}


def is_run_id(text: str) -> bool:
    """Whether it can be a run's id: a folder under `runs/` may have any name."""
    return _RUN_ID.fullmatch(text) is not None


def index_address(bucket: str) -> str:
    """Of the page."""
    return f"s3://{bucket}/reports/index.html"


def note_loaded(run_id: str, bucket: str, objects: ObjectStore, store: ResultsStore) -> None:
    """Say in the index that the run was loaded: its report is due."""
    note_run(read_run(run_id, bucket, objects, store), bucket, objects, published_at=None)


def note_run(
    reading: Reading, bucket: str, objects: ObjectStore, *, published_at: datetime | None
) -> RunEntry:
    """Write a run's entry.

    Args:
        reading: What is known of it.
        bucket: Results bucket.
        objects: Where it is written.
        published_at: When the report of just this was made; None: it is still due.
    """
    address = entry_address(bucket, reading.run_id)
    before = _read_entry(address, objects)
    entry = entry_of(
        reading.run_id,
        reading.plan,
        reading.results,
        reading.rejected,
        costs=reading.costs,
        decision=reading.decision,
        is_going_on=reading.is_going_on,
        made_at=datetime.now(UTC),
    )
    entry = entry.model_copy(
        update={
            "published_at": _iso(published_at) or (before and before.published_at),
            "fingerprint": reading.fingerprint,
            "is_due": published_at is None,
        }
    )
    objects.put(address, entry.to_json())
    return entry


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def is_up_to_date(run_id: str, fingerprint: str, bucket: str, objects: ObjectStore) -> bool:
    """Whether the run's report was made from just this."""
    entry = _read_entry(entry_address(bucket, run_id), objects)
    return entry is not None and not entry.is_due and entry.fingerprint == fingerprint


def due_runs(bucket: str, objects: ObjectStore) -> list[str]:
    """Runs that were loaded after their report was made."""
    return [run.entry.benchmark_run_id for run in _runs_now(bucket, objects) if run.entry.is_due]


def write_index(
    bucket: str, objects: ObjectStore, suites: Collection[str] | None = None
) -> Sequence[RunEntry]:
    """Make the pages from the entries; the entries.

    Args:
        bucket: Results bucket.
        objects: Where they lie.
        suites: Whose own pages are made too; None: of all.
    """
    stamps, runs = list(objects.stamps(_entries(bucket))), list[IndexedRun]()
    while True:
        before = [*runs, *_last_index(bucket, objects)]  # another may have written it meanwhile
        runs, unreadable = _runs(stamps, before, objects)
        index = build_index(
            runs,
            unreadable,
            before=before,
            suites=suites,
            made_at=datetime.now(UTC),
            version=__version__,
        )
        _write(index, bucket, objects)
        seen, stamps = stamps, list(objects.stamps(_entries(bucket)))
        if stamps == seen:
            return [run.entry for run in runs]


def read_index(bucket: str, objects: ObjectStore) -> Sequence[RunEntry]:
    """Every run of the index, the newest first."""
    entries = (run.entry for run in _runs_now(bucket, objects))
    return sorted(entries, key=lambda entry: entry.order, reverse=True)


def _write(index: Index, bucket: str, objects: ObjectStore) -> None:
    for name, body in index.files.items():
        objects.put(f"s3://{bucket}/reports/{name}", body, _TYPES[name.rsplit(".", 1)[1]])


def _runs_now(bucket: str, objects: ObjectStore) -> list[IndexedRun]:
    stamps = list(objects.stamps(_entries(bucket)))
    return _runs(stamps, _last_index(bucket, objects), objects)[0]


def _runs(
    stamps: Sequence[Stamp], before: Sequence[IndexedRun], objects: ObjectStore
) -> tuple[list[IndexedRun], list[str]]:
    """The entries, and the names of those that cannot be read."""
    known = {run.etag: run for run in before}
    runs, unreadable = [], []
    for stamp in stamps:
        name = stamp.address.rsplit("/", 1)[1].removesuffix(".json")
        run = known.get(stamp.etag)
        if run is None or run.entry.benchmark_run_id != name:
            entry = _read_entry(stamp.address, objects)
            if entry is None or entry.benchmark_run_id != name:
                unreadable.append(name)
                continue
            run = IndexedRun(etag=stamp.etag, entry=entry)
        runs.append(run)
    return runs, unreadable


def _last_index(bucket: str, objects: ObjectStore) -> Sequence[IndexedRun]:
    """What the last index held; nothing of one that cannot be read, which is made anew."""
    raw = objects.get(f"s3://{bucket}/reports/index.json")
    return Index.runs_in(raw) if raw else ()


def _read_entry(address: str, objects: ObjectStore) -> RunEntry | None:
    raw = objects.get(address)
    try:
        return RunEntry.model_validate_json(raw) if raw else None
    except ValidationError:
        return None


def _entries(bucket: str) -> str:
    return f"s3://{bucket}/reports/runs/"
