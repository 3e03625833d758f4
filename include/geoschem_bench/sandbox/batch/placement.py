"""Which waiting jobs are next, in which compute environment, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass

from geoschem_bench.sandbox.batch.fates import fate_of, is_idle
from geoschem_bench.sandbox.batch.faulty import as_shown, has_capacity
from geoschem_bench.sandbox.batch.job import Job, Status
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState, last_part
from geoschem_bench.sandbox.faults.model import Fate
from geoschem_bench.sandbox.faults.reasons import (
    INVALID_ENVIRONMENT,
    MAX_RESOURCE,
    stuck_reason,
)

_MOST_IDLE = 20
"""So many idle jobs are begun at a time: requests want the lock, too."""


@dataclass(frozen=True)
class Placement:
    """A job and the environment that it will run in."""

    job: Job
    environment: str


def runnable(state: BatchState, queue: str) -> list[Job]:
    """The jobs of a queue that wait for a computer, the next one first."""
    return _lines(state).get(queue, [])


def next_in_line(state: BatchState) -> list[Placement]:
    """The jobs to start next: those at the heads of queues that can be placed.

    Of each queue the idle ones at its head, which need no computer; then one other, of the most
    important queue that has one. Queues are first in, first out: as on AWS a head that fits
    nowhere blocks those behind it, and AWS says why on that job alone.
    """
    lines = _lines(state)
    idle: list[Placement] = []
    others: list[Placement] = []
    for queue in sorted(state.queues, key=lambda queue: -int(queue["priority"])):
        for job in lines.get(queue["jobQueueName"], []):
            environment, blocked_by = _place(state, queue, job)
            _explain(state, job, blocked_by)
            if environment is None:
                break
            if not is_idle(job):
                others.append(Placement(job, environment))
                break
            idle.append(Placement(job, environment))
            if len(idle) >= _MOST_IDLE:
                return idle
    return idle + others[:1]


def _lines(state: BatchState) -> dict[str, list[Job]]:
    """The RUNNABLE jobs by queue, in their order."""
    lines: dict[str, list[Job]] = {}
    for job in state.unfinished.values():
        if job.status is Status.RUNNABLE:
            lines.setdefault(job.queue, []).append(job)
    for line in lines.values():
        line.sort(key=lambda job: int(job.detail["createdAt"]))
        for behind in line[1:]:
            if behind.blocked_by is not None:  # an older job came back for another attempt
                _explain(state, behind, None)
    return lines


def _place(state: BatchState, queue: Document, job: Job) -> tuple[str | None, str | None]:
    """The environment to run in, or None and what AWS says to that, which may be nothing."""
    environments = [as_shown(state, each) for each in environments_of(state, queue)]
    if job.fate is not None and fate_of(job) is Fate.STUCK:
        return None, stuck_reason(job.fate["reason"], _types(environments))
    if environments and all(each["status"] == "INVALID" for each in environments):
        return None, INVALID_ENVIRONMENT
    usable = [
        each for each in environments if each["state"] == "ENABLED" and each["status"] == "VALID"
    ]
    if not usable:
        return None, None
    large = [each for each in usable if job.vcpus <= _limit(each)]
    if not large:
        return None, MAX_RESOURCE
    for environment in large:
        if has_capacity(state, environment):
            return str(environment["computeEnvironmentName"]), None
    return None, stuck_reason("capacity", _types(large))


def _explain(state: BatchState, job: Job, reason: str | None) -> None:
    """Writes the reason on the job, or takes back the one that was ours."""
    if reason == job.blocked_by:
        return
    job.detail.pop("statusReason", None)
    if reason is not None:
        job.detail["statusReason"] = reason
    job.blocked_by = reason
    state.save(job)


def environments_of(state: BatchState, queue: Document) -> list[Document]:
    """The compute environments of a queue, in the queue's order."""
    order = sorted(queue["computeEnvironmentOrder"], key=lambda entry: int(entry["order"]))
    found = [state.environments.get(last_part(entry["computeEnvironment"])) for entry in order]
    return [environment for environment in found if environment is not None]


def _types(environments: list[Document]) -> str:
    resources = [each.get("computeResources", {}) for each in environments]
    types = [kind for each in resources for kind in each.get("instanceTypes", [])]
    return ", ".join(dict.fromkeys(types)) or "optimal"


def _limit(environment: Document) -> float:
    resources = environment.get("computeResources")
    return float("inf") if resources is None else float(resources["maxvCpus"])
