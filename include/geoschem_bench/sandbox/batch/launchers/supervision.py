"""Starting a command under its supervisor, and finding the two again from another server."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from geoschem_bench.sandbox.batch.launchers import supervisor
from geoschem_bench.sandbox.batch.shelf import Document

_CLOCK_SECONDS = 2.0
"""Start times are counted from the boot, whose time moves a little when the clock is set. No pid
comes round in so short a time."""
_EXIT_FILE = "exit-code"


@dataclass
class Supervised:
    """A command and the process that waits for it."""

    supervisor: psutil.Process | None
    """None when it has ended."""
    command: psutil.Process | None
    """None when it has ended."""
    folder: Path
    child: subprocess.Popen[bytes] | None = None
    """The supervisor, if we are its parent."""

    @property
    def trace(self) -> Document:
        """Pids and start times."""
        return {
            "supervisor": _identity(self.supervisor),
            "command": _identity(self.command),
        }

    @classmethod
    def found(cls, folder: Path, trace: Document) -> Supervised | None:
        """What another server started: it still runs, or has left its exit code."""
        made = cls(_process(trace.get("supervisor")), _process(trace.get("command")), folder)
        return made if made.lives or made.exit_code() is not None else None

    @property
    def lives(self) -> bool:
        """Whether there is still to be waited."""
        if self.child is not None:
            return self.child.poll() is None
        return self.supervisor is not None and _is_alive(self.supervisor)

    def exit_code(self) -> int | None:
        """What the supervisor wrote down."""
        try:
            return int((self.folder / _EXIT_FILE).read_text())
        except FileNotFoundError:
            return None

    def close(self) -> None:
        """Removes the zombie: who has written the exit code, or lost its command, ends at once."""
        if self.child is not None:
            self.child.wait()


def start(
    command: Sequence[str], environment: Mapping[str, str], work: Path, folder: Path, sink: int
) -> Supervised:
    """Starts a command; its output goes to `sink`. OSError where that is impossible."""
    words = _words(command, environment)
    reader, writer = os.pipe()
    program = [sys.executable, "-I", "-S", supervisor.__file__]
    with os.fdopen(reader, "rb") as told:
        try:
            child = subprocess.Popen(
                [*program, str(folder / _EXIT_FILE), str(writer)],
                cwd=work,
                env={},  # not a process of the job: those are known by what it has in its own
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=subprocess.STDOUT,
                pass_fds=(writer,),
                start_new_session=True,
            )
        finally:
            os.close(writer)
        supervising = psutil.Process(child.pid)
        _say(child, words)
        answer = told.read().decode()
    pid, _, error = answer.partition("\n")
    if error or not pid:
        child.wait()
        number = int(error.removeprefix("E") or 0) if error else errno.ECHILD
        raise OSError(number, os.strerror(number), command[0])
    return Supervised(supervising, _process([int(pid), None]), folder, child)


def _say(child: subprocess.Popen[bytes], words: bytes) -> None:
    """A supervisor that is gone by now tells no pid."""
    assert child.stdin is not None  # noqa: S101 - a pipe was asked for
    with suppress(BrokenPipeError), child.stdin:
        child.stdin.write(words)


def _words(command: Sequence[str], environment: Mapping[str, str]) -> bytes:
    variables = [f"{name}={value}" for name, value in environment.items()]
    words = [str(len(command)), *command, *variables]
    if any("\0" in word for word in words):
        raise OSError(errno.EINVAL, "a word of the command or its environment holds a null byte")
    return b"\0".join([*map(os.fsencode, words), supervisor.END])


def _identity(process: psutil.Process | None) -> list[float] | None:
    try:
        return [process.pid, process.create_time()] if process else None
    except psutil.Error:  # ended meanwhile
        return None


def _process(identity: Sequence[float | None] | None) -> psutil.Process | None:
    """The process of this pid, if it is the one that started then and not a later one."""
    if identity is None:
        return None
    pid, started_at = identity
    try:
        process = psutil.Process(int(pid or 0))
        late = started_at is not None and abs(process.create_time() - started_at) > _CLOCK_SECONDS
    except psutil.Error:
        return None
    return process if not late else None


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
