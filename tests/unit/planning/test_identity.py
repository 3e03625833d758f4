"""Names of runs, jobs and folders."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from geoschem_bench.planning import (
    benchmark_run_id,
    job_name,
    output_path,
    run_id_by_hand,
    run_prefix,
)

RUN_AFTER = datetime(2026, 11, 22, 3, 51, 20, tzinfo=UTC)


def test_a_run_has_the_same_id_whenever_it_is_asked():
    first = benchmark_run_id(RUN_AFTER, "geoschem_bench_mini", "manual__1")
    assert first == benchmark_run_id(RUN_AFTER, "geoschem_bench_mini", "manual__1")
    assert re.fullmatch(r"20261122T035120Z-[0-9a-f]{8}", first)


def test_the_zone_of_the_clock_changes_nothing():
    elsewhere = RUN_AFTER.astimezone(timezone(timedelta(hours=-8)))
    assert benchmark_run_id(elsewhere, "d", "r") == benchmark_run_id(RUN_AFTER, "d", "r")


def test_runs_of_one_moment_differ_by_suite_and_by_airflow_run():
    ids = {
        benchmark_run_id(RUN_AFTER, dag, run)
        for dag, run in [("a", "b"), ("a", "c"), ("b", "b"), ("ab", ""), ("", "ab")]
    }
    assert len(ids) == 5


@settings(max_examples=60)
@given(seconds=st.sets(st.integers(0, 4_000_000_000), max_size=8))
def test_ids_sort_by_time(seconds):
    moments = [datetime.fromtimestamp(second, tz=UTC) for second in sorted(seconds)]
    ids = [benchmark_run_id(moment, "dag", "run") for moment in moments]
    assert ids == sorted(ids)


def test_a_job_by_hand_takes_its_batch_id():
    job = "1f2e3d4c-5b6a-7988-a1b2-c3d4e5f60718"
    assert run_id_by_hand(RUN_AFTER, job) == "20261122T035120Z-1f2e3d4c"


def test_job_names_fit_batch_at_their_longest():
    run_id = benchmark_run_id(RUN_AFTER, "d" * 250, "r" * 250)
    name = job_name(run_id, "B" * 64, 999)
    assert len(name) <= 128
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name)
    assert name == f"gsb-{run_id}-{'B' * 64}-999"


def test_folders():
    assert run_prefix("bucket", "R") == "s3://bucket/runs/R/"
    assert output_path("bucket", "R", "phase_1", "A", 2) == "s3://bucket/runs/R/phase_1/A/2/"
