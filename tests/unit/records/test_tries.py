"""Several submissions of one benchmark in one run: the last decides, the others are tries."""

from __future__ import annotations

import pytest

from geoschem_bench.analysis import analyse
from geoschem_bench.errors import Reason
from geoschem_bench.pipeline import closing_words, failed_benchmarks, load_run, publish_run
from geoschem_bench.pricing import PriceList
from geoschem_bench.report import head_table
from tests.unit.records.fakes import (
    BUCKET,
    FC,
    PREFIX,
    RUN,
    TRANSPORT,
    MemoryObjects,
    MemoryResults,
    folder,
    job,
    manifest,
    plan_file,
)

NO_PRICES = PriceList([])


@pytest.fixture
def objects():
    """A spot instance taken away with a manifest half written, then one that went well."""
    made = MemoryObjects()
    made.put(PREFIX + "plan.json", plan_file())
    made.put(folder(FC, 1) + "manifest.json", b"{")
    made.put(folder(FC, 1) + "job.json", job(FC, 1, reason="spot_interrupted", exit_code=137))
    for name, number in ((FC, 2), (TRANSPORT, 1)):
        made.put(folder(name, number) + "manifest.json", manifest(name, submission=number))
        record = job(name, number, status="SUCCEEDED", exit_code=0)
        made.put(folder(name, number) + "job.json", record)
    return made


@pytest.fixture
def store(objects):
    filled = MemoryResults()
    load_run(RUN, BUCKET, objects, filled, NO_PRICES)
    return filled


def test_the_last_submission_decides(store):
    assert failed_benchmarks(RUN, store) == []
    first, second = store.of_benchmark(FC)
    assert (first.status, first.reason) == ("failed", Reason.SPOT_INTERRUPTED)
    assert second.status == "succeeded"


def test_no_number_is_of_an_earlier_submission(store):
    analysis = analyse(store.of_run(RUN))
    assert (analysis.counts.benchmarks, analysis.counts.failed) == (2, 0)
    assert analysis.counts.earlier_submissions == 1
    assert [measures.key for measures in analysis.measures] == [(RUN, FC, 2), (RUN, TRANSPORT, 1)]


def test_the_tenth_submission_is_later_than_the_second(objects):
    objects.put(folder(FC, 10) + "job.json", job(FC, 10, reason="unknown"))
    store = MemoryResults()
    load_run(RUN, BUCKET, objects, store, NO_PRICES)
    (failed,) = failed_benchmarks(RUN, store)
    assert failed == f"{FC} (unknown)"


def test_a_broken_manifest_of_an_earlier_submission_is_shown_and_blocks_nothing(objects):
    summary = load_run(RUN, BUCKET, objects, MemoryResults(), NO_PRICES)
    assert len(summary.rejected) == 1
    assert summary.blocking == []


def test_a_broken_manifest_of_the_last_submission_blocks(objects):
    objects.put(folder(FC, 2) + "manifest.json", b"{")
    summary = load_run(RUN, BUCKET, objects, MemoryResults(), NO_PRICES)
    assert [rejected.address for rejected in summary.blocking] == [folder(FC, 2) + "manifest.json"]


def test_the_tries_are_told_in_the_head_and_on_the_page(objects, store):
    _, rows = head_table(store.of_run(RUN), analyse(store.of_run(RUN)))
    states = {row[0]: row[1] for row in rows}
    assert states == {FC: "ok (2nd submission; 1st: spot_interrupted)", TRANSPORT: "ok"}
    page = publish_run(RUN, BUCKET, objects, store)["report.html"].decode()
    assert "2 of 2 benchmarks succeeded" in page
    assert 'class="verdict good"' in page
    assert "2nd submission; 1st: spot_interrupted" in page
    assert "A later submission took its place." in page
    assert "Every submission" in page


def test_the_end_of_the_run_tells_its_cost(objects, store):
    assert store.rows
    (words,) = closing_words(RUN, BUCKET, objects)
    assert words.startswith("Cost of the run: ")
