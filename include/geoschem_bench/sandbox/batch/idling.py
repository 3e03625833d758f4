"""Jobs that are RUNNING without any process: a fault, for those who need a thousand of them.

They take no place of other jobs, store nothing, and say in their log that nothing was run.
"""

from __future__ import annotations

import secrets

from geoschem_bench.sandbox.batch.ending import attempt_container, begin, finish, task_arn
from geoschem_bench.sandbox.batch.fates import is_idle
from geoschem_bench.sandbox.batch.job import Job, Status, now_ms
from geoschem_bench.sandbox.batch.logs import LogStore, log_group_of
from geoschem_bench.sandbox.batch.outcome import (
    CONTAINER_EXITED,
    HOST_TERMINATED,
    TERMINATED,
    TIMED_OUT,
    Outcome,
)
from geoschem_bench.sandbox.batch.state import BatchState

_MOST_ENDS = 50
"""At a time: requests want the lock, too."""
_AT_ONCE_SECONDS = 0.001
_NOTHING_RAN = b"Nothing is run: this job is idle, a fault of the sandbox, and no measurement"


def start(state: BatchState, logs: LogStore, job: Job, environment: str) -> None:
    """From RUNNABLE to RUNNING."""
    task = secrets.token_hex(16)
    definition = job.detail["jobDefinition"].rpartition("/")[2].rpartition(":")[0]
    stream = f"{definition}/default/{task}"
    logs.create(stream, log_group_of(job.container))
    logs.append(stream, [_NOTHING_RAN])
    job.move(Status.STARTING)
    begin(state, job, attempt_container(stream, task_arn(state, environment, task)), now_ms())


def is_running(job: Job) -> bool:
    """Whether it is an idle job that has begun."""
    return job.status is Status.RUNNING and is_idle(job)


def finish_due(state: BatchState, *, closing: bool = False) -> float | None:
    """Ends the idle jobs whose time has come. Seconds until that of the next one, if any."""
    soonest, ended = None, 0
    for job in [job for job in state.unfinished.values() if is_running(job)]:
        if ended >= _MOST_ENDS and not closing:
            return _AT_ONCE_SECONDS
        outcome, left = _end_of(state, job, closing=closing)
        if outcome is not None:
            ended += 1
            last = {key: job.container[key] for key in ("logStreamName", "taskArn")}
            finish(state, job, outcome, attempt_container(last["logStreamName"], last["taskArn"]))
        elif left is not None:
            soonest = left if soonest is None else min(soonest, left)
    return soonest


def _end_of(state: BatchState, job: Job, *, closing: bool) -> tuple[Outcome | None, float | None]:
    """How it ends now, or in how many seconds it will."""
    started_at, moment = int(job.detail["startedAt"]), now_ms()
    ran_seconds = (moment - started_at) / 1000

    def ended(why: str, exit_code: int | None, *, may_retry: bool = True) -> Outcome:
        return Outcome(why, exit_code, None, started_at, moment, may_retry)

    if job.stop_reason is not None:
        return ended(job.stop_reason, TERMINATED, may_retry=False), None
    if closing:
        return ended(HOST_TERMINATED, None), None
    fate = job.fate or {}
    limit = job.detail.get("timeout", {}).get("attemptDurationSeconds")
    if limit is not None and ran_seconds >= limit:
        return ended(TIMED_OUT, TERMINATED, may_retry=False), None
    seconds = fate["seconds"]
    if fate["fault"] not in state.faults or (seconds is not None and ran_seconds >= seconds):
        return ended(CONTAINER_EXITED, 0), None
    ends = [each for each in (limit, seconds) if each is not None]
    return None, (min(ends) - ran_seconds if ends else None)
