"""What a benchmark's task does about the job of an earlier attempt: one submission, no second."""

from dataclasses import replace

import pytest
from airflow.sdk.exceptions import AirflowException
from botocore.exceptions import ConnectionClosedError

from geoschem_bench.aws import clients
from geoschem_bench.aws.batch import BatchJobs
from geoschem_bench.errors import StorageError
from geoschem_bench.orchestration import ownership
from geoschem_bench.orchestration.ownership import why_ended
from geoschem_bench.orchestration.retries import BenchmarkFailedError
from geoschem_bench.records import JobRecord
from geoschem_bench.sandbox import faults
from geoschem_bench.wiring import batch_jobs, object_store, read_settings
from tests.airflow.benchmark_task import (
    ID,
    Store,
    context,
    deferred,
    event,
    job,
    jobs_of,
    run_id_of,
)
from tests.servers.waiting import wait_until

pytestmark = pytest.mark.usefixtures("sandbox_environment", "airflow_says")


@pytest.fixture(autouse=True)
def jobs_last(sandbox):
    """No job ends before the next attempt looks for it, however slow this computer is."""
    fault = faults.job(sandbox, "*", "idle")
    yield
    faults.clear(sandbox, fault.id)


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


def test_a_clear_that_airflow_forgot_to_count_starts_anew_too(operator):
    """Cleared while it ran, then its worker died: the task has no new generation."""
    store = Store()
    old = deferred(operator.execute, context("forgot", store))
    jobs = batch_jobs(read_settings())
    jobs.terminate(jobs.describe([old.job_id]), why_ended("restarting"))
    ended = wait_until(
        lambda: next((each for each in jobs.describe([old.job_id]) if each.has_ended), None),
        "the end of the job", timeout_seconds=30,
    )  # fmt: skip
    late = deferred(operator.execute_complete, context("forgot", store), event("ended", ended))
    assert late.job_id != old.job_id
    assert deferred(operator.execute, context("forgot", store)).job_id == late.job_id


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


def kill_while_it_submits(operator, name, store):
    """Run an attempt until it asks Batch; what it asked for."""
    requests = []

    def killed(_, **request):
        requests.append(request)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchJobs, "submit", killed)
        with pytest.raises(KeyboardInterrupt):
            operator.execute(context(name, store))
    return requests[0]


def test_a_request_that_outlives_its_attempt_is_waited_for(operator, monkeypatch):
    """Found by `make chaos`: Batch was slow, and took the second request before the first."""
    store, arrived = Store(), []
    request = kill_while_it_submits(operator, "on-its-way", store)

    def pause(_):
        arrived.append(batch_jobs(read_settings()).submit(**request))

    monkeypatch.setattr("geoschem_bench.orchestration.attempt.time.sleep", pause)
    assert deferred(operator.execute, context("on-its-way", store)).job_id == arrived[0]
    assert [each.job_id for each in jobs_of("on-its-way")] == arrived


def test_a_request_that_never_arrived_is_not_waited_for_for_ever(operator):
    store = Store()
    kill_while_it_submits(operator, "never-arrived", store)
    store["job"]["asked_at"] -= 1000
    second = deferred(operator.execute, context("never-arrived", store))
    assert [each.job_id for each in jobs_of("never-arrived")] == [second.job_id]
    assert (store["job"]["job_id"], store["job"]["asked_number"]) == (second.job_id, 0)


def test_a_second_job_of_the_same_number_is_ended(operator):
    """However it came about: they would write into one folder."""
    store = Store()
    first = deferred(operator.execute, context("twin", store))
    request = operator._attempt._job_request()
    batch_jobs(read_settings()).submit(**request)
    assert deferred(operator.execute, context("twin", store)).job_id == first.job_id
    assert [each.job_id for each in jobs_of("twin") if not each.has_ended] == [first.job_id]


def test_a_job_of_the_same_name_that_is_not_ours_is_left_alone(operator):
    planned = operator.planned
    name = f"gsb-{run_id_of(context('stranger'))}-{ID}-1"
    theirs = batch_jobs(read_settings()).submit(
        jobName=name, jobQueue=planned.job_queue, jobDefinition=planned.job_definition,
        parameters={"configJson": "{}", "outputPath": "s3://somewhere/"},
    )  # fmt: skip
    ours = deferred(operator.execute, context("stranger"))
    assert ours.job_id != theirs
