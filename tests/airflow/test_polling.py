"""One look serves all that wait, and no trouble with AWS loses a job."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.aws.batch import BatchJobs, Job, Look
from geoschem_bench.errors import LockedOutError, Reason, StorageError
from geoschem_bench.orchestration.polling import Finding, Waiter, Watch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WAITERS = {"a": Waiter("a", 3600, 7200), "b": Waiter("b", 3600, 7200)}


def job(job_id, status, minutes=10):
    return Job(
        job_id=job_id, name=f"gsb-run-B-{job_id}", queue="q", status=status, status_reason=None,
        container_reason=None, exit_code=None, attempts=0,
        created_at=NOW - timedelta(minutes=minutes), started_at=None, stopped_at=None,
        log_stream=None,
    )  # fmt: skip


class Batch:
    """Answers with these jobs, or with this error."""

    def __init__(self, *jobs, error=None):
        self.jobs, self.error, self.calls, self.now = jobs, error, 0, NOW

    def look(self, ids):
        self.calls += 1
        if self.error:
            raise self.error
        return Look(tuple(j for j in self.jobs if j.job_id in ids), self.now)


class Diagnosis:
    def __init__(self, kind="stuck", error=None):
        self.kind, self.error = kind, error

    def why(self, queue, job_id, nodes=1):
        if self.error:
            raise self.error
        return SimpleNamespace(
            kind=self.kind, reason=Reason.CAPACITY, message="no c7g.16xlarge", cure="Wait"
        )


def watch(batch, diagnosis=None, poll_seconds=30):
    return Watch(batch, diagnosis or Diagnosis(), poll_seconds)


def looked_at(described, diagnosis=None):
    """What a round, and a diagnosis where it asks for one, find about a job."""
    watching = watch(Batch(described), diagnosis)
    found = watching.round(WAITERS)["a"]
    return watching.diagnosed({"a": found})["a"] if found.kind == "overdue" else found


def test_a_hundred_jobs_are_one_call():
    calls = []

    def describe_jobs(jobs):
        calls.append(len(jobs))
        return {"jobs": []}

    client = SimpleNamespace(describe_jobs=describe_jobs)
    watching = watch(BatchJobs(client, None))
    watching.round({str(n): Waiter(str(n), 60, 60) for n in range(250)})
    assert calls == [100, 100, 50]


def test_time_is_told_by_the_clock_of_aws():
    """Jobs carry AWS's times; by a clock of ours that is wrong they would wait for years."""
    answer = {
        "jobs": [],
        "ResponseMetadata": {"HTTPHeaders": {"date": "Sun, 22 Nov 2026 12:00:00 GMT"}},
    }
    client = SimpleNamespace(describe_jobs=lambda jobs: answer)
    assert BatchJobs(client, None).look(["a"]).asked_at == NOW


def test_whoever_has_ended_is_told_with_all_that_batch_says():
    found = watch(Batch(job("a", "SUCCEEDED"), job("b", "RUNNING"))).round(WAITERS)
    assert found["a"].kind == "ended"
    assert found["a"].job.job_id == "a"
    assert found["b"].kind == "waiting"


def test_a_job_waits_for_an_instance_up_to_its_limit():
    assert looked_at(job("a", "RUNNABLE", 59)).kind == "waiting"
    found = looked_at(job("a", "RUNNABLE", 61))
    assert (found.kind, found.reason) == ("stuck", Reason.CAPACITY)
    assert found.message == "RUNNABLE for 61 min without an instance: no c7g.16xlarge. Wait"


def test_a_job_in_line_behind_others_is_not_stuck():
    found = looked_at(job("a", "RUNNABLE", 600), Diagnosis("in_line"))
    assert found.kind == "waiting"


def test_a_job_that_runs_is_not_stuck_before_its_time_limit_has_passed():
    running = replace(job("a", "RUNNING", 6000), started_at=NOW - timedelta(hours=2))
    assert looked_at(running).kind == "waiting"
    found = looked_at(replace(running, started_at=NOW - timedelta(hours=2.3)))
    assert (found.kind, found.reason) == ("stuck", Reason.TIMEOUT)


