"""Which job runs when, and what becomes of it."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.batch import idling
from geoschem_bench.sandbox.batch.attempt import Attempt, Host
from geoschem_bench.sandbox.batch.ending import attempt_container, begin, finish, move, task_arn
from geoschem_bench.sandbox.batch.fates import bind, is_idle
from geoschem_bench.sandbox.batch.job import ON_A_HOST, Job, Status, now_ms
from geoschem_bench.sandbox.batch.launchers import OUTPUT, scratch_folder
from geoschem_bench.sandbox.batch.outcome import HOST_TERMINATED, Outcome
from geoschem_bench.sandbox.batch.placement import next_in_line
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState

_LOG = logging.getLogger(__name__)
_AGAIN_SECONDS = 1.0
_BREATH_SECONDS = 0.005
"""Between two looks, for requests that want the lock."""


class Scheduler:
    """Moves jobs on: one thread decides, one thread per running job follows it."""

    def __init__(self, state: BatchState, host: Host) -> None:
        self._state = state
        self._host = host
        self._closing = False
        self._threads: dict[str, threading.Thread] = {}
        self._thread = threading.Thread(target=self._decide, name="scheduler", daemon=True)

    def start(self) -> None:
        """Goes on with the jobs that outlived a killed server, clears away the others, begins."""
        with self._state.changed:
            adopted = [attempt for job in self._on_a_host() if (attempt := self._adopt(job))]
            kept = {attempt.job.id for attempt in adopted}
            for job in self._on_a_host():
                if job.id not in kept and not self._idles_on(job):
                    self._clear_away(job)
        self._host.launcher.sweep(kept)
        self._sweep_scratch({attempt.folder for attempt in adopted})
        for attempt in adopted:
            self._start_thread(attempt, self._follow)
        self._thread.start()

    def _on_a_host(self) -> list[Job]:
        return [job for job in self._state.unfinished.values() if job.status in ON_A_HOST]

    def _adopt(self, job: Job) -> Attempt | None:
        return Attempt.adopted(job, self._host) if job.status is Status.RUNNING else None

    def _idles_on(self, job: Job) -> bool:
        """An idle job has no process to lose, but `down` has mended its fault and ended it."""
        fault = str((job.fate or {}).get("fault"))
        return idling.is_running(job) and fault in self._state.faults

    def _sweep_scratch(self, kept: set[Path]) -> None:
        for folder in self._host.scratch.glob("*"):
            if folder not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    def stop(self) -> None:
        """Ends the running jobs, as the loss of their host would, and waits for it."""
        with self._state.changed:
            self._closing = True
            idling.finish_due(self._state, closing=True)
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
        outcome = Outcome(HOST_TERMINATED, None, None, started_at, now_ms())
        finish(self._state, job, outcome, container)

    def _decide(self) -> None:
        with self._state.changed:
            while not self._closing:
                try:
                    pause = self._look()
                except OSError:  # a full disk must not end the scheduling for good
                    _LOG.exception("scheduler")
                    pause = _AGAIN_SECONDS
                self._state.changed.wait(pause)

    def _look(self) -> float | None:
        """Moves on what can be moved. In how many seconds to look again without being woken."""
        soonest = idling.finish_due(self._state)
        before = len(self._state.jobs)
        if not bind(self._state):  # a job must not start before it is known what becomes of it
            return _BREATH_SECONDS
        self._advance()
        has_forgotten = len(self._state.jobs) < before  # others may depend on what is gone
        if self._start_next() or has_forgotten:
            return _BREATH_SECONDS
        return soonest and max(soonest, _BREATH_SECONDS)

    def _advance(self) -> None:
        """From SUBMITTED to RUNNABLE, once all that a job depends on has succeeded."""
        for job in list(self._state.unfinished.values()):
            if job.status is Status.SUBMITTED:
                move(self._state, job, Status.PENDING)
            if job.status is Status.PENDING:
                needed = [self._state.jobs.get(each["jobId"]) for each in job.detail["dependsOn"]]
                if any(other is None or other.status is Status.FAILED for other in needed):
                    move(self._state, job, Status.FAILED, "Dependent Job failed")
                elif all(other and other.status is Status.SUCCEEDED for other in needed):
                    move(self._state, job, Status.RUNNABLE)

    def _start_next(self) -> bool:
        has_started = False
        for chosen in next_in_line(self._state):
            if is_idle(chosen.job):
                idling.start(self._state, self._host.logs, chosen.job, chosen.environment)
            elif self._has_room_for(chosen.job):
                move(self._state, chosen.job, Status.STARTING)
                attempt = Attempt(chosen.job, chosen.environment, self._host)
                self._start_thread(attempt, self._run)
            else:
                continue
            has_started = True
        return has_started

    def _has_room_for(self, job: Job) -> bool:
        running = [other for other in self._on_a_host() if not is_idle(other)]
        if len(running) >= self._state.behaviour.concurrent_jobs:
            return False
        taken = sum(self._host.granted_vcpus(other) for other in running)
        return not running or taken + self._host.granted_vcpus(job) <= self._host.cores

    def _start_thread(self, attempt: Attempt, work: Callable[[Attempt], Outcome]) -> None:
        job_id = attempt.job.id
        thread = threading.Thread(target=self._see_to_the_end, args=(attempt, work), name=job_id)
        self._threads[job_id] = thread
        thread.start()

    def _see_to_the_end(self, attempt: Attempt, work: Callable[[Attempt], Outcome]) -> None:
        job = attempt.job
        try:
            outcome = work(attempt)
        except Exception as error:  # a fault of ours must not leave a job RUNNING for ever
            _LOG.exception("job %s", job.id)
            self._clear_after(error, attempt)
            outcome = Outcome(f"Sandbox error: {error}", stopped_at=now_ms(), may_retry=False)
        with self._state.changed:
            del self._threads[job.id]
            finish(self._state, job, outcome, self._container_of(attempt))

    def _run(self, attempt: Attempt) -> Outcome:
        return attempt.run(lambda: self._on_start(attempt), lambda: self._ending(attempt.job))

    def _follow(self, attempt: Attempt) -> Outcome:
        return attempt.follow(lambda: self._ending(attempt.job))

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

    def _on_start(self, attempt: Attempt) -> None:
        with self._state.changed:
            if attempt.running is not None:
                attempt.job.trace = attempt.running.trace
            begin(self._state, attempt.job, self._container_of(attempt), now_ms())

    def _container_of(self, attempt: Attempt) -> Document:
        arn = task_arn(self._state, attempt.environment_name, attempt.task)
        return attempt_container(attempt.log_stream, arn)
