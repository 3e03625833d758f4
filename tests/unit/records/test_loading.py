"""S3 → results: everything planned gets a row, once, and nothing broken hides anything else."""

from __future__ import annotations

import json

import pytest

from geoschem_bench.errors import NotFoundError, Reason
from geoschem_bench.manifest import MAX_BYTES
from geoschem_bench.records import Stored, load_prefix
from tests.unit.records.fakes import (
    FC,
    PREFIX,
    RUN,
    TRANSPORT,
    MemoryObjects,
    MemoryResults,
    by_hand,
    folder,
    job,
    manifest,
    plan_file,
)


@pytest.fixture
def objects():
    return MemoryObjects()


@pytest.fixture
def store():
    return MemoryResults()


@pytest.fixture
def whole_run(objects):
    """A run of the mini suite that went well."""
    objects.put(PREFIX + "plan.json", plan_file())
    for name in (FC, TRANSPORT):
        objects.put(folder(name) + "run.log", b"log")
        objects.put(folder(name) + "manifest.json", manifest(name))
        objects.put(folder(name) + "job.json", job(name, status="SUCCEEDED", exit_code=0))
    return objects


def test_a_run_that_went_well(whole_run, store):
    summary = load_prefix(PREFIX, whole_run, store)
    assert sorted(summary.stored) == [f"{FC}#{RUN}#1", f"{TRANSPORT}#{RUN}#1"]
    assert (len(summary.rejected), summary.conflicts, summary.unchanged) == (0, [], [])
    result = store.of_benchmark(FC)[0]
    assert (result.status, result.reason, result.message) == ("succeeded", None, None)
    assert result.wall_seconds == (5744.8, 5656.1)
    assert result.warmup_wall_seconds == (5850.0,)
    assert result.cpu_seconds == (82003.0, 82000.0)
    assert result.queue_seconds == 330
    assert (result.vcpus, result.physical_cores, result.threads, result.mpi_ranks) == (
        16, 16, 16, None,
    )  # fmt: skip
    assert result.machine_class == "c7g.4xlarge"
    assert result.simulation_key == "model/gc-classic/fullchem/4x5/global"
    assert (result.run_key, result.month) == (f"{RUN}#1", "2026-11")
    assert result.output_path == folder(FC)
    assert result.is_smoke is False


def test_loading_twice_changes_nothing(whole_run, store):
    load_prefix(PREFIX, whole_run, store)
    rows = dict(store.rows)
    again = load_prefix(PREFIX, whole_run, store)
    assert again.stored == []
    assert sorted(again.unchanged) == sorted(rows)
    assert store.rows == rows


def test_the_table_is_rebuilt_from_s3_alone(whole_run, store):
    whole_run.put(folder(TRANSPORT) + "manifest.json", b"{")
    load_prefix(PREFIX, whole_run, store)
    rebuilt = MemoryResults()
    load_prefix("s3://bucket/", whole_run, rebuilt)
    assert rebuilt.rows == store.rows


@pytest.mark.parametrize("prefix", [PREFIX, PREFIX.rstrip("/"), PREFIX + "/"])
def test_a_trailing_slash_changes_nothing(whole_run, store, prefix):
    assert len(load_prefix(prefix, whole_run, store).stored) == 2


def test_a_prefix_is_a_folder(objects, store):
    objects.put("s3://bucket/mine/1/manifest.json", by_hand())
    objects.put("s3://bucket/mine/10/manifest.json", by_hand(benchmark_id="OTHER"))
    summary = load_prefix("s3://bucket/mine/1", objects, store)
    assert [result.benchmark_id for result in summary.results] == [FC]


def test_nothing_there(objects, store):
    with pytest.raises(NotFoundError, match="nothing lies there"):
        load_prefix(PREFIX, objects, store)


def test_failures_come_from_the_job_record(whole_run, store):
    del whole_run.objects[folder() + "manifest.json"]
    whole_run.put(
        folder() + "job.json",
        job(reason="timeout", message="stopped after 60 s", exit_code=137, log_tail=["a", "b"]),
    )
    load_prefix(PREFIX, whole_run, store)
    (failed,) = store.of_benchmark(FC)
    assert (failed.status, failed.reason) == ("failed", Reason.TIMEOUT)
    assert failed.message == "stopped after 60 s"
    assert (failed.exit_code, failed.log_tail) == (137, ("a", "b"))
    assert failed.requested_instance_type == "c7g.4xlarge"
    assert failed.manifest_sha256 is None
    assert store.of_benchmark(TRANSPORT)[0].status == "succeeded"


def test_a_failure_has_no_numbers_rather_than_zeros(whole_run, store):
    del whole_run.objects[folder() + "manifest.json"]
    load_prefix(PREFIX, whole_run, store)
    (failed,) = store.of_benchmark(FC)
    numbers = failed.model_dump(
        include={"throughput_days_per_day", "hours_per_sim_day", "cost_usd_per_sim_day", "vcpus",
                 "cpu_efficiency", "physical_cores", "memory_mib", "threads", "mpi_ranks"}
    )  # fmt: skip
    assert set(numbers.values()) == {None}
    assert failed.wall_seconds == failed.cpu_seconds == failed.peak_memory_gib == ()
    assert failed.workload is None