def test_a_container_that_never_starts_is_no_silent_wait():
    """However long it waited for its instance before; that is another limit."""
    batch = Batch(job("a", "STARTING", 6000))
    watching = watch(batch)
    assert watching.round(WAITERS)["a"].kind == "waiting"
    batch.now = NOW + timedelta(minutes=31)
    found = watching.round(WAITERS)["a"]
    assert (found.kind, found.reason) == ("stuck", Reason.UNKNOWN)
    assert "its container does not start" in found.message


def test_what_cannot_be_diagnosed_is_waited_for():
    diagnosis = Diagnosis(error=StorageError("throttled"))
    found = looked_at(job("a", "RUNNABLE", 61), diagnosis)
    assert found.kind == "waiting"
    assert "throttled" in found.message


def test_one_miss_is_no_proof_that_a_job_is_gone():
    watching = watch(Batch(job("b", "RUNNING")))
    kinds = [watching.round(WAITERS)["a"].kind for _ in range(3)]
    assert kinds == ["waiting", "waiting", "gone"]


def test_a_job_that_is_seen_again_was_not_gone():
    batch = Batch()
    watching = watch(batch)
    watching.round(WAITERS)
    watching.round(WAITERS)
    batch.jobs = (job("a", "RUNNING"), job("b", "RUNNING"))
    watching.round(WAITERS)
    batch.jobs = ()
    assert watching.round(WAITERS)["a"].kind == "waiting"


def test_throttling_is_waited_out_and_asked_less_often():
    watching = watch(Batch(error=StorageError("TooManyRequests")))
    pauses = []
    for _ in range(5):
        assert watching.round(WAITERS)["a"].kind == "waiting"
        pauses.append(watching.pause_seconds(draw=lambda low, high: high))
    assert pauses == [60, 120, 240, 300, 300]


def test_an_hour_without_an_answer_is_told():
    watching = watch(Batch(error=StorageError("connection refused")))
    kinds = [watching.round(WAITERS)["a"].kind for _ in range(20)]
    assert "unreachable" in kinds
    assert kinds.index("unreachable") > 10


def test_who_is_locked_out_hears_of_it_soon():
    watching = watch(Batch(error=LockedOutError("the AWS session has expired")))
    kinds = [watching.round(WAITERS)["a"].kind for _ in range(3)]
    assert kinds == ["waiting", "waiting", "unreachable"]


def test_an_answer_ends_the_patience_anew():
    batch = Batch(job("a", "RUNNING"), job("b", "RUNNING"))
    watching = watch(batch)
    batch.error = LockedOutError("expired")
    watching.round(WAITERS)
    watching.round(WAITERS)
    batch.error = None
    watching.round(WAITERS)
    assert watching.pause_seconds(draw=lambda low, high: high) == 30
    batch.error = LockedOutError("expired")
    assert watching.round(WAITERS)["a"].kind == "waiting"


@given(st.integers(0, 30), st.floats(1, 120))
def test_pauses_are_never_shorter_than_asked_for_nor_longer_than_five_minutes(failures, seconds):
    watching = watch(Batch(error=StorageError("no")), poll_seconds=seconds)
    for _ in range(failures):
        watching.round(WAITERS)
    assert 0.9 * seconds <= watching.pause_seconds() <= 300


@given(
    st.sampled_from(["waiting", "overdue", "ended", "stuck", "gone", "unreachable"]),
    st.text(max_size=20),
    st.booleans(),
    st.sampled_from([None, *Reason]),
)
def test_an_event_brings_everything_across(kind, message, has_job, reason):
    import json

    finding = Finding(kind, message, job("a", "FAILED") if has_job else None, reason)
    payload = json.loads(json.dumps(finding.to_payload("a")))
    assert payload["job_id"] == "a"
    assert Finding.from_payload(payload) == finding


@pytest.mark.parametrize("status", ["SUBMITTED", "PENDING"])
def test_what_never_becomes_runnable_is_stuck_too(status):
    assert looked_at(job("a", status, 61)).kind == "stuck"
