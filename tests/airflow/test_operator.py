"""What a benchmark's task does about its job: one submission, whatever happens on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, TaskDeferred
from botocore.exceptions import ConnectionClosedError

from geoschem_bench.aws import clients
from geoschem_bench.aws.batch import BatchJobs, Job
from geoschem_bench.errors import BenchmarkError, Reason, StorageError
from geoschem_bench.orchestration import ownership
from geoschem_bench.orchestration.operator import BenchmarkBatchOperator
from geoschem_bench.orchestration.ownership import tags_of
from geoschem_bench.orchestration.polling import Finding
from geoschem_bench.orchestration.retries import RETRIES, BenchmarkFailedError, UnreachableError
from geoschem_bench.orchestration.run_context import is_too_late
from geoschem_bench.orchestration.trigger import BenchmarkJobTrigger
from geoschem_bench.planning import benchmark_run_id, plan_suite
from geoschem_bench.records import JobRecord
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring import object_store, read_settings
from tests.airflow.conftest import QUICK

RUN_AFTER = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
JOB_ID = "11111111-2222-3333-4444-555555555555"
ID = "QUICK-TRANSPORT"

pytestmark = pytest.mark.usefixtures("sandbox_environment")


class Store(dict[str, Any]):
    """A task's state store: it outlives attempts."""

    def set(self, key, value):
        self[key] = value


class TaskInstance(SimpleNamespace):
    """What the operator asks of Airflow's."""

    def xcom_push(self, key, value):
        self.xcoms[key] = value

    def xcom_pull(self, task_ids, key="return_value"):
        return None

    def get_task_states(self, dag_id, task_ids, run_ids):
        return {run_ids[0]: {}}


@pytest.fixture(autouse=True)
def airflow_says(monkeypatch):
    """The state of the operator's task."""
    from geoschem_bench.orchestration import operator as module

    says = SimpleNamespace(state="running")
    monkeypatch.setattr(module, "task_state", lambda ti: says.state)
    return says


def context(name, store=None, generation=0, **params):
    """What a task of its own DAG run sees."""
    return {
        "dag_run": SimpleNamespace(
            dag_id="geoschem_bench_quick", run_id=f"manual__{name}", run_after=RUN_AFTER,
            run_type="manual",
        ),
        "params": {"phases": None, "max_concurrent": 10, **params},
        "ti": TaskInstance(try_number=1, max_tries=RETRIES + generation, xcoms={}),
        "task_state_store": Store() if store is None else store,
    }  # fmt: skip


def run_id_of(context):
    run = context["dag_run"]
    return benchmark_run_id(run.run_after, run.dag_id, run.run_id)


@pytest.fixture
def operator():
    planned = next(p for p in plan_suite(load_suite(QUICK)) if p.id == ID)
    with DAG("geoschem_bench_quick"):
        return BenchmarkBatchOperator(task_id=ID, planned=planned)


def deferred(call, *args):
    with pytest.raises(TaskDeferred) as caught:
        call(*args)
    assert caught.value.method_name == "execute_complete"
    assert isinstance(caught.value.trigger, BenchmarkJobTrigger)
    return caught.value.trigger


def jobs_of(name):
    """All jobs of a run in the sandbox."""
    from geoschem_bench.wiring import batch_jobs

    run_id = run_id_of(context(name))
    jobs = batch_jobs(read_settings())
    planned = next(p for p in plan_suite(load_suite(QUICK)) if p.id == ID)
    return sorted(jobs.named([planned.job_queue], f"gsb-{run_id}-"), key=lambda job: job.name)


def job(status, name="gsb-run-QUICK-TRANSPORT-3", **changes):
    """A job as Batch describes it."""
    known = {
        "job_id": JOB_ID, "name": name, "queue": "q", "status": status,
        "status_reason": None, "container_reason": None, "exit_code": None, "attempts": 1,
        "created_at": RUN_AFTER, "started_at": RUN_AFTER, "stopped_at": None, "log_stream": None,
        "tags": {},
    }  # fmt: skip
    return Job(**(known | changes))


def event(kind, job=None, message="", reason=None):
    return Finding(kind, message, job, reason).to_payload(JOB_ID)


def record_of(operator):
    path = operator._attempt.submission.output_path
    return JobRecord.model_validate_json(
        object_store(read_settings()).get(path + "job.json") or b""
    )


