"""The faults of jobs: which job gets which fate, and what it does to one that runs."""

from __future__ import annotations

from typing import Any

from geoschem_bench.sandbox.batch.job import FINISHED, ON_A_HOST, WAITING, Job, Status, now_ms
from geoschem_bench.sandbox.batch.outcome import (
    CANNOT_START,
    CONTAINER_EXITED,
    KILLED,
    OUT_OF_MEMORY,
    Outcome,
)
from geoschem_bench.sandbox.batch.state import BatchState
from geoschem_bench.sandbox.faults.model import IN_A_RUN, Fate, Fault, Kind
from geoschem_bench.sandbox.faults.reasons import no_image_reason

_HOST = "Host EC2 (instance i-{}) terminated."
_ID_LENGTH = 17
_MOST_CHANGES = 50
_BY_NAME = {str(fate): fate for fate in Fate}


def fate_of(job: Job) -> Fate | None:
    """What is to become of the attempt at a job that is next, or runs."""
    return _BY_NAME[job.fate["fate"]] if job.fate else None


def is_idle(job: Job) -> bool:
    """Whether it runs, or will run, without a process."""
    return fate_of(job) is Fate.IDLE


def bind(state: BatchState) -> bool:
    """Gives each job the first fault that befalls it, and takes back those that were cleared.

    A job keeps its fate for one attempt, also when the fault is spent by then. Returns whether
    that was all: with many jobs it is done in portions, for requests want the lock, too.
    """
    faults = state.faults.of(Kind.JOB)
    known = {fault.id for fault in faults}
    # AWS forgets finished jobs as well
    forgets = any(fault.effect == Fate.VANISH for fault in faults)
    held, changes = set(), 0
    for job in list(state.jobs.values() if forgets else state.unfinished.values()):
        if job.fate and job.fate["fault"] not in known:
            changes += _release(state, job)
        if faults and (job.fate is None or forgets):
            changes += _bind_one(state, job, faults)
        if job.fate and job.status not in FINISHED:
            held.add(job.fate["fault"])
        if changes >= _MOST_CHANGES:
            return False
    for fault in state.faults.of(Kind.JOB):
        if fault.is_spent and fault.id not in held:
            state.faults.remove(fault.id)
    return True


def _release(state: BatchState, job: Job) -> bool:
    if is_idle(job) and job.status is Status.RUNNING:
        return False  # it has begun, so it has to end
    job.fate = None
    state.save(job)
    return True


def _bind_one(state: BatchState, job: Job, faults: list[Fault]) -> bool:
    name = str(job.detail["jobName"])
    for fault in faults:
        if not _may_befall(fault, job) or not fault.is_of(name, job.queue):
            continue
        if state.faults.use(fault):
            has_no_process = job.status not in ON_A_HOST or is_idle(job)
            job.fate = {"fault": fault.id, "fate": fault.effect,
                        "reason": fault.reason, "seconds": fault.seconds}  # fmt: skip
            if fate_of(job) is Fate.VANISH and has_no_process and not _runs_before(job):
                state.forget(job)
            else:
                state.save(job)
            return True
    return False


def _runs_before(job: Job) -> bool:
    """Whether a job that waits is to run for some seconds before its fate."""
    return job.status in WAITING and _seconds(job.fate) > 0


def _may_befall(fault: Fault, job: Job) -> bool:
    """A job with a fate can still vanish; one that has ended can do nothing else."""
    if job.fate is not None or job.status in FINISHED:
        return fault.effect == Fate.VANISH and fate_of(job) is not Fate.VANISH
    return job.status in WAITING or fault.effect in IN_A_RUN


def _seconds(fate: dict[str, Any] | None) -> float:
    return float((fate or {}).get("seconds") or 0)


def outcome_before_start(job: Job) -> Outcome | None:
    """The end of an attempt whose container never starts."""
    fate = job.fate
    if fate is None or fate_of(job) is not Fate.NO_IMAGE:
        return None
    reason = no_image_reason(fate["reason"], str(job.container["image"]))
    return Outcome(CANNOT_START, reason=reason, stopped_at=now_ms())


def outcome_while_running(job: Job, ran_seconds: float, started_at: int) -> Outcome | None:
    """The end of an attempt that runs, once it is time for it."""
    fate, moment = fate_of(job), now_ms()
    if fate not in IN_A_RUN or ran_seconds < _seconds(job.fate):
        return None
    if fate is Fate.VANISH:
        return Outcome("", is_forgotten=True)
    if fate is Fate.OUT_OF_MEMORY:
        return Outcome(CONTAINER_EXITED, KILLED, OUT_OF_MEMORY, started_at, moment)
    instance = job.id.replace("-", "")[:_ID_LENGTH]
    return Outcome(_HOST.format(instance), None, None, started_at, moment)
