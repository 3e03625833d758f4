"""The DAG that cleans up: what Airflow knows to be over goes, what it does not know stays."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from geoschem_bench.aws import cleaning
from geoschem_bench.planning import benchmark_run_id, job_name, run_prefix
from geoschem_bench.records.strays import ID_TAG, RUN_TAG
from geoschem_bench.suite.models import TAKEN_NAMES
from geoschem_bench.wiring import batch_jobs, object_store, read_settings
from tests.airflow.conftest import REPOSITORY
from tests.airflow.test_dag_integrity import OTHERS
from tests.aws.clients import clients_of
from tests.unit.records.fakes import FC, plan_file

QUEUE = "geos-chem-graviton-queue"
MOMENT = datetime(2026, 11, 22, 3, 51, 20, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("airflow_database", "sandbox_environment")


def cleanup_dag() -> Any:
    return runpy.run_path(str(REPOSITORY / "dags" / "cleanup.py"))["dag"]


def states_of(dag_run: Any) -> dict[str, str]:
    return {ti.task_id: ti.state for ti in dag_run.get_task_instances()}


@pytest.fixture
def runs(sandbox: Any) -> Iterator[dict[str, str]]:
    """A job each of a run that is over, one that goes on, and one that Airflow does not know."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState

    settings = read_settings()
    objects, found = object_store(settings), {}
    with clients_of(sandbox) as client:
        for state in ("success", "running", "unknown"):
            dag_id, dag_run_id = "geoschem_bench_cleaned", f"manual__{state}"
            run_id = benchmark_run_id(MOMENT, dag_id, dag_run_id)
            plan = plan_file(
                benchmark_run_id=run_id, bucket=settings.bucket, dag_id=dag_id,
                dag_run_id=dag_run_id, run_after=MOMENT.isoformat(), retention_days=1,
            )  # fmt: skip
            objects.put(run_prefix(settings.bucket, run_id) + "plan.json", plan)
            if state != "unknown":
                with create_session() as session:
                    session.add(DagRun(dag_id=dag_id, run_id=dag_run_id, run_type="manual",
                                       state=DagRunState(state), run_after=MOMENT))  # fmt: skip
            found[state] = client("batch").submit_job(
                jobName=job_name(run_id, FC, 1), jobQueue=QUEUE,
                jobDefinition="geos-chem-benchmark", tags={RUN_TAG: run_id, ID_TAG: FC},
                containerOverrides={"command": ["sleep", "600"]},
            )["jobId"]  # fmt: skip
        yield found
        jobs = batch_jobs(settings)
        jobs.terminate(jobs.living([QUEUE]), "end of the test")


def test_only_the_job_of_a_run_that_is_over_is_ended(
    runs: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dry = cleanup_dag().test(run_conf={"dry_run": True})
    assert states_of(dry) == {"look": "success", "clean": "skipped"}
    listed = capsys.readouterr().out
    assert listed.count("leave alone: job ") == 2
    assert "its run is over" in listed
    jobs = batch_jobs(read_settings())
    assert not any(job.was_stopped for job in jobs.describe(list(runs.values())))

    # another DAG: `test` puts the conf into its params
    assert states_of(cleanup_dag().test()) == {"look": "success", "clean": "success"}
    stopped = {job.job_id: job.was_stopped for job in jobs.describe(list(runs.values()))}
    assert {state: stopped[job_id] for state, job_id in runs.items()} == {
        "success": True,
        "running": False,
        "unknown": False,
    }


def test_no_suite_can_take_the_name_of_a_dag_that_is_no_suites() -> None:
    assert {f"geoschem_bench_{name}" for name in TAKEN_NAMES} == OTHERS


def test_it_waits_for_a_person_to_start_it() -> None:
    dag = cleanup_dag()
    assert dag.is_paused_upon_creation
    assert dag.max_active_runs == 1
    assert not dag.catchup
    assert dag.params["limit"] == cleaning.RUNS_AT_ONCE
