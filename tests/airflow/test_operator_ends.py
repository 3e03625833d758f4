"""How a benchmark's task ends: with its reason, and without a job that nobody waits for."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import TaskDeferred

from geoschem_bench.aws.batch import BatchJobs
from geoschem_bench.errors import BenchmarkError, Reason, StorageError
from geoschem_bench.orchestration import ownership
from geoschem_bench.orchestration.ownership import tags_of
from geoschem_bench.orchestration.retries import BenchmarkFailedError, UnreachableError
from geoschem_bench.orchestration.run_context import is_too_late
from geoschem_bench.planning import output_path
from geoschem_bench.wiring import object_store, read_settings
from tests.airflow.benchmark_task import (
    ID,
    JOB_ID,
    RUN_AFTER,
    Store,
    context,
    deferred,
    event,
    job,
    jobs_of,
    record_of,
    run_id_of,
)
from tests.unit.records.fakes import manifest

pytestmark = pytest.mark.usefixtures("sandbox_environment", "airflow_says")


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


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Host EC2 (instance i-1) terminated.", "unknown: Host EC2 .* terminated"),
        ("Terminated by somebody", "cancelled: stopped by SIGTERM"),
    ],
)
def test_a_runner_that_was_stopped_does_not_know_by_whom(operator, said, expected):
    """A host that is taken back stops it as well: that is tried again, a person's wish is not."""
    outcome = {"status": "failed", "reason": "cancelled", "message": "stopped by SIGTERM after 2 s",
               "exit_code": 143}  # fmt: skip
    seen, planned, settings = context("stopped"), operator.planned, read_settings()
    path = output_path(settings.bucket, run_id_of(seen), planned.phase, planned.id, 3)
    object_store(settings).put(path + "manifest.json", manifest(outcome=outcome))
    with pytest.raises(BenchmarkFailedError, match=expected):
        operator.execute_complete(
            seen, event("ended", job("FAILED", status_reason=said, exit_code=143))
        )


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
    ("state", "ends"),
    [("running", False), ("up_for_retry", False), ("queued", False), ("failed", True),
     ("restarting", True), (None, True)],
)  # fmt: skip
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
