"""One repetition of the workload, run as a process tree of its own and accounted for."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from typing import Any

from geoschem_bench.errors import BenchmarkError, Reason
from geoschem_bench.suite import Benchmark
from geoschem_bench_runner.measurement import cgroup
from geoschem_bench_runner.measurement.running import Measured, run_measured
from geoschem_bench_runner.proxy.grid import grid_of

PROXY_MODULE = "geoschem_bench_runner.proxy.repetition"


@dataclass(frozen=True)
class Run:
    """One run, as the workload and the system tell it."""

    wall_seconds: float
    """Of the timed part, as are the CPU seconds."""
    cpu_user_seconds: float
    cpu_system_seconds: float
    process_cpu_seconds: float
    """Of the whole process tree, set-up included."""
    peak_memory_bytes: int | None
    memory_method: str
    timers: dict[str, float] = field(default_factory=dict)
    """Wall seconds by component of the timed part."""
    field_sha256: str | None = None
    checks: dict[str, Any] = field(default_factory=dict)
    setup_seconds: float | None = None
    """Before the timed part."""

    @property
    def cpu_seconds(self) -> float:
        """User and system, of the timed part."""
        return self.cpu_user_seconds + self.cpu_system_seconds


@dataclass(frozen=True)
class ProxyWorkload:
    """The proxy with one benchmark's settings."""

    simulation: str
    resolution: str
    days: float
    threads: int

    @classmethod
    def of(cls, benchmark: Benchmark, threads: int) -> ProxyWorkload:
        """What a benchmark asks for, on so many threads."""
        return cls(
            benchmark.simulation_type, benchmark.domain.resolution, benchmark.duration.days, threads
        )

    @property
    def command(self) -> list[str]:
        """The program and its arguments."""
        arguments = [self.simulation, self.resolution, repr(self.days), str(self.threads)]
        return [sys.executable, "-m", PROXY_MODULE, *arguments]

    @property
    def grid(self) -> dict[str, Any]:
        """What is computed on, for the manifest."""
        grid = grid_of(self.resolution)
        chapman = "Chapman (MICM)" if self.simulation == "fullchem" else None
        return {
            "longitudes": grid.nlon, "latitudes": grid.nlat, "levels": grid.nlev,
            "tracers": 8, "mechanism": chapman,
        }  # fmt: skip

    def run_once(self) -> Run:
        """Run and account. Raises BenchmarkError where it did not end well."""
        before = cgroup.oom_kills()
        measured = run_measured(self.command, os.environ)
        if measured.exit_code != 0:
            raise failure(measured, before, cgroup.oom_kills())
        try:
            said = json.loads(measured.output)
        except ValueError as error:
            message = f"the proxy ended well but said nothing readable: {measured.output[:200]!r}"
            raise BenchmarkError(Reason.MODEL_CRASHED, message) from error
        return Run(
            process_cpu_seconds=measured.cpu.total,
            peak_memory_bytes=measured.peak_memory_bytes,
            memory_method=measured.memory_method,
            **said,
        )


def failure(
    measured: Measured, kills_before: int | None, kills_after: int | None
) -> BenchmarkError:
    """Why a run failed, from the evidence: the kernel's count, then the exit code and messages."""
    code = measured.exit_code
    tail = measured.errors.strip() or "it left no message"
    if kills_after is not None and kills_after > (kills_before or 0):
        return BenchmarkError(Reason.OUT_OF_MEMORY, f"the kernel killed it for memory; {tail}")
    if "MemoryError" in measured.errors:
        return BenchmarkError(Reason.OUT_OF_MEMORY, tail)
    if code == -9:
        # somebody's SIGKILL; that it was for memory would be a guess
        return BenchmarkError(
            Reason.UNKNOWN, f"it was killed (signal 9) and nothing says why; {tail}"
        )
    return BenchmarkError(Reason.MODEL_CRASHED, f"it ended with exit code {code}: {tail}")
