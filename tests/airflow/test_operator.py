"""What a benchmark's task does when something goes wrong on the way."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from geoschem_bench.aws.batch import BatchJobs, Job
from geoschem_bench.errors import StorageError
from geoschem_bench.orchestration.operator import BenchmarkBatchOperator
from geoschem_bench.orchestration.run_context import is_too_late
from geoschem_bench.orchestration.trigger import BenchmarkJobTrigger
from geoschem_bench.planning import plan_suite
from geoschem_bench.records import JobRecord
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring import object_store, read_settings
from tests.airflow.conftest import QUICK

RUN_AFTER = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
JOB_ID = "11111111-2222-3333-4444-555555555555"

pytestmark = pytest.mark.usefixtures("sandbox_environment")


def context(name):
    """What a task of its own DAG run sees."""
    return {
        "dag_run": SimpleNamespace(
            dag_id="geoschem_bench_quick", run_id=f"manual__{name}", run_after=RUN_AFTER,
            run_type="manual",
        ),
        "params": {"phases": None, "dry_run": False, "repetitions": None},
        "ti": SimpleNamespace(try_number=1),
    }  # fmt: skip


@pytest.fixture
def operator():
    planned = next(p for p in plan_suite(load_suite(QUICK)) if p.id == "QUICK-TRANSPORT")
    return BenchmarkBatchOperator(task_id="QUICK-TRANSPORT", planned=planned)


def job(status, name="gsb-run-QUICK-TRANSPORT-3", **changes):
    """A job as Batch describes it."""
    known = {
        "job_id": JOB_ID, "name": name, "queue": "q", "status": status,
        "status_reason": None, "container_reason": None, "exit_code": None, "attempts": 1,
        "created_at": RUN_AFTER, "started_at": RUN_AFTER, "stopped_at": None, "log_stream": None,
    }  # fmt: skip
    return Job(**(known | changes))


def record_of(operator):
    raw = object_store(read_settings()).get(operator._output_path + "job.json")
    return JobRecord.model_validate_json(raw or b"")


def test_a_job_submitted_with_trouble_after_it_is_waited_for(operator, monkeypatch):
    """The id is there, so the job runs: whatever failed after it must not orphan it."""

    def submit(self, context):
        self.job_id = JOB_ID
        raise AirflowException("the link could not be stored")

    monkeypatch.setattr(BenchmarkBatchOperator, "submit_job", submit)
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute(context("trouble"))
    assert isinstance(deferred.value.trigger, BenchmarkJobTrigger)
    assert deferred.value.method_name == "execute_complete"


def test_a_refused_submission_is_recorded(operator, monkeypatch):
    def submit(self, context):
        raise AirflowException("An error occurred (ClientException): no such job definition")

    monkeypatch.setattr(BenchmarkBatchOperator, "submit_job", submit)
    with pytest.raises(AirflowFailException, match="misconfigured: nothing was submitted"):
        operator.execute(context("refused"))
    assert record_of(operator).status == "NOT_SUBMITTED"
    assert record_of(operator).reason == "misconfigured"


@pytest.mark.parametrize("status", ["SUBMITTED", "RUNNABLE", "STARTING", "RUNNING"])
def test_a_disturbed_wait_goes_on_while_the_job_lives(operator, monkeypatch, status):
    monkeypatch.setattr(BatchJobs, "describe", lambda self, ids: [job(status)])
    event = {"status": "error", "job_id": JOB_ID, "message": "ExpiredToken"}
    with pytest.raises(TaskDeferred):
        operator.execute_complete(context("disturbed"), event)


def test_a_wait_goes_on_when_batch_does_not_answer(operator, monkeypatch):
    def describe(self, ids):
        raise StorageError("AWS Batch refused: throttled")

    monkeypatch.setattr(BatchJobs, "describe", describe)
    with pytest.raises(TaskDeferred):
        operator.execute_complete(context("silent"), {"status": "success", "job_id": JOB_ID})


def test_a_failure_is_recorded_even_where_its_log_may_not_be_read(operator, monkeypatch):
    def log_tail(self, job, lines=40):
        raise StorageError("AccessDenied")

    failed = job("FAILED", status_reason="Host EC2 (instance i-1) terminated.", log_stream="s")
    monkeypatch.setattr(BatchJobs, "describe", lambda self, ids: [failed])
    monkeypatch.setattr(BatchJobs, "log_tail", log_tail)
    operator.do_xcom_push = False
    with pytest.raises(AirflowFailException, match="unknown: Host EC2"):
        operator.execute_complete(context("lost"), {"status": "error", "job_id": JOB_ID})
    assert record_of(operator).reason == "unknown", "a host of an on-demand job"
    assert record_of(operator).submission == 3


def test_a_job_that_batch_forgot_is_unknown_not_running(operator, monkeypatch):
    monkeypatch.setattr(BatchJobs, "describe", lambda self, ids: [])
    with pytest.raises(AirflowFailException, match="unknown: Batch knows no job"):
        operator.execute_complete(context("forgotten"), {"status": "error", "job_id": JOB_ID})


def test_a_second_submission_overwrites_no_earlier_result(operator):
    operator._prepare(context("twice"))
    assert operator._next_submission() == 1
    operator._name(1)
    object_store(read_settings()).put(operator._output_path + "manifest.json", b"{}")
    assert operator._next_submission() == 2


def test_killed_before_it_was_submitted(operator):
    operator.job_id = None
    operator.on_kill()  # the provider's would ask Batch to terminate None


def test_every_end_of_the_trigger_is_an_event(monkeypatch):
    """An endpoint where nobody listens: no exception may leave the trigger."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    trigger = BenchmarkJobTrigger(
        job_id=JOB_ID, aws_conn_id=None, region_name="us-west-2", waiter_delay=0,
        waiter_max_attempts=1,
    )  # fmt: skip

    async def first_event():
        return await anext(trigger.run())

    event = asyncio.run(first_event())
    assert event.payload["status"] == "error"
    assert event.payload["job_id"] == JOB_ID
    assert event.payload["message"]


def test_the_trigger_comes_back_from_the_database():
    trigger = BenchmarkJobTrigger(
        job_id=JOB_ID, aws_conn_id=None, region_name="us-west-2", waiter_delay=7,
        waiter_max_attempts=9,
    )  # fmt: skip
    path, arguments = trigger.serialize()
    assert path.endswith("trigger.BenchmarkJobTrigger")
    again = BenchmarkJobTrigger(**arguments)
    assert again.serialize() == trigger.serialize()


@pytest.mark.parametrize(
    ("run_type", "minutes", "late"),
    [("scheduled", 59, False), ("scheduled", 61, True), ("manual", 6000, False)],
)
def test_only_a_scheduled_run_can_be_too_late(run_type, minutes, late):
    """With Airflow's own enum, whose str() is not its value."""
    from airflow.sdk.api.datamodels._generated import DagRunType

    dag_run = SimpleNamespace(run_type=DagRunType(run_type), run_after=RUN_AFTER)
    now = RUN_AFTER + timedelta(minutes=minutes)
    assert is_too_late({"dag_run": dag_run}, 60, now) is late
