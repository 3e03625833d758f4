"""What cannot be read is set aside with its reason, and hides nothing else."""

from __future__ import annotations

import json

import pytest

from geoschem_bench.manifest import MAX_BYTES
from geoschem_bench.records import Stored, load_prefix
from tests.unit.records.fakes import (
    FC,
    PREFIX,
    RUN,
    TRANSPORT,
    MemoryResults,
    folder,
    job,
    manifest,
)

BROKEN = [b"", b"{", manifest(FC)[:-40], manifest("OTHER"), b"\xff\x00", b" " * (MAX_BYTES + 100),
          manifest(schema_version="2.0"), manifest(observed={"vcpus": "16"})]  # fmt: skip


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_manifest_is_set_aside_with_its_reason_and_hides_no_other(whole_run, store, raw):
    whole_run.put(folder() + "manifest.json", raw)
    summary = load_prefix(PREFIX, whole_run, store)
    (rejected,) = summary.rejected
    assert rejected.address == folder() + "manifest.json"
    copy = "s3://bucket/rejected/" + rejected.address.removeprefix("s3://bucket/")
    assert whole_run.objects[copy] == raw[: MAX_BYTES + 1]
    assert json.loads(whole_run.objects[copy + ".reason.json"]) == {
        "address": rejected.address,
        "why": rejected.why,
    }
    assert whole_run.objects[rejected.address] == raw
    assert store.of_benchmark(TRANSPORT)[0].status == "succeeded"
    (row,) = store.of_benchmark(FC)
    assert row.status == "failed"
    assert row.message == f"SUCCEEDED; the manifest {rejected.why}"


def test_what_was_set_aside_is_not_loaded_again(whole_run, store):
    whole_run.put(folder() + "manifest.json", b"{")
    for _ in range(3):
        summary = load_prefix("s3://bucket", whole_run, store)
        assert len(summary.rejected) == 1
    assert not [a for a in whole_run.objects if a.count("rejected/") > 1]


def test_a_broken_second_submission_leaves_the_first_alone(whole_run, store):
    whole_run.put(folder(submission=2) + "manifest.json", b"{")
    load_prefix(PREFIX, whole_run, store)
    first, second = store.of_benchmark(FC)
    assert (first.submission, first.status) == (1, "succeeded")
    assert (second.submission, second.status) == (2, "failed")
    assert second.output_path == folder(submission=2)


DAMAGED = [b"", b"{", b"[]", b'{"status": 5}', job(started_at="soon"), job(created_at="2026-11-22"),
           job(status=None), b"\xff"]  # fmt: skip


@pytest.mark.parametrize("raw", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_job_record_hides_nothing(whole_run, store, raw):
    whole_run.put(folder() + "job.json", raw)
    summary = load_prefix(PREFIX, whole_run, store)
    assert len(summary.stored) == 2
    assert store.of_benchmark(FC)[0].queue_seconds is None


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"benchmarks": []}', b"\xff"])
def test_somebody_elses_plan_is_passed_over(whole_run, store, raw):
    whole_run.put(PREFIX + "plan.json", raw)
    assert len(load_prefix(PREFIX, whole_run, store).stored) == 2


def test_a_broken_manifest_by_hand_is_set_aside_without_a_row(objects, store):
    objects.put("s3://bucket/mine/manifest.json", b"{")
    summary = load_prefix("s3://bucket/mine", objects, store)
    assert len(summary.rejected) == 1
    assert summary.results == []


@pytest.mark.parametrize(
    ("key", "other"),
    [("benchmark_run_id", "20260101T000000Z-99999999"), ("phase", "phase_4"), ("submission", 7)],
)
def test_a_manifest_of_another_run_is_not_filed_under_that_one(whole_run, store, key, other):
    """Filed, it would take the other run's place, and this run would have no row."""
    moved = json.loads(manifest(FC))
    moved["configuration"]["plan"][key] = other
    whole_run.put(folder(FC) + "manifest.json", json.dumps(moved).encode())
    summary = load_prefix(PREFIX, whole_run, store)
    assert [rejected.address for rejected in summary.rejected] == [folder(FC) + "manifest.json"]
    assert str(other) in summary.rejected[0].why
    rows = store.of_run(RUN)
    assert [(row.benchmark_id, row.status) for row in rows] == [
        (FC, "failed"), (TRANSPORT, "succeeded"),
    ]  # fmt: skip


def test_a_damaged_job_record_is_listed_and_stops_nothing(whole_run, store):
    whole_run.put(folder(FC) + "job.json", b"{")
    summary = load_prefix(PREFIX, whole_run, store)
    assert [rejected.address for rejected in summary.rejected] == [folder(FC) + "job.json"]
    assert len(summary.stored) == 2


def test_what_the_store_cannot_keep_is_rejected_and_the_rest_is_stored(whole_run, store):
    class Fussy(MemoryResults):
        def put(self, results):
            results = list(results)
            done = super().put([r for r in results if r.benchmark_id != FC])
            return done | {f"{FC}#{RUN}#1": Stored.REFUSED}

    summary = load_prefix(PREFIX, whole_run, Fussy())
    assert summary.stored == [f"{TRANSPORT}#{RUN}#1"]
    assert [rejected.address for rejected in summary.rejected] == [f"{FC}#{RUN}#1"]
