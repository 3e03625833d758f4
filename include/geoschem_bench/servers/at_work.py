"""One command at a time, and nothing half-running after one that was stopped."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from geoschem_bench.servers.components import NAMES
from geoschem_bench.servers.daemons import Daemon
from geoschem_bench.servers.folders import MARK, Folders
from geoschem_bench.servers.marks import end, marked

DAEMONS = (*NAMES, "postgres")
_PATIENCE_SECONDS = 5.0


@contextmanager
def at_work(folders: Folders, tell: Callable[[str], None]) -> Iterator[None]:
    """The second command waits, then finds what the first has done, be it that all is forgotten.

    Around everything that a command does, also with the sandbox. Makes the folders.
    """
    while True:
        folders.make()
        with folders.lock_file.open("a") as lock:
            _take(lock, tell)
            if _is_there(lock, folders.lock_file):
                yield
                return


def _take(lock: IO[str], tell: Callable[[str], None]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        tell("Another command is at work on these servers: waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _is_there(file: IO[str], path: Path) -> bool:
    """Whether it is still the file of that path: `forget` removes it."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


@contextmanager
def all_or_as_before(folders: Folders) -> Iterator[None]:
    """Ends what was started in the block if it does not come to its end, by Ctrl-C or an error."""
    before = set(all_marked(folders))
    try:
        yield
    except BaseException:
        end(
            lambda: [each for each in all_marked(folders) if each not in before],
            signal.SIGTERM,
            _PATIENCE_SECONDS,
        )
        forget_ended(folders)
        raise


def all_marked(folders: Folders) -> list[psutil.Process]:
    """Every living process of this installation, also one that was started this very moment."""
    found = {each.pid: each for each in marked(MARK, str(folders.root))}
    for path in folders.record("any").parent.glob("*.json"):
        if process := Daemon(path.stem, folders).process():
            found.setdefault(process.pid, process)
    return list(found.values())


def strays(folders: Folders, kept: tuple[str, ...] = DAEMONS) -> list[psutil.Process]:
    """What belongs to none of these components: children of killed ones, half a start."""
    owned = {each.pid for name in kept for each in tree(Daemon(name, folders))}
    return [each for each in all_marked(folders) if each.pid not in owned]


def end_strays(folders: Folders, kept: tuple[str, ...] = DAEMONS) -> int:
    """Ends them, and says how many they were."""
    return end(lambda: strays(folders, kept), signal.SIGTERM, _PATIENCE_SECONDS)


def tree(daemon: Daemon) -> list[psutil.Process]:
    """A component's process with all its children; nothing where it does not run."""
    first = daemon.process()
    if first is None:
        return []
    try:
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def forget_ended(folders: Folders) -> None:
    """Records of what does not run any more go."""
    for name in DAEMONS:
        daemon = Daemon(name, folders)
        if daemon.process() is None:
            daemon.forget()
