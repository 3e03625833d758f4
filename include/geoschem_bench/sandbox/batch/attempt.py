"""One attempt at a job: a process from its start until nothing of it is left."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from geoschem_bench.sandbox.batch.job import Job, now_ms
from geoschem_bench.sandbox.batch.logs import LogStore, OutputReader
from geoschem_bench.sandbox.batch.processes import JOB_ID, kill_all, processes_of, send
from geoschem_bench.sandbox.credentials import Credentials
from geoschem_bench.sandbox.proxies import without_proxy

CONTAINER_EXITED = "Essential container in task exited"
CANNOT_START = "Task failed to start"
TIMED_OUT = "Job attempt duration exceeded timeout"
HOST_TERMINATED = "Host EC2 (sandbox) terminated"
OUTPUT = "output"
"""The file in an attempt's scratch folder that its processes print to."""
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
    stop_seconds: float
    cores: int

    def granted_vcpus(self, job: Job) -> int:
        """A job that asks for more than the computer has gets all of it."""
        return min(job.vcpus, self.cores)


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    status_reason: str
    exit_code: int | None = None
    """None when no process was started."""
    reason: str | None = None
    """AWS's `container.reason`."""
    started_at: int | None = None
    stopped_at: int = 0
    may_retry: bool = True


@dataclass(frozen=True)
class _Stop:
    """The end of an attempt before its time."""

    reason: str
    patience_ends: float
    """On the monotonic clock: when what is left gets SIGKILL."""


class Attempt:
    """Runs a job's command once. `run` returns when none of its processes is left."""

    def __init__(self, job: Job, environment_name: str, host: Host) -> None:
        self.job = job
        self.host = host
        self.environment_name = environment_name
        self.number = len(job.detail["attempts"]) + 1
        self.task = secrets.token_hex(16)
        definition = job.detail["jobDefinition"].rpartition("/")[2].rpartition(":")[0]
        self.log_stream = f"{definition}/default/{self.task}"
        self._folder = scratch_folder(host.scratch, job.id, self.number)
        self._started = 0.0
        self._stop: _Stop | None = None
        self._family: list[psutil.Process] = []

    def run(self, on_start: Callable[[], None], ending: Callable[[], str | None]) -> Outcome:
        """Runs the command.

        Args:
            on_start: Called once the process runs.
            ending: Says why the attempt shall end now, or None. Asked again and again.
        """
        self.host.logs.create(self.log_stream)
        work = self._folder / "work"
        work.mkdir(parents=True)
        output = self._folder / OUTPUT
        try:
            with output.open("wb") as sink:
                process = self._start(work, sink.fileno())
        except OSError as error:
            return Outcome(CANNOT_START, reason=_why_not_started(error), stopped_at=now_ms())
        else:
            return self._follow(process, output, on_start, ending)
        finally:
            # What a job made undeletable is no fault of its benchmark; the next start tries again.
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, work: Path, sink: int) -> subprocess.Popen[bytes]:
        command = self.job.container["command"]
        if not command:
            raise OSError("no command specified; the sandbox has no image that could bring one")
        return subprocess.Popen(
            command,
            cwd=work,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        """A container's environment: nothing of the person's own, above all no credentials."""
        programs = Path(sys.executable).parent
        container = {entry["name"]: entry["value"] for entry in self.job.container["environment"]}
        return {
            "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": os.environ.get("HOME", "/"),
            "LANG": os.environ.get("LANG", "C.UTF-8"),
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
        self,
        process: subprocess.Popen[bytes],
        output: Path,
        on_start: Callable[[], None],
        ending: Callable[[], str | None],
    ) -> Outcome:
        started_at = now_ms()
        self._started = time.monotonic()
        on_start()
        reader = OutputReader(output)
        pause = _SHORTEST_PAUSE_SECONDS
        while process.poll() is None:
            self.host.logs.append(self.log_stream, reader.new_lines())
            self._stop_if_asked(process.pid, ending())
            time.sleep(pause)
            pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
        # As in Docker the first process is the container: what it left behind ends with it.
        kill_all(self.job.id, process.pid, self._family)
        self.host.logs.append(self.log_stream, reader.new_lines(last=True))
        reader.close()
        return self._outcome(process.returncode, started_at)

    def _stop_if_asked(self, pid: int, reason: str | None) -> None:
        """Asks the first process to end, as `docker stop` does, and kills all if it does not."""
        if self._stop is None:
            self._stop = self._why_stop(reason)
            if self._stop is not None:
                self._family = processes_of(self.job.id, pid)
                send(pid, signal.SIGTERM)
        elif time.monotonic() > self._stop.patience_ends:
            kill_all(self.job.id, pid, self._family)

    def _why_stop(self, reason: str | None) -> _Stop | None:
        limit = self.job.detail.get("timeout", {}).get("attemptDurationSeconds")
        if reason is None and limit is not None and time.monotonic() - self._started > limit:
            reason = TIMED_OUT
        if reason is None:
            return None
        return _Stop(reason, time.monotonic() + self.host.stop_seconds)

    def _outcome(self, returncode: int, started_at: int) -> Outcome:
        # Docker reports death by signal n as 128 + n, Popen as -n.
        exit_code = returncode if returncode >= 0 else 128 - returncode
        status_reason = self._stop.reason if self._stop else CONTAINER_EXITED
        return Outcome(
            status_reason,
            exit_code,
            started_at=started_at,
            stopped_at=now_ms(),
            # AWS retries neither what somebody stopped nor what ran out of time.
            may_retry=status_reason in (CONTAINER_EXITED, HOST_TERMINATED),
        )


def scratch_folder(scratch: Path, job_id: str, attempt: int) -> Path:
    """Where an attempt has its working directory and its output."""
    return scratch / f"{job_id}-{attempt}"


def _why_not_started(error: OSError) -> str:
    return f"CannotStartContainerError: Error response from daemon: {error}"
