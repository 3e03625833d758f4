"""Jobs that were submitted by hand are found, loaded once, and reported."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from geoschem_bench import pipeline
from tests.unit.records.fakes import (
    BUCKET,
    PREFIX,
    MemoryObjects,
    MemoryResults,
    by_hand,
    manifest,
    plan_file,
)

RUNS = f"s3://{BUCKET}/runs/"
TRIED = f"{RUNS}tried/"


@pytest.fixture
def stores():
    objects = MemoryObjects()
    objects.put(TRIED + "manifest.json", by_hand())
    return BUCKET, objects, MemoryResults()


def found(objects: MemoryObjects, now: datetime | None = None) -> list[str]:
    return list(pipeline.unloaded_by_hand(BUCKET, objects, now))


def test_a_folder_is_loaded_once_and_again_when_something_new_is_in_it(stores):
    _, objects, store = stores
    assert found(objects) == [TRIED]
    loaded = pipeline.load_prefix_by_hand(TRIED, *stores)
    assert [result.benchmark_run_id for result in store.rows.values()] == list(loaded.run_ids)
    assert pipeline.due_runs(BUCKET, objects) == list(loaded.run_ids)
    later = datetime.now(UTC) + timedelta(seconds=5)
    objects.modified[TRIED + "load.json"] = later
    assert found(objects) == []
    objects.put(TRIED + "again/manifest.json", by_hand())
    objects.modified[TRIED + "again/manifest.json"] = later  # S3 keeps whole seconds
    assert found(objects) == [TRIED]


def test_its_report_and_its_row_are_those_of_a_run_without_a_suite(stores):
    _, objects, _ = stores
    (run_id,) = pipeline.load_prefix_by_hand(TRIED.rstrip("/"), *stores).run_ids
    assert pipeline.refresh_run(run_id, *stores)
    assert objects.get(f"{RUNS}{run_id}/report.html")
    entry = json.loads(objects.objects[f"s3://{BUCKET}/reports/runs/{run_id}.json"])
    assert (entry["suite"], entry["state"], entry["succeeded"]) == (None, "succeeded", 1)
    assert b"by hand" in objects.objects[f"s3://{BUCKET}/reports/index.html"]
    # the report's own folder holds no results to load
    objects.modified[TRIED + "load.json"] = datetime.now(UTC) + timedelta(seconds=5)
    assert found(objects) == []


def test_runs_of_suites_old_ones_and_those_without_a_manifest_are_passed_over(stores):
    _, objects, _ = stores
    objects.put(f"{PREFIX}plan.json", plan_file())
    objects.put(f"{PREFIX}phase_1/X/1/manifest.json", by_hand())
    objects.put(f"{RUNS}only-a-log/run.log", b"")
    old = f"{RUNS}20200101T000000Z-abcdef01/"
    objects.put(old + "manifest.json", by_hand())
    assert found(objects) == [TRIED]
    assert found(objects, datetime.now(UTC) + timedelta(days=8)) == []


def test_a_suite_that_a_manifest_made_up_gets_no_pages(stores):
    _, objects, _ = stores
    evil = json.loads(manifest())
    evil["configuration"]["plan"] |= {"benchmark_run_id": "fine", "suite": "../y"}
    objects.put(TRIED + "manifest.json", json.dumps(evil).encode())
    assert pipeline.load_prefix_by_hand(TRIED, *stores).run_ids == ("fine",)
    pipeline.publish_run("fine", *stores)
    assert b"../y" in objects.objects[f"s3://{BUCKET}/reports/index.html"]
    assert not [address for address in objects.objects if ".." in address]
