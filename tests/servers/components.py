"""One component of Airflow: a process, its children and its log."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from geoschem_bench.servers.components import ARGUMENTS, Name, command
from tests.servers.errors import ServerError, tail
from tests.servers.guard import lives
from tests.servers.waiting import wait_until

__all__ = ["ARGUMENTS", "Component", "Name", "Usage"]
_END_SECONDS = 30.0


@dataclass(frozen=True)
class Usage:
    """What a component and all its children use."""

    cpu_seconds: float
    """Of processor time since they began, children that have ended included."""
    memory_bytes: int
    """Pages that several share are counted once (Linux: PSS; elsewhere RSS)."""
    processes: int


class Component:
    """A component, whether it runs or not."""

    def __init__(self, name: Name, log: Path) -> None:
        self.name = name
        self.log = log
        self.started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._was_told = False

    def start(self, environment: Mapping[str, str]) -> None:
        """Starts it; it is not ready yet."""
        if self.is_running:
            raise ServerError(f"{self.name} is running already; kill or end it first")
        self.started_at, self._was_told = time.time(), False
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command(self.name),
                env=dict(environment),
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Whether its first process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of its first process. ServerError if it does not run."""
        if self._process is None or not self.is_running:
            raise ServerError(f"{self.name} does not run")
        return self._process.pid

    def tree(self) -> list[psutil.Process]:
        """Its first process and all children."""
        first = psutil.Process(self.pid)
        return [first, *first.children(recursive=True)]

    def check(self) -> None:
        """ServerError, with the end of its log, if it ended without being told."""
        if self._process is not None and not self.is_running and not self._was_told:
            raise ServerError(
                f"{self.name} ended ({self._process.returncode}) without being told; the end of "
                f"its log:\n{tail(self.text())}"
            )

    def kill(self, number: signal.Signals, *, with_children: bool) -> None:
        """Sends a signal, to its children too or to its first process alone; waits for its end."""
        tree = self.tree() if with_children else [psutil.Process(self.pid)]
        self._was_told = True
        for process in tree:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        if number not in (signal.SIGSTOP, signal.SIGCONT):
            self._wait_for_the_end(tree, number)

    def _wait_for_the_end(self, tree: list[psutil.Process], number: signal.Signals) -> None:
        wait_until(
            lambda: not self.is_running and not any(map(lives, tree)),
            f"the end of {self.name} after {number.name}; the end of its log:\n{tail(self.text())}",
            timeout_seconds=_END_SECONDS,
        )

    def forget(self) -> None:
        """Takes note that somebody else has ended it."""
        self._was_told = True
        if self._process is not None:
            self._process.wait(_END_SECONDS)

    def text(self) -> str:
        """Its log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def usage(self) -> Usage:
        """What it uses now, children included."""
        cpu_seconds, memory_bytes, processes = 0.0, 0, 0
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                times, memory = process.cpu_times(), process.memory_full_info()
                cpu_seconds += sum(times[:4])  # user and system; its own and its ended children's
                memory_bytes += getattr(memory, "pss", memory.rss)
                processes += 1
        return Usage(cpu_seconds, memory_bytes, processes)
