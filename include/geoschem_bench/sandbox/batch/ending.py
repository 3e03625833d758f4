"""What becomes of a job when an attempt at it has ended. The lock of the state is held."""

from __future__ import annotations

from geoschem_bench.sandbox.batch.job import FINISHED, Job, Status
from geoschem_bench.sandbox.batch.outcome import CONTAINER_EXITED, Outcome
from geoschem_bench.sandbox.batch.retry import is_retried
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState


def finish(state: BatchState, job: Job, outcome: Outcome, container: Document) -> None:
    """Records an attempt: the job has ended with it, or is to be tried again."""
    if outcome.is_forgotten:
        state.forget(job)
        return
    # Whoever was told that the job is being stopped must not find it succeeded or retried.
    status_reason = job.stop_reason or outcome.status_reason
    if outcome.exit_code is not None:
        container["exitCode"] = outcome.exit_code
    if outcome.reason is not None:
        container["reason"] = outcome.reason
    job.container.update(container)
    times = {"startedAt": outcome.started_at, "stoppedAt": outcome.stopped_at}
    job.detail["attempts"].append(
        {
            "container": container,
            "statusReason": status_reason,
            **{key: value for key, value in times.items() if value is not None},
        }
    )
    job.fate = job.trace = None
    move(state, job, _next_status(job, outcome), status_reason)


def move(state: BatchState, job: Job, status: Status, reason: str | None = None) -> None:
    """Enters a state; what has ended stays as it is."""
    if job.status in FINISHED:
        return
    job.move(status, reason)
    state.save(job)


def attempt_container(log_stream: str, task_arn: str) -> Document:
    """What AWS shows of an attempt from its start."""
    return {"logStreamName": log_stream, "taskArn": task_arn, "networkInterfaces": []}


def begin(state: BatchState, job: Job, container: Document, started_at: int) -> None:
    """The job runs; what the last attempt left is no longer true of it."""
    for stale in ("exitCode", "reason"):
        job.container.pop(stale, None)
    job.container.update(container)
    job.detail["startedAt"] = started_at
    move(state, job, Status.RUNNING)


def task_arn(state: BatchState, environment: str, task: str) -> str:
    """The ARN of an attempt's task in the cluster of its environment."""
    return f"arn:aws:ecs:{state.region}:{state.account}:task/{environment}_Batch/{task}"


def _next_status(job: Job, outcome: Outcome) -> Status:
    if not outcome.may_retry or job.stop_reason is not None:
        return Status.FAILED
    if outcome.exit_code == 0 and outcome.status_reason == CONTAINER_EXITED:
        return Status.SUCCEEDED
    retried = is_retried(
        job.detail["retryStrategy"],
        len(job.detail["attempts"]),
        outcome.exit_code,
        outcome.reason or "",
        outcome.status_reason,
    )
    return Status.RUNNABLE if retried else Status.FAILED
