"""The last sweep ends what nobody waits for, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG

from geoschem_bench.aws.batch import Job
from geoschem_bench.orchestration import janitor
from geoschem_bench.orchestration.janitor import sweep_strays
from geoschem_bench.orchestration.run_context import Parts
from geoschem_bench.orchestration.strays import find_strays
from geoschem_bench.planning import benchmark_run_id, output_path, plan_suite
from geoschem_bench.records.models import JobRecord
from geoschem_bench.records.strays import ID_TAG, RUN_TAG
from geoschem_bench.sandbox import Sandbox
from geoschem_bench.suite import load_suite
from tests.airflow.conftest import QUICK
from tests.aws.clients import clients_of

RUN = "20261122T035120Z-1a2b3c4d"


def job(benchmark_id: str, submission: int, status: str = "RUNNING") -> Job:
    """A job of the run, as Batch describes it."""
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    return Job(
        job_id=f"{benchmark_id}-{submission}", name=f"gsb-{RUN}-{benchmark_id}-{submission}",
        queue="q", status=status, status_reason=None, container_reason=None, exit_code=None,
        attempts=1, created_at=moment, started_at=moment, stopped_at=None, log_stream=None,
        tags={RUN_TAG: RUN, ID_TAG: benchmark_id},
    )  # fmt: skip


def test_a_job_whose_task_has_ended_is_a_stray() -> None:
    left = job("A", 1)
    assert find_strays([left], going_on=set()) == [left]


def test_a_job_whose_task_goes_on_is_spared() -> None:
    """Somebody cleared one benchmark while the run was at its end."""
    assert find_strays([job("A", 2)], going_on={"A"}) == []


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_an_earlier_submission_is_nobodys_though_its_task_goes_on(order: tuple[int, int]) -> None:
    jobs = [job("A", number) for number in order]
    assert [stray.job_id for stray in find_strays(jobs, going_on={"A"})] == ["A-1"]


def test_an_ended_submission_tells_which_is_the_latest() -> None:
    jobs = [job("A", 1), job("A", 2, status="FAILED")]
    assert [stray.job_id for stray in find_strays(jobs, going_on={"A"})] == ["A-1"]


ENVIRONMENT = "geos-chem-graviton"
QUEUE = "geos-chem-graviton-queue"
RUN_AFTER = datetime(2026, 11, 22, 3, 51, 20, tzinfo=UTC)
DAG_RUN = SimpleNamespace(
    dag_id="suite", run_id="manual__1", run_after=RUN_AFTER, run_type="manual"
)
THIS_RUN = benchmark_run_id(RUN_AFTER, "suite", "manual__1")


@pytest.fixture
def batch(sandbox: Sandbox, sandbox_environment: Sandbox) -> Iterator[Any]:
    """Batch of the sandbox, where jobs of one queue wait for an environment."""
    with clients_of(sandbox) as client:
        batch = client("batch")
        batch.update_compute_environment(computeEnvironment=ENVIRONMENT, state="DISABLED")
        yield batch
        batch.update_compute_environment(computeEnvironment=ENVIRONMENT, state="ENABLED")


def submitted(batch: Any, run: str, tagged: str) -> Callable[[], str]:
    """A job that waits; asks for its status."""
    job_id = batch.submit_job(
        jobName=f"gsb-{run}-QUICK-GCHP-1", jobQueue=QUEUE, jobDefinition="geos-chem-benchmark",
        tags={RUN_TAG: tagged, ID_TAG: "QUICK-GCHP"},
        parameters={"configJson": "{}", "outputPath": "s3://none/"},
    )["jobId"]  # fmt: skip
    return lambda: str(batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"])


def record_of(run_id: str = THIS_RUN) -> JobRecord | None:
    """Of the first submission."""
    path = output_path(Parts().bucket, run_id, "phase_2", "QUICK-GCHP", 1)
    raw = Parts().objects.get(path + "job.json")
    return None if raw is None else JobRecord.model_validate_json(raw)


@pytest.fixture(autouse=True)
def no_records(sandbox_environment: Sandbox) -> Iterator[None]:
    """Each test begins without a record."""
    yield
    objects = Parts().objects
    for address in list(objects.list(f"s3://{Parts().bucket}/runs/{THIS_RUN}/")):
        bucket, _, key = address.removeprefix("s3://").partition("/")
        objects._client.delete_object(Bucket=bucket, Key=key)


def sweep(
    monkeypatch: pytest.MonkeyPatch,
    state: str,
    *,
    dry_run: bool = False,
    keep_warm: bool = False,
) -> int:
    """Run the task; how many jobs it ended."""
    states = {"manual__1": {"phase_2.QUICK-GCHP": state}}
    ti = SimpleNamespace(xcom_pull=lambda **_: THIS_RUN, get_task_states=lambda **_: states)
    context = {"ti": ti, "dag_run": DAG_RUN, "params": {"dry_run": dry_run}}
    monkeypatch.setattr(janitor, "get_current_context", lambda: context)
    with DAG("suite"):
        task = sweep_strays(plan_suite(load_suite(QUICK)), keep_warm=keep_warm).operator
    assert task.is_teardown
    ended: int = task.python_callable()
    return ended


def test_only_jobs_of_this_run_are_ended(batch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = submitted(batch, THIS_RUN, tagged=THIS_RUN)
    same_name = submitted(batch, THIS_RUN, tagged="somebody else")
    other_run = submitted(batch, RUN, tagged=RUN)
    assert sweep(monkeypatch, "failed") == 1
    assert ours() == "FAILED"
    assert (record := record_of()) is not None
    assert (record.reason, record.status) == ("cancelled", "FAILED")
    assert "Terminated by the janitor" in str(record.message)
    assert record_of(RUN) is None
    assert same_name() == "RUNNABLE"
    assert other_run() == "RUNNABLE"
    assert sweep(monkeypatch, "failed") == 0


def test_a_job_that_somebody_waits_for_goes_on(batch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = submitted(batch, THIS_RUN, tagged=THIS_RUN)
    assert sweep(monkeypatch, "deferred") == 0
    assert waiting() == "RUNNABLE"
    assert record_of() is None
    assert sweep(monkeypatch, "success") == 1


@pytest.mark.parametrize(("state", "is_written"), [("failed", True), ("up_for_retry", False)])
def test_a_job_that_ended_unrecorded_is_recorded(
    batch: Any, monkeypatch: pytest.MonkeyPatch, state: str, is_written: bool
) -> None:
    """Its attempt was killed before it could; while the task goes on, its next one does it."""
    ended = submitted(batch, THIS_RUN, tagged=THIS_RUN)
    why = "Terminated by Airflow: its task is failed"
    jobs = Parts().jobs
    assert jobs.terminate(jobs.living([QUEUE]), why) > 0
    deadline = time.monotonic() + 30
    while ended() != "FAILED":
        assert time.monotonic() < deadline, "the job has not ended"
        time.sleep(0.05)
    assert sweep(monkeypatch, state) == 0
    record = record_of()
    assert (record is not None) is is_written
    if record is not None:
        assert record.reason == "cancelled"
        assert why in str(record.message)
        assert record.batch_job_id


def test_what_is_recorded_stays_as_it_is(batch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted(batch, THIS_RUN, tagged=THIS_RUN)
    path = output_path(Parts().bucket, THIS_RUN, "phase_2", "QUICK-GCHP", 1) + "job.json"
    Parts().objects.put(path, b"{}")
    assert sweep(monkeypatch, "failed") == 1
    assert Parts().objects.get(path) == b"{}"


@pytest.mark.parametrize("keep_warm", [True, False])
def test_only_of_suites_that_keep_instances_are_lost_ones_let_go(
    monkeypatch: pytest.MonkeyPatch, keep_warm: bool
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(janitor, "settle_lapsed", lambda queues, parts: asked.append(queues))
    sweep(monkeypatch, "failed", keep_warm=keep_warm)
    assert bool(asked) is keep_warm