def test_a_retry_waits_for_the_job_of_the_first_try(operator):
    """The worker died after the id was kept: no second job."""
    store = Store()
    first = deferred(operator.execute, context("retry", store))
    second = deferred(operator.execute, context("retry", store))
    assert second.job_id == first.job_id
    assert len(jobs_of("retry")) == 1


def test_a_crash_between_submission_and_keeping_the_id_finds_the_job_again(operator):
    first = deferred(operator.execute, context("crash"))
    second = deferred(operator.execute, context("crash"))  # with an empty store
    assert second.job_id == first.job_id
    assert len(jobs_of("crash")) == 1


def test_the_id_is_kept_before_anything_else_can_fail(operator, monkeypatch):
    from geoschem_bench.orchestration.attempt import Attempt

    def fail(self, job):
        raise AirflowException("the link could not be stored")

    monkeypatch.setattr(Attempt, "show_links", fail)
    store = Store()
    with pytest.raises(AirflowException, match="could not be stored"):
        operator.execute(context("kept", store))
    assert store["job"]["job_id"] == jobs_of("kept")[0].job_id


def test_a_cleared_task_ends_the_old_job_and_starts_anew(operator):
    store = Store()
    old = deferred(operator.execute, context("clear", store))
    new = deferred(operator.execute, context("clear", store, generation=1))
    assert new.job_id != old.job_id
    assert new.submission.number == old.submission.number + 1
    first, second = jobs_of("clear")
    assert first.job_id == old.job_id
    assert first.has_ended
    assert second.job_id == new.job_id
    ended = object_store(read_settings()).get(old.submission.output_path + "job.json")
    assert JobRecord.model_validate_json(ended or b"").reason == "cancelled"


@pytest.fixture
def succeeds(monkeypatch):
    """From now on every job has succeeded, and left a manifest."""
    from geoschem_bench.orchestration import attempt

    def make():
        describe = BatchJobs.describe
        monkeypatch.setattr(
            BatchJobs, "describe",
            lambda self, ids: [replace(each, status="SUCCEEDED") for each in describe(self, ids)],
        )  # fmt: skip
        monkeypatch.setattr(attempt, "has_manifest", lambda path, objects: True)

    return make


@pytest.mark.parametrize("force", [False, True])
def test_a_job_that_succeeded_is_taken_not_paid_for_twice(operator, succeeds, force):
    """The worker died as the job ended. To force is to measure anew, not to pay for a hiccup."""
    store, name = Store(), f"taken-{force}"
    trigger = deferred(operator.execute, context(name, store, force=force))
    succeeds()
    assert operator.execute(context(name, store, force=force)) == trigger.job_id
    assert len(jobs_of(name)) == 1


def test_force_measures_anew_what_a_run_of_the_same_id_has_left(operator, succeeds):
    """`airflow dags test` with a date, twice."""
    old = deferred(operator.execute, context("forced"))
    succeeds()
    assert operator.execute(context("forced")) == old.job_id
    assert deferred(operator.execute, context("forced", force=True)).job_id != old.job_id


def test_a_failure_that_nobody_took_note_of_is_judged_before_another_submission(
    operator, monkeypatch
):
    """The worker died, or S3 did not take the record: out of memory is not tried again for that."""
    store = Store()
    first = deferred(operator.execute, context("unjudged", store))
    find_jobs = ownership.find_jobs

    def failed(*given):
        return [
            replace(each, status="FAILED", container_reason="OutOfMemoryError: Container killed")
            for each in find_jobs(*given)
        ]

    monkeypatch.setattr(ownership, "find_jobs", failed)
    for _ in range(2):
        with pytest.raises(BenchmarkFailedError, match="out_of_memory"):
            operator.execute(context("unjudged", store))
        del store["job"]  # nor was that kept
    assert [each.job_id for each in jobs_of("unjudged")] == [first.job_id]


def test_a_record_that_cannot_be_written_does_not_hide_the_reason(operator, monkeypatch):
    from geoschem_bench.orchestration import attempt

    def refuse(*given):
        raise StorageError("S3 is not there")

    monkeypatch.setattr(attempt, "write_record", refuse)
    store = Store()
    failed = job("FAILED", container_reason="OutOfMemoryError: Container killed")
    with pytest.raises(BenchmarkFailedError, match="out_of_memory"):
        operator.execute_complete(context("unwritten", store), event("ended", failed))
    assert (store["job"]["failures"], store["job"]["counted"]) == (["out_of_memory"], 3)


