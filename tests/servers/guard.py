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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from geoschem_bench.servers import marks
from geoschem_bench.servers.marks import lives

__all__ = ["MARK", "end_marked", "guarded", "lives", "marked"]
MARK = "TEST_SERVERS_FOLDER"
_PATIENCE_SECONDS = 8.0


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
    return marks.marked(MARK, str(folder))


def end_marked(folder: Path, first: signal.Signals) -> None:
    """Sends the first signal once and, to those that stay or come, SIGKILL until none is left."""
    marks.end(lambda: marked(folder), first, _PATIENCE_SECONDS)


def _main(folder: Path, first: signal.Signals, remove: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdin.buffer.read()  # returns when nobody holds the other end any more
    end_marked(folder, first)
    if remove:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), signal.Signals(int(sys.argv[2])), "remove" in sys.argv[3:])
