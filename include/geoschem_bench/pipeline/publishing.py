"""A run's report, its row in the index, and the pages that lead to it.

Several may publish at one time: a suite's DAG, the reporting DAG, a person. Whoever has written
looks again at what he has read, and does it over where that has changed meanwhile; so whoever
writes last has written the last state, and no order between them is needed. Of a run that was
deleted meanwhile nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from geoschem_bench import __version__
from geoschem_bench.analysis import analyse
from geoschem_bench.errors import NotFoundError
from geoschem_bench.pipeline.index import (
    is_run_id,
    is_up_to_date,
    note_run,
    write_index,
)
from geoschem_bench.pipeline.reading import Reading, read_run
from geoschem_bench.pipeline.stored import address_of
from geoschem_bench.recommendation import recommend
from geoschem_bench.records import ResultsStore
from geoschem_bench.records.erasing import ErasableObjects, entry_address
from geoschem_bench.report import build_report

REPORT_FILES = {
    "report.html": "text/html; charset=utf-8",
    "results.csv": "text/csv; charset=utf-8",
    "results.json": "application/json",
}


def publish_run(
    run_id: str, bucket: str, objects: ErasableObjects, store: ResultsStore
) -> dict[str, bytes]:
    """Write the report and its data beside the run, and the index; the report's files by name.

    Raises:
        NotFoundError: there is no such run, or none any more.
    """
    reading = read_run(run_id, bucket, objects, store)
    files = {} if reading.is_gone else _publish_and_list(reading, bucket, objects, store)
    if not files:
        raise NotFoundError(
            f"no run {run_id} in s3://{bucket}/runs/, and no result of it in the table, "
            "or it is being deleted; `geoschem-bench reports --json` lists the runs"
        )
    return files


def refresh_run(run_id: str, bucket: str, objects: ErasableObjects, store: ResultsStore) -> bool:
    """Publish a run unless its report says already what is known; whether it was published."""
    reading = read_run(run_id, bucket, objects, store)
    is_nothing = reading.is_gone or reading.is_dry
    if is_nothing or is_up_to_date(run_id, reading.fingerprint, bucket, objects):
        return False
    return bool(_publish_and_list(reading, bucket, objects, store))


def rebuild_reports(bucket: str, objects: ErasableObjects, store: ResultsStore) -> Iterator[str]:
    """Make every report and the index anew from what lies in S3 and in the table.

    Yields:
        The id of each run, when its report is written; the index is written last.
    """
    for run_id in objects.folders(f"s3://{bucket}/runs/"):
        if not is_run_id(run_id):
            continue
        reading = read_run(run_id, bucket, objects, store)
        if reading.is_gone or reading.is_dry:
            continue
        if _publish(reading, bucket, objects, store)[0]:
            yield run_id
    write_index(bucket, objects)


def _publish_and_list(
    reading: Reading, bucket: str, objects: ErasableObjects, store: ResultsStore
) -> dict[str, bytes]:
    files, suite = _publish(reading, bucket, objects, store)
    write_index(bucket, objects, suites={suite} if suite else set())
    return files


def _publish(
    reading: Reading, bucket: str, objects: ErasableObjects, store: ResultsStore
) -> tuple[dict[str, bytes], str | None]:
    """The files as they lie there in the end, none if the run was deleted; and the run's suite."""
    addresses = {name: address_of(bucket, reading.run_id, name) for name in REPORT_FILES}
    while True:
        made_at = datetime.now(UTC)
        files = _files_of(reading, made_at)
        for name, body in files.items():
            objects.put(addresses[name], body, REPORT_FILES[name])
        suite = note_run(reading, bucket, objects, published_at=made_at).suite
        before, reading = reading, read_run(reading.run_id, bucket, objects, store)
        if reading.is_gone:
            objects.delete([*addresses.values(), entry_address(bucket, reading.run_id)])
            return {}, suite
        if reading.fingerprint == before.fingerprint:
            return files, suite


def _files_of(reading: Reading, made_at: datetime) -> dict[str, bytes]:
    # afresh, and not as stored: an analysis may be older than the results beside it
    analysis = analyse(reading.results, reading.plan)
    report = build_report(
        reading.plan,
        reading.results,
        reading.rejected,
        analysis,
        recommend(analysis.latest(reading.results)),
        costs=reading.costs,
        decision=reading.decision,
        is_going_on=reading.is_going_on,
        made_at=made_at,
        version=__version__,
    )
    return dict(zip(REPORT_FILES, (report.html, report.csv, report.json), strict=True))