def test_a_submission_whose_answer_was_lost_is_found_not_repeated(operator, monkeypatch):
    """Batch has taken the job; we know nothing of it. boto3 would have asked again by itself."""
    make = clients.make_client

    def make_client(service, region, session=None, *, once=False, **given):
        client = make(service, region, session, once=once, **given)
        if once:
            submit_job = client.submit_job

            def answer_lost(**request):
                submit_job(**request)
                raise ConnectionClosedError(endpoint_url="https://batch")

            client.submit_job = answer_lost
        return client

    with monkeypatch.context() as patch:
        patch.setattr(clients, "make_client", make_client)
        with pytest.raises(StorageError):
            operator.execute(context("lost-answer"))
    deferred(operator.execute, context("lost-answer"))
    assert len(jobs_of("lost-answer")) == 1


def test_a_second_job_of_the_same_number_is_ended(operator):
    """However it came about: they would write into one folder."""
    from geoschem_bench.wiring import batch_jobs

    store = Store()
    first = deferred(operator.execute, context("twin", store))
    request = operator._attempt._job_request()
    batch_jobs(read_settings()).submit(**request)
    assert deferred(operator.execute, context("twin", store)).job_id == first.job_id
    assert [each.job_id for each in jobs_of("twin") if not each.has_ended] == [first.job_id]


def test_a_job_of_the_same_name_that_is_not_ours_is_left_alone(operator):
    from geoschem_bench.wiring import batch_jobs

    planned = operator.planned
    name = f"gsb-{run_id_of(context('stranger'))}-{ID}-1"
    theirs = batch_jobs(read_settings()).submit(
        jobName=name, jobQueue=planned.job_queue, jobDefinition=planned.job_definition,
        parameters={"configJson": "{}", "outputPath": "s3://somewhere/"},
    )  # fmt: skip
    ours = deferred(operator.execute, context("stranger"))
    assert ours.job_id != theirs


def test_a_refused_submission_is_recorded(operator, monkeypatch):
    def submit(self, **request):
        raise BenchmarkError(Reason.MISCONFIGURED, "no such job definition")

    monkeypatch.setattr(BatchJobs, "submit", submit)
    with pytest.raises(BenchmarkFailedError, match="misconfigured: nothing was submitted"):
        operator.execute(context("refused"))
    assert record_of(operator).status == "NOT_SUBMITTED"
    assert record_of(operator).reason == "misconfigured"


def test_a_shut_gate_submits_nothing(operator, monkeypatch):
    from geoschem_bench.orchestration import gates

    refusal = (Reason.IMAGE, "not submitted: no image for arm64")
    monkeypatch.setattr(gates, "refusal", lambda context, planned: refusal)
    with pytest.raises(BenchmarkFailedError, match="image: not submitted"):
        operator.execute(context("gate"))
    assert jobs_of("gate") == []
    assert record_of(operator).reason == "image"


def test_a_failure_is_recorded_even_where_its_log_may_not_be_read(operator, monkeypatch):
    def log_tail(self, job, lines=40):
        raise StorageError("AccessDenied")

    monkeypatch.setattr(BatchJobs, "log_tail", log_tail)
    failed = job("FAILED", status_reason="Host EC2 (instance i-1) terminated.", log_stream="s")
    with pytest.raises(BenchmarkFailedError, match="unknown: Host EC2"):
        operator.execute_complete(context("lost"), event("ended", failed))
    assert record_of(operator).reason == "unknown", "a host of an on-demand job"
    assert record_of(operator).submission == 3


def test_a_job_that_batch_forgot_is_unknown_not_running(operator):
    with pytest.raises(BenchmarkFailedError, match="unknown: Batch knows no job"):
        operator.execute_complete(
            context("forgotten"), event("gone", message=f"Batch knows no job {JOB_ID} any more")
        )


def test_a_stuck_job_is_ended_and_its_reason_told(operator):
    store = Store()
    deferred(operator.execute, context("stuck", store))
    stuck = jobs_of("stuck")[0]
    with pytest.raises(BenchmarkFailedError, match=r"capacity: RUNNABLE for 60 min.*subnets"):
        operator.execute_complete(
            context("stuck", store),
            event("stuck", stuck, "RUNNABLE for 60 min", Reason.CAPACITY)
            | {"job_id": stuck.job_id},
        )
    assert jobs_of("stuck")[0].has_ended
    assert store["job"]["failures"] == ["capacity"]


