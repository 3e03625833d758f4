"""One attempt at a job: from the start of its command until nothing of it is left."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from geoschem_bench.sandbox.batch.fates import outcome_before_start, outcome_while_running
from geoschem_bench.sandbox.batch.job import Job, now_ms
from geoschem_bench.sandbox.batch.launchers import (
    CannotStartError,
    Launcher,
    LostError,
    Running,
    Task,
    scratch_folder,
)
from geoschem_bench.sandbox.batch.logs import LogStore, log_group_of
from geoschem_bench.sandbox.batch.outcome import (
    CANNOT_START,
    CONTAINER_EXITED,
    HOST_TERMINATED,
    TIMED_OUT,
    Outcome,
    may_retry,
)
from geoschem_bench.sandbox.batch.processes import JOB_ID
from geoschem_bench.sandbox.credentials import Credentials
from geoschem_bench.sandbox.proxies import without_proxy

# A short job is not made to wait; a long one, which measures, is not disturbed by us looking.
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS, _PAUSE_GROWTH = 0.01, 0.1, 1.1


@dataclass(frozen=True)
class Host:
    """The computer that jobs run on: this one."""

    endpoint_url: str
    region: str
    credentials: Credentials
    scratch: Path
    logs: LogStore
    launcher: Launcher
    stop_seconds: float
    cores: int

    def granted_vcpus(self, job: Job) -> int:
        """A job that asks for more than the computer has gets all of it."""
        return min(job.vcpus, self.cores)


@dataclass(frozen=True)
class _Stop:
    """The end of an attempt before its time."""

    reason: str
    patience_ends: float
    """On the monotonic clock: when what is left gets SIGKILL."""


class Attempt:
    """Runs a job's command once. `run` returns when nothing of it is left."""

    def __init__(
        self, job: Job, environment_name: str, host: Host, task: str | None = None
    ) -> None:
        self.job = job
        self.host = host
        self.environment_name = environment_name
        self.number = len(job.detail["attempts"]) + 1
        self.task = task or secrets.token_hex(16)
        definition = job.detail["jobDefinition"].rpartition("/")[2].rpartition(":")[0]
        self.log_stream = f"{definition}/default/{self.task}"
        self.folder = scratch_folder(host.scratch, job.id, self.number)
        self.running: Running | None = None
        self._logged_already = 0
        self._started = 0.0
        self._stop: _Stop | None = None

    @classmethod
    def adopted(cls, job: Job, host: Host) -> Attempt | None:
        """The attempt that an earlier server started, if its command can still be followed."""
        if job.trace is None:
            return None
        cluster, task = str(job.container["taskArn"]).split("/")[-2:]
        attempt = cls(job, cluster.removesuffix("_Batch"), host, task)
        attempt.running = host.launcher.adopt(attempt.folder, job.id, job.trace)
        return attempt if attempt.running else None

    def run(self, on_start: Callable[[], None], ending: Callable[[], str | None]) -> Outcome:
        """Runs the command.

        Args:
            on_start: Called once the command runs.
            ending: Says why the attempt shall end now, or None. Asked again and again.
        """
        self.host.logs.create(self.log_stream, log_group_of(self.job.container))
        if (reason := ending()) is not None:
            return Outcome(reason, stopped_at=now_ms(), may_retry=may_retry(reason))
        if (outcome := outcome_before_start(self.job)) is not None:
            return outcome
        self.folder.mkdir(parents=True)
        try:
            self.running = self.host.launcher.start(self._as_task())
            with closing(self.running):
                started_at = now_ms()
                on_start()
                return self._follow(self.running, started_at, ending)
        except CannotStartError as error:
            return Outcome(CANNOT_START, reason=str(error), stopped_at=now_ms())
        finally:
            self._remove_folder()

    def follow(self, ending: Callable[[], str | None]) -> Outcome:
        """Goes on with an adopted attempt: what it printed meanwhile is neither lost nor twice."""
        assert self.running is not None  # noqa: S101 - `adopted` gives no other
        self._logged_already = self.host.logs.count(self.log_stream)
        try:
            with closing(self.running):
                return self._follow(self.running, int(self.job.detail["startedAt"]), ending)
        finally:
            self._remove_folder()

    def _remove_folder(self) -> None:
        # What a job made undeletable is no fault of its benchmark; the next start tries again.
        shutil.rmtree(self.folder, ignore_errors=True)

    def _as_task(self) -> Task:
        return Task(
            job_id=self.job.id,
            name=f"geoschem-bench-{self.job.id}-{self.number}",
            container=self.job.container,
            vcpus=self.job.vcpus,
            environment=self._environment(),
            folder=self.folder,
        )

    def _environment(self) -> dict[str, str]:
        """What Batch and the job set: nothing of the person's own, above all no credentials."""
        container = {entry["name"]: entry["value"] for entry in self.job.container["environment"]}
        return {
            "AWS_ENDPOINT_URL": self.host.endpoint_url,
            "AWS_DEFAULT_REGION": self.host.region,
            "AWS_REGION": self.host.region,
            **self.host.credentials.environment(),
            **container,
            **without_proxy(container),
            JOB_ID: self.job.id,
            "AWS_BATCH_JOB_ATTEMPT": str(self.number),
            "AWS_BATCH_JQ_NAME": self.job.queue,
            "AWS_BATCH_CE_NAME": self.environment_name,
            "GEOSCHEM_BENCH_GRANTED_VCPUS": str(self.host.granted_vcpus(self.job)),
            **self._node_environment(),
        }

    def _node_environment(self) -> dict[str, str]:
        """What Batch tells the main node of a multi-node job; here no other node is there."""
        nodes = self.job.detail.get("nodeProperties")
        if nodes is None:
            return {}
        main = str(nodes["mainNode"])
        return {
            "AWS_BATCH_JOB_MAIN_NODE_INDEX": main,
            "AWS_BATCH_JOB_NODE_INDEX": main,
            "AWS_BATCH_JOB_NUM_NODES": "1",
        }

    def _follow(
        self, running: Running, started_at: int, ending: Callable[[], str | None]
    ) -> Outcome:
        self._started = time.monotonic() - (now_ms() - started_at) / 1000
        try:
            outcome = self._watch(running, started_at, ending)
        except LostError:
            outcome = Outcome(HOST_TERMINATED, None, None, started_at, now_ms())
        self._log(running.lines(last=True))
        return outcome

    def _watch(
        self, running: Running, started_at: int, ending: Callable[[], str | None]
    ) -> Outcome:
        """To the end of the command, or to what befalls it before."""
        pause = _SHORTEST_PAUSE_SECONDS
        while (exit_code := running.poll()) is None:
            self._log(running.lines())
            ran_seconds = time.monotonic() - self._started
            struck = outcome_while_running(self.job, ran_seconds, started_at)
            if struck is not None:
                running.kill()
                return struck
            self._stop_if_asked(running, ending())
            time.sleep(pause)
            pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
        why = self._stop.reason if self._stop else CONTAINER_EXITED
        return Outcome(why, exit_code, running.reason, started_at, now_ms(), may_retry(why))

    def _log(self, lines: list[bytes]) -> None:
        self._logged_already = self.host.logs.append(self.log_stream, lines, self._logged_already)

    def _stop_if_asked(self, running: Running, reason: str | None) -> None:
        """Asks the command to end, and ends it if it does not."""
        if self._stop is None:
            self._stop = self._why_stop(reason)
            if self._stop is not None:
                running.stop()
        elif time.monotonic() > self._stop.patience_ends:
            running.kill()

    def _why_stop(self, reason: str | None) -> _Stop | None:
        limit = self.job.detail.get("timeout", {}).get("attemptDurationSeconds")
        if reason is None and limit is not None and time.monotonic() - self._started > limit:
            reason = TIMED_OUT
        if reason is None:
            return None
        return _Stop(reason, time.monotonic() + self.host.stop_seconds)
