"""In the running Airflow: a nightly suite at its time only, and its phases backfilled by date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.orchestration.jobs import RunJobs, suite_of
from tests.orchestration.reporting import Bucket, wait_for_reports
from tests.servers.session import RestError

NIGHTS = 3
FIRST = (datetime.now(UTC) - timedelta(days=NIGHTS + 1)).replace(hour=0, minute=0, second=0)
LAST = FIRST + timedelta(days=NIGHTS)
HOUR = (datetime.now(UTC).hour + 12) % 24
"""Of the schedule: as far from now as can be."""
SUITE = suite_of({"phase_1": ["ONE"], "phase_2": ["TWO"]}, schedule=f"'0 {HOUR} * * *'")
OTHER = {"phase_1.ONE": "phase_2.TWO", "phase_2.TWO": "phase_1.ONE"}


@pytest.fixture(scope="module")
def nightly(servers: Any) -> str:
    """Unpaused at whatever time it is now."""
    dag_id: str = servers.add_suite(SUITE, "backfilled")
    return dag_id


def backfilled(servers: Any, dag_id: str, phase: str) -> list[dict[str, Any]]:
    """The runs of a backfill of one phase over all nights, when they have ended."""
    client = servers.client
    before = {run["dag_run_id"] for run in runs_of(servers, dag_id, "backfill")}
    number = client.backfill(dag_id, FIRST, LAST, {"phases": [phase]}, reprocess="completed")
    servers.wait_for(
        lambda: client.backfill_of(number)["completed_at"], f"backfill of {phase}",
        timeout_seconds=400,
    )  # fmt: skip
    runs = runs_of(servers, dag_id, "backfill")
    new = [run for run in runs if run["dag_run_id"] not in before]
    return sorted(new, key=lambda run: str(run["partition_key"]))


def runs_of(servers: Any, dag_id: str, run_type: str) -> list[dict[str, Any]]:
    return [run for run in servers.client.dag_runs(dag_id) if run["run_type"] == run_type]


def reports(sandbox: Any, runs: list[dict[str, Any]]) -> list[bytes]:
    """What the runs have published."""
    found = []
    for run in runs:
        jobs = RunJobs(sandbox, run)
        found.append(jobs.objects.get(f"s3://{sandbox.bucket}/runs/{jobs.run_id}/report.html"))
    return found


def test_two_phases_are_backfilled_over_the_same_nights_and_the_history_stays(
    servers: Any, sandbox: Any, nightly: str
) -> None:
    client = servers.client
    assert client.dag_runs(nightly) == [], "unpausing runs nothing"

    first = backfilled(servers, nightly, "phase_1")
    for run in first:  # Airflow tells a plain schedule on assets nothing of partitioned runs
        wait_for_reports(servers, RunJobs(sandbox, run).run_id)
    told, published = history(servers, first), reports(sandbox, first)
    second = backfilled(servers, nightly, "phase_2")

    for runs, task in ((first, "phase_1.ONE"), (second, "phase_2.TWO")):
        assert [run["state"] for run in runs] == ["success"] * NIGHTS
        for run in runs:
            states = client.task_instances(nightly, run["dag_run_id"])
            assert states[task] == ("success", 1)
            assert states[OTHER[task]].state == "skipped"
            assert len(RunJobs(sandbox, run).counts()) == 1
    nights = [[run["partition_key"] for run in runs] for runs in (first, second)]
    assert nights[0] == nights[1]
    assert len(set(nights[0])) == NIGHTS
    assert history(servers, first) == told
    assert reports(sandbox, first) == published
    assert None not in published + reports(sandbox, second)
    bucket = Bucket(sandbox, RunJobs(sandbox, first[0]))
    for run in first + second:
        assert bucket.entry(RunJobs(sandbox, run).run_id)["state"] == "succeeded"
    # after a backfill Airflow makes up for the last tick, whatever its age; its plan is skipped
    for run in runs_of(servers, nightly, "scheduled"):
        client.wait_for_task(nightly, run["dag_run_id"], "plan", {"skipped"})
        assert RunJobs(sandbox, run).counts() == {}


def history(servers: Any, runs: list[dict[str, Any]]) -> list[Any]:
    """All that Airflow says of the runs and their tasks."""
    client = servers.client
    return [
        (client.dag_run(run["dag_id"], run["dag_run_id"]),
         client.task_instances(run["dag_id"], run["dag_run_id"]))
        for run in runs
    ]  # fmt: skip


def test_a_backfill_of_a_phase_that_does_not_exist_makes_no_run(servers: Any, nightly: str) -> None:
    before = servers.client.dag_runs(nightly)
    with pytest.raises(RestError, match="7 is not one of"):
        servers.client.backfill(nightly, FIRST, LAST, {"phases": [7]}, reprocess="completed")
    assert servers.client.dag_runs(nightly) == before
