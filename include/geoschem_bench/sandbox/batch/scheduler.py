"""Which job runs when, and what becomes of it."""

from __future__ import annotations

import logging
import shutil
import threading

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.batch.attempt import (
    CONTAINER_EXITED,
    HOST_TERMINATED,
    Attempt,
    Host,
    Outcome,
)
from geoschem_bench.sandbox.batch.job import FINISHED, ON_A_HOST, Job, Status, now_ms
from geoschem_bench.sandbox.batch.launchers import OUTPUT, scratch_folder
from geoschem_bench.sandbox.batch.placement import next_in_line
from geoschem_bench.sandbox.batch.retry import is_retried
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState

_LOG = logging.getLogger(__name__)
_AGAIN_SECONDS = 1.0


class Scheduler:
    """Moves jobs on: one thread decides, one thread per running job follows it."""

    def __init__(self, state: BatchState, host: Host) -> None:
        self._state = state
        self._host = host
        self._closing = False
        self._threads: dict[str, threading.Thread] = {}
        self._thread = threading.Thread(target=self._decide, name="scheduler", daemon=True)

    def start(self) -> None:
        """Clears away what a killed server left behind, then begins."""
        with self._state.changed:
            for job in list(self._state.jobs.values()):
                if job.status in ON_A_HOST:
                    self._clear_away(job)
        self._host.launcher.sweep()
        shutil.rmtree(self._host.scratch, ignore_errors=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the running jobs, as the loss of their host would, and waits for it."""
        with self._state.changed:
            self._closing = True
            self._state.changed.notify_all()
        self._thread.join()
        for thread in list(self._threads.values()):
            thread.join()

    def _clear_away(self, job: Job) -> None:
        folder = scratch_folder(self._host.scratch, job.id, len(job.detail["attempts"]) + 1)
        self._host.launcher.clear(job.id, folder)
        container: Document = {"networkInterfaces": []}
        started_at = None
        if job.status is Status.RUNNING:  # before that, these are still the last attempt's
            container.update({key: job.container[key] for key in ("logStreamName", "taskArn")})
            started_at = job.detail["startedAt"]
            self._host.logs.recover(container["logStreamName"], folder / OUTPUT)
        self._finish(job, Outcome(HOST_TERMINATED, None, None, started_at, now_ms()), container)

    def _decide(self) -> None:
        with self._state.changed:
            while not self._closing:
                try:
                    self._advance()
                    has_started = self._start_next()
                except OSError:  # a full disk must not end the scheduling for good
                    _LOG.exception("scheduler")
                    self._state.changed.wait(_AGAIN_SECONDS)
                    continue
                if not has_started:
                    self._state.changed.wait()

    def _advance(self) -> None:
        """From SUBMITTED to RUNNABLE, once all that a job depends on has succeeded."""
        for job in list(self._state.jobs.values()):
            if job.status is Status.SUBMITTED:
                self._move(job, Status.PENDING)
            if job.status is Status.PENDING:
                needed = [self._state.jobs[each["jobId"]] for each in job.detail["dependsOn"]]
                if any(other.status is Status.FAILED for other in needed):
                    self._move(job, Status.FAILED, "Dependent Job failed")
                elif all(other.status is Status.SUCCEEDED for other in needed):
                    self._move(job, Status.RUNNABLE)

    def _start_next(self) -> bool:
        running = [job for job in self._state.jobs.values() if job.status in ON_A_HOST]
        if len(running) >= self._state.behaviour.concurrent_jobs:
            return False
        chosen = next_in_line(self._state)
        if chosen is None or not self._fits(chosen.job, running):
            return False
        self._move(chosen.job, Status.STARTING)
        attempt = Attempt(chosen.job, chosen.environment, self._host)
        thread = threading.Thread(target=self._run, args=(attempt,), name=chosen.job.id)
        self._threads[chosen.job.id] = thread
        thread.start()
        return True

    def _fits(self, job: Job, running: list[Job]) -> bool:
        taken = sum(self._host.granted_vcpus(other) for other in running)
        return not running or taken + self._host.granted_vcpus(job) <= self._host.cores

    def _run(self, attempt: Attempt) -> None:
        job = attempt.job
        task = self._task_arn(attempt)
        try:
            outcome = attempt.run(lambda: self._on_start(attempt, task), lambda: self._ending(job))
        except Exception as error:  # a fault of ours must not leave a job RUNNING for ever
            _LOG.exception("job %s", job.id)
            self._clear_after(error, attempt)
            outcome = Outcome(f"Sandbox error: {error}", stopped_at=now_ms(), may_retry=False)
        with self._state.changed:
            del self._threads[job.id]
            self._finish(job, outcome, _attempt_container(attempt.log_stream, task))

    def _clear_after(self, error: Exception, attempt: Attempt) -> None:
        if isinstance(error, SandboxError):  # which says that killing is of no use
            return
        try:
            self._host.launcher.clear(attempt.job.id, attempt.folder)
        except SandboxError:
            _LOG.exception("job %s", attempt.job.id)

    def _ending(self, job: Job) -> str | None:
        if job.stop_reason is not None:
            return job.stop_reason
        return HOST_TERMINATED if self._closing else None

    def _on_start(self, attempt: Attempt, task: str) -> None:
        with self._state.changed:
            job = attempt.job
            for stale in ("exitCode", "reason"):
                job.container.pop(stale, None)
            job.container.update(_attempt_container(attempt.log_stream, task))
            job.detail["startedAt"] = now_ms()
            self._move(job, Status.RUNNING)

    def _task_arn(self, attempt: Attempt) -> str:
        region, account = self._state.region, self._state.account
        cluster = f"{attempt.environment_name}_Batch"
        return f"arn:aws:ecs:{region}:{account}:task/{cluster}/{attempt.task}"

    def _finish(self, job: Job, outcome: Outcome, container: Document) -> None:
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
        self._move(job, self._next_status(job, outcome), status_reason)

    def _next_status(self, job: Job, outcome: Outcome) -> Status:
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

    def _move(self, job: Job, status: Status, reason: str | None = None) -> None:
        if job.status in FINISHED:
            return
        job.move(status, reason)
        self._state.save(job)


def _attempt_container(log_stream: str, task_arn: str) -> Document:
    return {"logStreamName": log_stream, "taskArn": task_arn, "networkInterfaces": []}
