"""Jobs that wait in a sandbox where anything may be made to go wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from geoschem_bench.aws.runnable import RunnableDiagnosis, Waiting, head
from geoschem_bench.sandbox import faults, running
from tests.aws.clients import clients_of
from tests.aws.installation import Installation
from tests.aws.sandbox.conftest import wait_until

names = (f"waits-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[Installation]:
    """A sandbox of its own: what is made to go wrong here must hold up no other test."""
    with running(tmp_path_factory.mktemp("runnable")) as sandbox, clients_of(sandbox) as client:
        yield Installation(sandbox, client)


@pytest.fixture(autouse=True)
def nothing_left(made):
    yield
    faults.clear(made.sandbox)
    batch = made.client("batch")
    for queue in batch.describe_job_queues()["jobQueues"]:
        for status in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"):
            found = batch.list_jobs(jobQueue=queue["jobQueueName"], jobStatus=status)
            for job in found["jobSummaryList"]:
                batch.terminate_job(jobId=job["jobId"], reason="the test is over")


@pytest.fixture
def submit(made):
    """Submits a job that is to wait, and waits until it does."""

    def submitted(queue: str, *, waits: bool = True, **asked: Any) -> str:
        batch = made.client("batch")
        needs = [{"type": k.upper(), "value": str(v)} for k, v in asked.items()]
        job = batch.submit_job(
            jobName=next(names),
            jobQueue=queue,
            jobDefinition=made.definition(),
            containerOverrides={"resourceRequirements": needs},
        )["jobId"]
        wanted = ("RUNNABLE",) if waits else ("RUNNING",)

        def status() -> bool:
            return batch.describe_jobs(jobs=[job])["jobs"][0]["status"] in wanted

        wait_until(status, f"a job is {wanted}")
        return str(job)

    return submitted


@pytest.fixture
def ask(made):
    """Asks as if the sandbox were AWS: a job that nothing holds up does not wait there."""

    def answer(queue: str, job: str) -> Waiting:
        return RunnableDiagnosis(made.account).why(queue, job)

    return answer


@pytest.fixture
def long_ago(monkeypatch):
    """Instances had all the time to start."""
    monkeypatch.setattr(head, "STARTING_MINUTES", 0)
