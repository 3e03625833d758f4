"""Commands as processes of this computer: no image is needed, and none is looked at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from geoschem_bench.sandbox.batch.launchers.base import OUTPUT, CannotStartError, Task
from geoschem_bench.sandbox.batch.logs import OutputReader
from geoschem_bench.sandbox.batch.processes import kill_all, processes_of, send


class ProcessLauncher:
    """Starts each command in a session and a working directory of its own."""

    def start(self, task: Task) -> ProcessRunning:
        """Starts the command."""
        work = task.folder / "work"
        work.mkdir()
        output = task.folder / OUTPUT
        try:
            with output.open("wb") as sink:
                process = _popen(task, work, sink.fileno())
        except OSError as error:
            raise CannotStartError.because(error) from error
        return ProcessRunning(task.job_id, process, output)

    def clear(self, job_id: str, folder: Path) -> None:
        """Kills the job's processes."""
        kill_all(job_id)

    def sweep(self) -> None:
        """Nothing: a process that is marked by no known job cannot be told from others."""


class ProcessRunning:
    """A command's first process, its children, and the file that they print to."""

    reason = None

    def __init__(self, job_id: str, process: subprocess.Popen[bytes], output: Path) -> None:
        self._job_id = job_id
        self._process = process
        self._reader = OutputReader(output)
        self._family: list[psutil.Process] = []

    def poll(self) -> int | None:
        """As in Docker the first process is the container: what it left behind ends with it."""
        code = self._process.poll()
        if code is None:
            return None
        self.kill()
        # Docker reports death by signal n as 128 + n, Popen as -n.
        return code if code >= 0 else 128 - code

    def lines(self, *, last: bool = False) -> list[bytes]:
        """What was printed since the last call."""
        return self._reader.new_lines(last=last)

    def stop(self) -> None:
        """SIGTERM to the first process. Whom it started is noted while that can be seen."""
        self._family = processes_of(self._job_id, self._process.pid)
        send(self._process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to all."""
        kill_all(self._job_id, self._process.pid, self._family)

    def close(self) -> None:
        """Closes the output. What failed here in between is killed by `clear`."""
        self._reader.close()


def _popen(task: Task, work: Path, sink: int) -> subprocess.Popen[bytes]:
    command = task.container["command"]
    if not command:
        raise OSError("no command specified; the sandbox has no image that could bring one")
    return subprocess.Popen(
        command,
        cwd=work,
        env={**_of_this_computer(), **task.environment},
        stdin=subprocess.DEVNULL,
        stdout=sink,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _of_this_computer() -> dict[str, str]:
    """What an image would bring; nothing else of the person's own, above all no credentials."""
    programs = Path(sys.executable).parent
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": os.environ.get("HOME", "/"),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
    }
