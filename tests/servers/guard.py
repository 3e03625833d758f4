"""Ends what a test session started, also when the session itself was killed.

A small process that holds the reading end of a pipe. When the other end closes, because the session
closed it or because it is gone, every process that carries the session's mark in its environment
is ended, with its children. Processes inherit the mark, so none is missed and none of others hit.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

MARK = "TEST_SERVERS_FOLDER"
_PATIENCE_SECONDS = 8.0
_PAUSE_SECONDS = 0.05


@contextmanager
def guarded(
    folder: Path, *, first: signal.Signals = signal.SIGKILL, remove: bool = False
) -> Iterator[dict[str, str]]:
    """Ends all that was started with the environment it yields, at the end of the block.

    Args:
        folder: Of what is started; its path is the mark.
        first: What they are sent first; after a while it is SIGKILL.
        remove: Whether the folder goes too.
    """
    command = [sys.executable, "-P", __file__, str(folder), str(int(first))]
    command += ["remove"] if remove else []
    # Without a mark of its own: the guard of something else of this session would end it
    unmarked = {name: value for name, value in os.environ.items() if name != MARK}
    guard = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=unmarked,
        start_new_session=True,
    )
    try:
        yield {MARK: str(folder)}
    finally:
        guard.communicate()


def marked(folder: Path) -> list[psutil.Process]:
    """Living processes with the mark of this folder, and their children."""
    found = {process.pid: process for process in psutil.process_iter() if _has(process, folder)}
    for process in list(found.values()):
        with suppress(psutil.NoSuchProcess):
            found |= {child.pid: child for child in process.children(recursive=True)}
    found.pop(os.getpid(), None)
    return [process for process in found.values() if lives(process)]


def _has(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(folder)
    except (psutil.Error, OSError):  # gone, or another person's
        return False


def lives(process: psutil.Process) -> bool:
    """Whether it runs; a dead one of which nobody has taken note does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end_marked(folder: Path, first: signal.Signals) -> None:
    """Sends the first signal once and, to those that stay or come, SIGKILL until none is left."""
    to_send, deadline = first, time.monotonic() + _PATIENCE_SECONDS
    told: set[psutil.Process] = set()
    while living := marked(folder):
        if time.monotonic() > deadline:
            to_send = signal.SIGKILL
        for process in living:
            if process not in told or to_send == signal.SIGKILL:
                told.add(process)
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(to_send)
        time.sleep(_PAUSE_SECONDS)


def _main(folder: Path, first: signal.Signals, remove: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdin.buffer.read()  # returns when nobody holds the other end any more
    end_marked(folder, first)
    if remove:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), signal.Signals(int(sys.argv[2])), "remove" in sys.argv[3:])
