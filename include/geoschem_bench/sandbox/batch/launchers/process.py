"""Commands as processes of this computer: no image is needed, and none is looked at."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import psutil

from geoschem_bench.sandbox.batch.launchers import supervision
from geoschem_bench.sandbox.batch.launchers.base import OUTPUT, CannotStartError, LostError, Task
from geoschem_bench.sandbox.batch.launchers.supervision import Supervised
from geoschem_bench.sandbox.batch.logs import OutputReader
from geoschem_bench.sandbox.batch.processes import kill_all, processes_of
from geoschem_bench.sandbox.batch.shelf import Document

_CLEARED = "cleared"
"""The file in an attempt's folder that says: we ended it, its exit code tells nothing."""


class ProcessLauncher:
    """Starts each command in a session and a working directory of its own."""

    def start(self, task: Task) -> ProcessRunning:
        """Starts the command."""
        work = task.folder / "work"
        work.mkdir()
        output = task.folder / OUTPUT
        try:
            with output.open("wb") as sink:
                supervised = supervision.start(
                    _command(task),
                    {**_of_this_computer(), **task.environment},
                    work,
                    task.folder,
                    sink.fileno(),
                )
        except OSError as error:
            raise CannotStartError.because(error) from error
        return ProcessRunning(task.job_id, supervised)

    def adopt(self, folder: Path, job_id: str, trace: Document) -> ProcessRunning | None:
        """Finds the processes by pid and start time."""
        if (folder / _CLEARED).exists() or not (folder / OUTPUT).exists():
            return None
        supervised = Supervised.found(folder, trace)
        return ProcessRunning(job_id, supervised) if supervised else None

    def clear(self, job_id: str, folder: Path) -> None:
        """Kills the job's processes."""
        if folder.is_dir():
            (folder / _CLEARED).touch()
        kill_all(job_id)

    def sweep(self, kept: Collection[str] = ()) -> None:
        """Nothing: a process that is marked by no known job cannot be told from others."""


class ProcessRunning:
    """A command's first process, its children, and the file that they print to."""

    reason = None

    def __init__(self, job_id: str, supervised: Supervised) -> None:
        self._job_id = job_id
        self._supervised = supervised
        self._reader = OutputReader(supervised.folder / OUTPUT)
        self._family: list[psutil.Process] = []

    @property
    def trace(self) -> Document:
        """Pids and start times."""
        return self._supervised.trace

    @property
    def _leader(self) -> int | None:
        """The first process. None where another may have its pid since."""
        command = self._supervised.command
        return command.pid if command else None

    def poll(self) -> int | None:
        """As in Docker the first process is the container: what it left behind ends with it."""
        lived = self._supervised.lives
        # In this order: the exit code is written before the supervisor ends.
        code = self._supervised.exit_code()
        if code is None and lived:
            return None
        self.kill()
        if code is None:
            raise LostError(f"job {self._job_id}: who waited for it was killed")
        return code

    def lines(self, *, last: bool = False) -> list[bytes]:
        """What was printed since the last call."""
        return self._reader.new_lines(last=last)

    def stop(self) -> None:
        """SIGTERM to the first process. Whom it started is noted while that can be seen."""
        self._family = processes_of(self._job_id, self._leader)
        if self._supervised.command is not None:
            with suppress(psutil.NoSuchProcess):
                self._supervised.command.terminate()

    def kill(self) -> None:
        """SIGKILL to all."""
        kill_all(self._job_id, self._leader, self._family)

    def close(self) -> None:
        """Closes the output. What failed here in between is killed by `clear`."""
        self._reader.close()
        self._supervised.close()


def _command(task: Task) -> list[str]:
    command: list[str] = task.container["command"]
    if not command:
        raise OSError("no command specified; the sandbox has no image that could bring one")
    return command


def _of_this_computer() -> dict[str, str]:
    """What an image would bring; nothing else of the person's own, above all no credentials."""
    programs = Path(sys.executable).parent
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": os.environ.get("HOME", "/"),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
    }