def test_a_wait_that_aws_did_not_answer_is_no_failure_of_the_benchmark(operator):
    with pytest.raises(UnreachableError, match="may still run"):
        operator.execute_complete(context("silent"), event("unreachable", message="ExpiredToken"))


def test_the_second_try_after_a_spot_interruption_is_on_demand(operator, monkeypatch):
    planned = operator.planned
    spot = planned.benchmark.model_copy(update={"purchase_option": "spot"})
    operator.planned = planned.model_copy(
        update={"benchmark": spot, "job_queue": "geos-chem-x86-spot-queue",
                "fallback_queue": planned.job_queue}
    )  # fmt: skip
    store = Store()
    first = deferred(operator.execute, context("spot", store))
    lost = job(
        "FAILED", f"gsb-{run_id_of(context('spot'))}-{ID}-1", job_id=first.job_id,
        status_reason="Host EC2 (instance i-1) terminated.",
    )  # fmt: skip
    with pytest.raises(BenchmarkFailedError, match="spot_interrupted"):
        operator.execute_complete(context("spot", store), event("ended", lost))
    monkeypatch.setattr(ownership, "find_jobs", lambda *found: [lost])
    lost.tags.update(tags_of(run_id_of(context("spot")), ID, 0))
    second = deferred(operator.execute, context("spot", store))
    assert first.submission.job_queue == "geos-chem-x86-spot-queue"
    assert second.submission.job_queue == planned.job_queue
    assert second.submission.purchase_option == "on_demand"


def test_a_second_submission_overwrites_no_earlier_result(operator):
    first = deferred(operator.execute, context("twice"))
    path = first.submission.output_path.replace("/1/", "/4/")
    object_store(read_settings()).put(path + "manifest.json", b"{}")
    again = deferred(operator.execute, context("twice", generation=1))
    assert again.submission.number == 5


def test_a_wait_past_its_execution_timeout_leaves_no_job(operator):
    store = Store()
    deferred(operator.execute, context("timeout", store))
    with pytest.raises(BenchmarkFailedError, match="timeout: the task's execution_timeout"):
        operator.resume_execution(
            "__fail__", {"error": "Trigger timeout"}, context("timeout", store)
        )
    assert jobs_of("timeout")[0].has_ended


def test_a_wait_that_broke_goes_on_with_the_same_job(operator):
    store = Store()
    first = deferred(operator.execute, context("broken", store))
    with pytest.raises(TaskDeferred) as caught:
        operator.resume_execution(
            "__fail__", {"error": "Trigger failure"}, context("broken", store)
        )
    assert caught.value.trigger.job_id == first.job_id


@pytest.mark.parametrize(
    ("state", "ends"), [("running", False), ("failed", True), ("restarting", True), (None, True)]
)
def test_a_signal_ends_the_job_only_where_the_task_lost_it(operator, airflow_says, state, ends):
    """A worker that is redeployed gets the same signal as a task that a person marks failed."""
    deferred(operator.execute, context(f"signal-{state}"))
    airflow_says.state = state
    operator._settle(operator._attempt)
    assert jobs_of(f"signal-{state}")[0].has_ended is ends


def test_a_task_marked_just_before_it_waits_leaves_no_job(operator, airflow_says):
    """It gets no trigger that could end the job, and perhaps no signal either."""
    airflow_says.state = "failed"
    deferred(operator.execute, context("just-before"))
    assert jobs_of("just-before")[0].has_ended


def test_a_signal_during_the_submission_ends_what_was_submitted(
    operator, monkeypatch, airflow_says
):
    airflow_says.state = "failed"
    submit = BatchJobs.submit

    def interrupted(self, **request):
        operator._settle(operator._attempt)
        return submit(self, **request)

    monkeypatch.setattr(BatchJobs, "submit", interrupted)
    deferred(operator.execute, context("midway"))
    assert jobs_of("midway")[0].has_ended


def test_killed_before_it_began(operator):
    operator.on_kill()  # the provider's would ask Batch to terminate None


def test_links_are_there_while_the_job_runs(operator):
    seen = context("links")
    deferred(operator.execute, seen)
    assert {"Batch job", "Job's log", "Report"} == {
        link.name for link in operator.operator_extra_links
    }
    for link in operator.operator_extra_links:
        assert seen["ti"].xcoms[link.xcom_key].startswith("http")


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
