"""What a removal means where a stack is half gone, protected, or has lost parts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from geoschem_bench.aws.batch import LIVING, BatchJobs
from geoschem_bench.aws.stack import removing
from geoschem_bench.aws.stack.reading import find_stack
from geoschem_bench.aws.stack.removing import Kept, plan_removal, scale_to_zero
from geoschem_bench.aws.stack.watching import left_over
from geoschem_bench.errors import AccessError, StackError
from tests.aws.stack.conftest import TINY
from tests.aws.stack.fakes import Fake, cloudformation, part, raises, refusal

BUCKET, TABLE, VPC = "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::EC2::VPC"


class Batch:
    """One queue of two is there."""

    def __init__(self, jobs=()):
        self.jobs, self.asked, self.updated = jobs, [], []
        self.states: Iterator[str] = iter(())

    def describe_job_queues(self, jobQueues):  # noqa: N803 - as boto3
        there = {"jobQueueName": "there", "state": "ENABLED", "status": "VALID"}
        return {"jobQueues": [there] if "there" in jobQueues else []}

    def list_jobs(self, jobQueue, **which):  # noqa: N803
        assert jobQueue == "there"
        self.asked.append(which)
        found = [job for job in self.jobs if job["status"] == which["jobStatus"]]
        return {"jobSummaryList": found}

    def describe_jobs(self, jobs):
        return {"jobs": [job for job in self.jobs if job["jobId"] in jobs]}

    def describe_compute_environments(self, computeEnvironments):  # noqa: N803
        named = {"computeEnvironmentName": computeEnvironments[0], "state": "ENABLED"}
        return {"computeEnvironments": [named | {"status": next(self.states, "VALID")}]}

    def update_compute_environment(self, **request):
        self.updated.append(request)


def planned(parts, template=TINY, batch=None, **more):
    return plan_removal(account(parts, template, batch, **more), "tiny")


def account(parts, template=TINY, batch=None, **more):
    made = cloudformation(parts, template, **more)
    return Fake(cloudformation=made, batch=batch or Batch(), logs=None)


def test_what_a_failed_deletion_skipped_is_still_there():
    parts = [
        part("Bucket", BUCKET, "results", "DELETE_SKIPPED"),
        part("Table", TABLE, "results-table", "DELETE_SKIPPED"),
        part("Vpc", VPC, "vpc-1", "DELETE_FAILED"),
        part("Logs", "AWS::Logs::LogGroup", "logs", "DELETE_COMPLETE"),
        part("Topic", "AWS::SNS::Topic", "topic", "DELETE_SKIPPED"),
    ]
    removal = planned(parts, status="DELETE_FAILED")
    assert removal.kept == (Kept("bucket", "results"), Kept("table", "results-table"))
    assert [item.name for item in removal.resources] == ["vpc-1"]
    assert [item.name for item in removal.given_up] == ["topic"]
    patient = account(parts, status="DELETE_FAILED")
    found = find_stack(patient, "tiny")
    assert found
    lines = list(left_over(patient, found))
    assert f"{BUCKET} results: DELETE_SKIPPED" in lines
    assert len(lines) == 4


def test_what_the_stack_failed_to_make_is_not_its_to_delete():
    parts = [
        part("Table", TABLE, "somebodys", "CREATE_FAILED"),
        part("Bucket", BUCKET, "", "CREATE_FAILED"),
    ]
    removal = planned(parts, status="ROLLBACK_FAILED")
    assert (removal.kept, removal.resources) == ((), ())


def test_a_protected_stack_is_refused_before_anything_is_touched():
    parts = [part("Env", "AWS::Batch::ComputeEnvironment", "env")]
    with pytest.raises(StackError, match="update-termination-protection --no-enable-term"):
        planned(parts, EnableTerminationProtection=True)


def test_a_queue_that_is_missing_is_passed_over_and_every_living_job_found():
    jobs = [
        {"jobId": str(n), "jobName": name, "jobQueue": "there", "status": status}
        for n, (name, status) in enumerate([("gsb-1", "RUNNABLE"), ("theirs", "PENDING"),
                                            ("gsb-2", "SUCCEEDED")])
    ]  # fmt: skip
    batch = Batch(jobs)
    parts = [part(name, "AWS::Batch::JobQueue", name) for name in ("there", "gone")]
    removal = planned(parts, batch=batch)
    assert [job.name for job in removal.jobs] == ["gsb-1"]
    assert [job.name for job in removal.foreign] == ["theirs"]
    assert batch.asked == [{"jobStatus": status} for status in LIVING]


def scaled(batch, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    parts = [part("Env", "AWS::Batch::ComputeEnvironment", "env")]
    patient = account(parts, batch=batch)
    return list(scale_to_zero(patient, plan_removal(patient, "tiny")))


def test_environments_come_to_rest_before_the_stack_is_deleted(monkeypatch):
    batch = Batch()
    batch.states = iter(["VALID", "UPDATING", "UPDATING", "VALID", "UPDATING"])
    assert scaled(batch, monkeypatch) == ["env: DISABLED, at least 0 vCPUs"]
    assert list(batch.states) == ["UPDATING"]


def test_an_environment_that_never_rests_is_not_waited_for_for_ever(monkeypatch):
    batch = Batch()
    batch.states = iter(["VALID", *["UPDATING"] * 9])
    monkeypatch.setattr(removing, "_MOST_SECONDS", -1)
    assert "still UPDATING" in scaled(batch, monkeypatch)[-1]


def test_a_broken_environment_is_left_and_a_refusal_is_told(monkeypatch):
    batch: Any = Batch()
    batch.update_compute_environment = raises(refusal("ClientException", "it is INVALID"))
    assert scaled(batch, monkeypatch) == ["env: left as it is, it is INVALID"]
    batch.update_compute_environment = raises(refusal("ExpiredTokenException", "old"))
    with pytest.raises(AccessError, match="expired"):
        scaled(batch, monkeypatch)


def test_a_queue_without_environments_is_broken_whatever_others_there_are():
    queue = {"state": "ENABLED", "status": "VALID", "computeEnvironmentOrder": []}
    batch = SimpleNamespace(
        describe_job_queues=lambda jobQueues: {"jobQueues": [queue]}  # noqa: N803
    )
    state = BatchJobs(batch, None).queue_state("empty")
    assert state.is_broken
    assert "no environment behind it" in state.message
