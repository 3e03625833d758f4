"""In the running Airflow: reports and their index follow whatever was loaded."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from geoschem_bench.wiring import object_store
from tests.orchestration.jobs import QUEUES, RunJobs, session_of, suite_of
from tests.orchestration.reporting import REPORTS, Bucket, events_of, wait_for_reports

INTAKE = "geoschem_bench_intake"
CONFIG = {
    "id": "BY-HAND",
    "simulation_type": "transport",
    "domain": {"resolution": "4x5"},
    "duration": {"days": 1 / 72},
    "hardware": {"instance_type": "c7g.4xlarge", "threads": 1},
    "warmups": 0,
    "repetitions": 1,
}


@pytest.fixture(scope="module")
def followed(servers: Any) -> str:
    """A suite whose second phase takes far longer than its first."""
    suite = suite_of({"phase_1": ["SHORT"], "phase_2": ["LONG"]})
    head, phase_2 = suite.split("phase_2:")
    longer = phase_2.replace("0.041666667", "30")
    return str(servers.add_suite(f"{head}phase_2:{longer}", "followed"))


def event_of_phase_1(runs: RunJobs, bucket: str) -> dict[str, Any]:
    return {
        "benchmark_run_id": runs.run_id,
        "suite": "followed",
        "phase": "phase_1",
        "succeeded": 1,
        "failed": 0,
        "without_result": 0,
        "cost_usd": None,
        "manifests": f"s3://{bucket}/runs/{runs.run_id}/phase_1/",
    }


def test_a_report_follows_each_phase_and_then_the_run(
    servers: Any, sandbox: Any, followed: str
) -> None:
    client, dag_id = servers.client, followed
    run_id = client.trigger(dag_id)
    runs = RunJobs(sandbox, client.dag_run(dag_id, run_id))
    bucket = Bucket(sandbox, runs)

    client.wait_for_task(dag_id, run_id, "phase_1.load", {"success"})
    said = events_of(servers, dag_id, run_id)["geoschem_bench_phase_1"]
    assert said == event_of_phase_1(runs, sandbox.bucket)
    report = f"runs/{runs.run_id}/report.html"
    servers.wait_for(lambda: bucket.text(report), "a report while the run goes on")
    assert "Still running: phase_2 (2 of 2); so far 1 of 1 benchmarks succeeded" in bucket.text(
        report
    )
    servers.wait_for(lambda: bucket.entry(runs.run_id), "its row in the index")
    assert bucket.entry(runs.run_id)["state"] == "running"

    servers.wait_for(lambda: runs.alive("LONG"), "the second phase's job")
    client.mark(dag_id, run_id, "phase_2.LONG", "failed")
    client.wait_for_run(dag_id, run_id, "failed")
    said = events_of(servers, dag_id, run_id)
    assert set(said) == {f"geoschem_bench_{each}" for each in ("phase_1", "phase_2", "run")}
    assert (said["geoschem_bench_run"]["succeeded"], said["geoschem_bench_run"]["failed"]) == (1, 1)
    assert said["geoschem_bench_run"]["phase"] is None

    wait_for_reports(servers, runs.run_id)
    entry = bucket.entry(runs.run_id)
    assert (entry["state"], entry["succeeded"], entry["failed"]) == ("failed", 1, 1)
    assert (entry["cost_usd"], entry["is_sandbox"], entry["is_proxy"]) == (None, True, True)
    assert "Still running" not in bucket.text(report)
    assert f"../runs/{runs.run_id}/report.html" in bucket.text("reports/index.html")
    assert f"../../runs/{runs.run_id}/report.html" in bucket.text("reports/followed/latest.html")


def test_a_run_that_a_person_marks_failed_is_over_in_the_index(
    servers: Any, sandbox: Any, followed: str
) -> None:
    """Airflow skips its load and its publishing."""
    client, dag_id = servers.client, followed
    run_id = client.trigger(dag_id, {"phases": ["phase_2"]})
    runs = RunJobs(sandbox, client.dag_run(dag_id, run_id))
    bucket = Bucket(sandbox, runs)
    servers.wait_for(lambda: runs.alive("LONG"), "the job of the second run", timeout_seconds=120)
    client.mark_run(dag_id, run_id, "failed")
    client.wait_for_task(dag_id, run_id, "verdict", {"failed"})
    entry = bucket.entry(runs.run_id)
    assert (entry["state"], entry["failed"], entry["is_due"]) == ("failed", 1, False)


def test_a_job_that_was_submitted_by_hand_gets_its_report(servers: Any, sandbox: Any) -> None:
    client, session = servers.client, session_of(sandbox)
    folder = f"s3://{sandbox.bucket}/runs/tried-{uuid.uuid4().hex[:8]}"
    submitted = session.client("batch", region_name=sandbox.region).submit_job(
        jobName="tried", jobQueue=QUEUES[0], jobDefinition="geos-chem-benchmark",
        parameters={"configJson": json.dumps(CONFIG), "outputPath": folder},
    )["jobId"]  # fmt: skip
    objects = object_store(RunJobs.settings_of(sandbox), session)
    servers.wait_for(
        lambda: objects.get(f"{folder}/manifest.json"), "its manifest", timeout_seconds=120
    )

    run_id = client.trigger(INTAKE)
    client.wait_for_run(INTAKE, run_id, "success")
    said = events_of(servers, INTAKE, run_id)["geoschem_bench_run"]
    (ours,) = [each for each in said["benchmark_run_ids"] if each.endswith(submitted[:8])]
    wait_for_reports(servers, ours)
    page = objects.get(f"s3://{sandbox.bucket}/runs/{ours}/report.html")
    assert page is not None
    assert b"BY-HAND" in page
    assert ours.encode() in (objects.get(f"s3://{sandbox.bucket}/reports/index.html") or b"")
    # and what was loaded is not loaded again
    run_id = client.trigger(INTAKE)
    client.wait_for_run(INTAKE, run_id, "success")
    assert events_of(servers, INTAKE, run_id) == {}


@pytest.mark.parametrize("conf", [{"run_ids": ["../x"]}, {"rebuild": "yes"}])
def test_what_is_no_run_is_refused(servers: Any, conf: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="Invalid input for param"):
        servers.client.trigger(REPORTS, conf)
