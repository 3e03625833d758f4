"""Reports and their index, in memory: partial, final, by several writers, anew."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geoschem_bench import pipeline
from geoschem_bench.errors import NotFoundError
from geoschem_bench.records.erasing import erase_run, mark_address
from geoschem_bench.report import build_index, build_report
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

OTHER = "20261123T035120Z-1a2b3c4d"
INDEX = f"s3://{BUCKET}/reports/index.html"


@pytest.fixture
def objects():
    """A run with one of its two benchmarks done."""
    found = MemoryObjects()
    found.put(f"{PREFIX}plan.json", plan_file())
    found.put(folder() + "manifest.json", manifest())
    return found


@pytest.fixture
def store():
    return MemoryResults()


@pytest.fixture
def stores(objects, store):
    return BUCKET, objects, store


def entry(objects: MemoryObjects, run: str = RUN) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(objects.objects[f"s3://{BUCKET}/reports/runs/{run}.json"])
    return found


def indexed(objects: MemoryObjects) -> list[str]:
    document = json.loads(objects.objects[f"s3://{BUCKET}/reports/index.json"])
    return [run["entry"]["benchmark_run_id"] for run in document["runs"]]


def add_run(objects: MemoryObjects, run: str, **fields: Any) -> None:
    prefix = f"s3://{BUCKET}/runs/{run}/"
    objects.put(f"{prefix}plan.json", plan_file(benchmark_run_id=run, **fields))
    objects.put(folder(run=run) + "manifest.json", manifest(run=run))


def test_a_phase_says_what_it_has_found_and_files_nothing_for_what_is_to_come(stores):
    loaded = pipeline.load_phase(RUN, "phase_1", *stores)
    assert loaded.as_extra() == {
        "benchmark_run_id": RUN,
        "suite": "mini",
        "phase": "phase_1",
        "succeeded": 1,
        "failed": 0,
        "without_result": 1,
        "cost_usd": None,
        "manifests": f"{PREFIX}phase_1/",
    }
    assert [result.benchmark_id for result in stores[2].of_run(RUN)] == [FC]
    assert entry(stores[1])["is_due"]
    with pytest.raises(NotFoundError):
        pipeline.load_phase(RUN, "phase_2", *stores)


def test_a_report_of_a_run_that_goes_on_says_so_and_the_last_one_does_not(stores):
    _, objects, _ = stores
    pipeline.load_phase(RUN, "phase_1", *stores)
    assert pipeline.refresh_run(RUN, *stores)
    page = objects.objects[f"{PREFIX}report.html"].decode()
    assert "Still running: all phases are in, its end is not; so far 1 of 1 benchmarks" in page
    assert "none yet" in page
    assert json.loads(objects.objects[f"{PREFIX}results.json"])["is_going_on"] is True
    assert (entry(objects)["state"], entry(objects)["is_due"]) == ("running", False)
    assert "last heard of" in objects.objects[INDEX].decode()

    pipeline.load_run(RUN, *stores)
    assert pipeline.refresh_run(RUN, *stores)
    page = objects.objects[f"{PREFIX}report.html"].decode()
    assert "Still running" not in page
    assert "1 of 2 benchmarks succeeded" in page
    found = entry(objects)
    assert (found["state"], found["succeeded"], found["failed"]) == ("failed", 1, 1)


def test_a_report_that_says_all_that_is_known_is_left_alone(stores):
    _, objects, _ = stores
    pipeline.load_run(RUN, *stores)
    pipeline.publish_run(RUN, *stores)
    before = dict(objects.objects)
    assert not pipeline.refresh_run(RUN, *stores)
    assert objects.objects == before
    assert pipeline.due_runs(BUCKET, objects) == []
    pipeline.load_run(RUN, *stores)
    assert pipeline.due_runs(BUCKET, objects) == [RUN]


def test_whoever_writes_last_has_written_the_last_state(stores, monkeypatch):
    """The end of the run is loaded and published while a partial report is being made."""
    _, objects, _ = stores
    pipeline.load_phase(RUN, "phase_1", *stores)
    meanwhile = [True]

    def slow(*args, **kwargs):
        made = build_report(*args, **kwargs)
        if meanwhile.pop() if meanwhile else False:
            pipeline.load_run(RUN, *stores)
            pipeline.publish_run(RUN, *stores)
        return made

    monkeypatch.setattr("geoschem_bench.pipeline.publishing.build_report", slow)
    pipeline.publish_run(RUN, *stores)
    assert b"Still running" not in objects.objects[f"{PREFIX}report.html"]
    assert entry(objects)["state"] == "failed"
    assert not entry(objects)["is_due"]


def test_no_run_is_lost_from_an_index_that_two_write_at_one_time(stores, monkeypatch):
    _, objects, _ = stores
    add_run(objects, OTHER)
    for run in (RUN, OTHER):
        pipeline.load_run(run, *stores)
    meanwhile = [True]

    def slow(*args, **kwargs):
        made = build_index(*args, **kwargs)
        if meanwhile.pop() if meanwhile else False:
            pipeline.publish_run(OTHER, *stores)
        return made

    monkeypatch.setattr("geoschem_bench.pipeline.index.build_index", slow)
    pipeline.publish_run(RUN, *stores)
    assert indexed(objects) == [OTHER, RUN]
    assert f"../runs/{OTHER}/report.html".encode() in objects.objects[INDEX]


def test_the_latest_is_that_of_the_newest_run_that_has_ended(stores):
    _, objects, _ = stores
    add_run(objects, OTHER, run_after="2026-11-23T03:51:20+00:00")
    pipeline.load_phase(OTHER, "phase_1", *stores)
    pipeline.publish_run(OTHER, *stores)
    latest = f"s3://{BUCKET}/reports/latest.html"
    assert f"../runs/{OTHER}/report.html".encode() in objects.objects[latest]
    pipeline.load_run(RUN, *stores)
    pipeline.publish_run(RUN, *stores)
    assert f"../runs/{RUN}/report.html".encode() in objects.objects[latest]
    of_suite = objects.objects[f"s3://{BUCKET}/reports/mini/latest.html"]
    assert f"../../runs/{RUN}/report.html".encode() in of_suite


def test_only_new_entries_are_read(stores, monkeypatch):
    _, objects, _ = stores
    add_run(objects, OTHER)
    for run in (RUN, OTHER):
        pipeline.load_run(run, *stores)
        pipeline.publish_run(run, *stores)
    read: list[str] = []
    get = MemoryObjects.get

    def watched(self, address, limit=None):
        read.append(address)
        return get(self, address, limit)

    monkeypatch.setattr(MemoryObjects, "get", watched)
    pipeline.write_index(BUCKET, objects)
    assert read == [f"s3://{BUCKET}/reports/index.json"]


@pytest.mark.parametrize("damage", ["reports/index.json", f"reports/runs/{RUN}.json"])
def test_what_is_damaged_is_told_and_made_anew(stores, damage):
    _, objects, _ = stores
    pipeline.load_run(RUN, *stores)
    pipeline.publish_run(RUN, *stores)
    objects.put(f"s3://{BUCKET}/{damage}", b"{")
    pipeline.write_index(BUCKET, objects)
    is_told = f"The entries of {RUN} cannot be read" in objects.objects[INDEX].decode()
    assert is_told == ("runs/" in damage)
    assert list(pipeline.rebuild_reports(*stores)) == [RUN]
    assert indexed(objects) == [RUN]
    assert b"cannot be read" not in objects.objects[INDEX]


def test_dry_runs_and_runs_that_are_gone_are_in_no_index(stores):
    _, objects, _ = stores
    add_run(objects, OTHER, dry_run=True)
    assert not pipeline.refresh_run(OTHER, *stores)
    assert not pipeline.refresh_run("20261124T035120Z-1a2b3c4d", *stores)
    pipeline.load_run(RUN, *stores)
    assert list(pipeline.rebuild_reports(*stores)) == [RUN]
    objects.objects = {a: b for a, b in objects.objects.items() if f"{RUN}.json" not in a}
    pipeline.write_index(BUCKET, objects)
    assert indexed(objects) == []
    assert b"No run is listed" in objects.objects[INDEX]


def test_a_run_that_nobody_knows_gets_no_report(stores):
    before = dict(stores[1].objects)
    with pytest.raises(NotFoundError, match="no run typo-1 in"):
        pipeline.publish_run("typo-1", *stores)
    assert stores[1].objects == before


@pytest.mark.parametrize("is_over", [True, False])
def test_nothing_stays_of_a_run_that_is_deleted_while_its_report_is_made(
    stores, monkeypatch, is_over
):
    """The rows go after the objects: for a moment it looks like a run by hand."""
    _, objects, store = stores
    pipeline.load_run(RUN, *stores)
    mark = mark_address(BUCKET, RUN)

    def slow(*args, **kwargs):
        if is_over:
            erase_run(RUN, "old", BUCKET, objects, store)
        else:
            objects.delete(objects.list(PREFIX))
            objects.put(mark, b"{}")
        return build_report(*args, **kwargs)

    monkeypatch.setattr("geoschem_bench.pipeline.publishing.build_report", slow)
    with pytest.raises(NotFoundError):
        pipeline.publish_run(RUN, *stores)
    assert indexed(objects) == []
    assert [address for address in objects.objects if RUN in address] == ([] if is_over else [mark])


@pytest.mark.parametrize("suites", [set(), None])
def test_the_pages_of_a_suite_whose_last_run_is_gone_lead_nowhere(stores, suites):
    _, objects, store = stores
    pipeline.load_run(RUN, *stores)
    pipeline.publish_run(RUN, *stores)
    erase_run(RUN, "old", BUCKET, objects, store)
    pipeline.write_index(BUCKET, objects, suites)
    pages = [body.decode() for name, body in objects.objects.items() if name.endswith(".html")]
    assert len(pages) == 4
    assert not any(RUN in page or "refresh" in page for page in pages)
    assert sum("There is no report" in page for page in pages) == 2


def test_a_run_that_the_budget_stopped_says_so_in_the_index(stores):
    _, objects, _ = stores
    refused = {"outcome": "stopped", "message": "over the budget", "decided_by": None}
    objects.put(f"{PREFIX}budget.json", json.dumps(refused).encode())
    objects.put(folder(TRANSPORT) + "job.json", job(TRANSPORT, status="NOT_SUBMITTED"))
    pipeline.load_run(RUN, *stores)
    pipeline.publish_run(RUN, *stores)
    assert entry(objects)["verdict"] == "Over budget: nothing was submitted"
