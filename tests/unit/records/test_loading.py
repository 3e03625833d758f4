"""S3 → results: everything planned gets a row, once, and nothing broken hides anything else."""

from __future__ import annotations

import json

import pytest

from geoschem_bench.errors import NotFoundError, Reason
from geoschem_bench.records import load_prefix
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


def test_jobs_by_hand_need_no_plan(objects, store):
    # two slashes, as the earlier system's scripts wrote them
    objects.put("s3://bucket/results/G3-C7G//manifest.json", by_hand(benchmark_id="G3-C7G"))
    summary = load_prefix("s3://bucket/results/", objects, store)
    (result,) = summary.results
    assert result.benchmark_run_id == "20261122T035802Z-1f2e3d4c"
    assert (result.phase, result.suite, result.submission) == (None, None, 1)


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


def test_part_of_a_run_finds_the_plan_above_it(whole_run, store):
    """A failure below the prefix given still has its row, and nothing outside of it has one."""
    del whole_run.objects[folder(FC) + "manifest.json"]
    summary = load_prefix(folder(FC), whole_run, store)
    assert summary.stored == [f"{FC}#{RUN}#1"]
    assert store.of_benchmark(FC)[0].status == "failed"
    assert store.of_benchmark(TRANSPORT) == []


def test_a_job_that_has_begun_and_not_ended_is_named(store):
    objects = MemoryObjects()
    objects.put("s3://bucket/mine/1/config.json", b"{}")
    summary = load_prefix("s3://bucket/mine", objects, store)
    assert (summary.unfinished, summary.results) == (["s3://bucket/mine/1/"], [])
