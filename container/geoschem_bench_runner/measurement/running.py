"""Run a program and account for its whole process tree."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geoschem_bench_runner.measurement.memory import PeakMemory
from geoschem_bench_runner.team import CpuSeconds

CPU_METHOD = "timed part: getrusage of each process; whole process tree: wait4"
CLOCK = "CLOCK_MONOTONIC"
TAIL_BYTES = 8_000


@dataclass(frozen=True)
class Measured:
    """What the system says of a process tree that has ended."""

    exit_code: int
    """Negative for a signal."""
    wall_seconds: float
    cpu: CpuSeconds
    """Of the program and all descendants that were waited for."""
    peak_memory_bytes: int | None
    memory_method: str
    output: bytes
    errors: str
    """The end of its standard error."""


def run_measured(command: Sequence[str], environment: Mapping[str, str]) -> Measured:
    """Run to the end. An exception (a signal's, say) kills the whole tree and passes on."""
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            env=dict(environment), process_group=0,
        )  # fmt: skip
        try:
            memory = PeakMemory(child.pid)
            try:
                output, usage = _wait(child)
                wall = time.monotonic() - start
            finally:
                peak, method = memory.stop()
        except BaseException:
            kill_group(child)
            raise
        return Measured(
            child.returncode, wall, CpuSeconds(usage.ru_utime, usage.ru_stime),
            peak, method, output, _tail(errors.fileno()),
        )  # fmt: skip


def _wait(child: subprocess.Popen[bytes]) -> tuple[bytes, resource.struct_rusage]:
    """All of its standard output, and what it and those it waited for have used."""
    assert child.stdout is not None  # noqa: S101 - for mypy: a pipe
    with child.stdout:
        output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return output, usage


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """End a child that leads its own process group, with all that belong to it, and reap it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _tail(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES)).decode(errors="replace")