def test_a_reason_not_given_is_found_in_what_batch_said(whole_run, store):
    del whole_run.objects[folder() + "manifest.json"]
    whole_run.put(
        folder() + "job.json", job(status_reason="Host EC2 (instance i-1) terminated.", exit_code=1)
    )
    load_prefix(PREFIX, whole_run, store)
    assert store.of_benchmark(FC)[0].reason is Reason.SPOT_INTERRUPTED


def test_batch_says_succeeded_but_nothing_was_written(whole_run, store):
    """The earlier system counted these as successes."""
    del whole_run.objects[folder() + "manifest.json"]
    load_prefix(PREFIX, whole_run, store)
    (failed,) = store.of_benchmark(FC)
    assert (failed.status, failed.reason) == ("failed", Reason.UNKNOWN)
    assert failed.message == "Batch says SUCCEEDED, but no manifest was found"


def test_every_planned_benchmark_has_a_row(objects, store):
    objects.put(PREFIX + "plan.json", plan_file())
    load_prefix(PREFIX, objects, store)
    rows = store.of_run(RUN)
    assert [row.benchmark_id for row in rows] == [FC, TRANSPORT]
    assert {row.message for row in rows} == {"neither a manifest nor a job record was written"}
    assert [row.output_path for row in rows] == [folder(FC), folder(TRANSPORT)]


def test_a_dry_run_plans_nothing_to_miss(objects, store):
    objects.put(PREFIX + "plan.json", plan_file(dry_run=True))
    assert load_prefix(PREFIX, objects, store).results == []


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


def test_jobs_by_hand_need_no_plan(objects, store):
    # two slashes, as the earlier system's scripts wrote them
    objects.put("s3://bucket/results/G3-C7G//manifest.json", by_hand(benchmark_id="G3-C7G"))
    summary = load_prefix("s3://bucket/results/", objects, store)
    (result,) = summary.results
    assert result.benchmark_run_id == "20261122T035802Z-1f2e3d4c"
    assert (result.phase, result.suite, result.submission) == (None, None, 1)


def test_a_broken_manifest_by_hand_is_set_aside_without_a_row(objects, store):
    objects.put("s3://bucket/mine/manifest.json", b"{")
    summary = load_prefix("s3://bucket/mine", objects, store)
    assert len(summary.rejected) == 1
    assert summary.results == []


def test_another_manifest_under_the_same_key_is_a_conflict(whole_run, store):
    load_prefix(PREFIX, whole_run, store)
    before = dict(store.rows)
    whole_run.put(folder() + "manifest.json", manifest(run_summary={"duration_seconds": 1.0}))
    summary = load_prefix(PREFIX, whole_run, store)
    assert summary.conflicts == [f"{FC}#{RUN}#1"]
    assert summary.unchanged == [f"{TRANSPORT}#{RUN}#1"]
    assert store.rows == before


def test_the_summary_is_json(whole_run, store):
    whole_run.put(folder() + "manifest.json", b"{")
    summary = load_prefix(PREFIX, whole_run, store)
    data = json.loads(summary.to_json())
    assert sorted(data) == ["conflicts", "rejected", "stored", "unchanged"]
    assert data["rejected"][0]["address"] == folder() + "manifest.json"


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


def test_part_of_a_run_finds_the_plan_above_it(whole_run, store):
    """A failure below the prefix given still has its row, and nothing outside of it has one."""
    del whole_run.objects[folder(FC) + "manifest.json"]
    summary = load_prefix(folder(FC), whole_run, store)
    assert summary.stored == [f"{FC}#{RUN}#1"]
    assert store.of_benchmark(FC)[0].status == "failed"
    assert store.of_benchmark(TRANSPORT) == []


def test_what_the_store_cannot_keep_is_rejected_and_the_rest_is_stored(whole_run, store):
    class Fussy(MemoryResults):
        def put(self, results):
            results = list(results)
            done = super().put([r for r in results if r.benchmark_id != FC])
            return done | {f"{FC}#{RUN}#1": Stored.REFUSED}

    summary = load_prefix(PREFIX, whole_run, Fussy())
    assert summary.stored == [f"{TRANSPORT}#{RUN}#1"]
    assert [rejected.address for rejected in summary.rejected] == [f"{FC}#{RUN}#1"]


def test_a_job_that_has_begun_and_not_ended_is_named(store):
    objects = MemoryObjects()
    objects.put("s3://bucket/mine/1/config.json", b"{}")
    summary = load_prefix("s3://bucket/mine", objects, store)
    assert (summary.unfinished, summary.results) == (["s3://bucket/mine/1/"], [])
