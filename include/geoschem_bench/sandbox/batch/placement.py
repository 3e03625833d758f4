"""Which waiting job is next, and in which compute environment."""

from __future__ import annotations

from dataclasses import dataclass

from geoschem_bench.sandbox.batch.job import Job, Status
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState, last_part

TOO_LARGE = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) "
    "is higher than that can be met by the CE(s) attached to the job queue."
)


@dataclass(frozen=True)
class Placement:
    """A job and the environment that it will run in."""

    job: Job
    environment: str


def runnable(state: BatchState, queue: str) -> list[Job]:
    """The jobs of a queue that wait for a computer, the next one first."""
    waiting = [
        job for job in state.jobs.values() if job.queue == queue and job.status is Status.RUNNABLE
    ]
    return sorted(waiting, key=lambda job: int(job.detail["createdAt"]))


def next_in_line(state: BatchState) -> Placement | None:
    """The job to start next: the head of the most important queue whose head can be placed.

    Queues are first in, first out: as on AWS a head that fits nowhere blocks those behind it.
    """
    queues = sorted(state.queues, key=lambda queue: -int(queue["priority"]))
    for queue in queues:
        waiting = runnable(state, queue["jobQueueName"])
        if waiting and (environment := _environment_for(state, queue, waiting[0])):
            return Placement(waiting[0], environment)
    return None


def _environment_for(state: BatchState, queue: Document, job: Job) -> str | None:
    enabled = [
        each
        for each in environments_of(state, queue)
        if each["state"] == "ENABLED" and each["status"] == "VALID"
    ]
    for environment in enabled:
        if job.vcpus <= _limit(environment):
            return str(environment["computeEnvironmentName"])
    if enabled and job.detail.get("statusReason") != TOO_LARGE:
        job.detail["statusReason"] = TOO_LARGE
        state.save(job)
    return None


def environments_of(state: BatchState, queue: Document) -> list[Document]:
    """The compute environments of a queue, in the queue's order."""
    order = sorted(queue["computeEnvironmentOrder"], key=lambda entry: int(entry["order"]))
    found = [state.environments.get(last_part(entry["computeEnvironment"])) for entry in order]
    return [environment for environment in found if environment is not None]


def _limit(environment: Document) -> float:
    resources = environment.get("computeResources")
    return float("inf") if resources is None else float(resources["maxvCpus"])
