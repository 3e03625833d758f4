"""What a job has found out so far: filled as it goes, so that a failure keeps what came before."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from geoschem_bench.errors import EXIT_CODES, EXIT_OWN_ERROR, Reason
from geoschem_bench.suite import CompletedBenchmark
from geoschem_bench_runner.calibration import CalibrationResult
from geoschem_bench_runner.measurement.machine import Machine
from geoschem_bench_runner.workloads import ProxyWorkload, Run

EXIT_CANCELLED = 143
"""128 + SIGTERM, as shells say it."""


@dataclass
class Record:
    """One job."""

    machine: Machine
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock_began: float = field(default_factory=time.monotonic)
    raw: dict[str, Any] = field(default_factory=dict)
    """configJson as given, as far as it is an object."""
    completed: CompletedBenchmark | None = None
    instance: dict[str, str] | None = None
    threads_asked: int | None = None
    threads_used: int | None = None
    workload: ProxyWorkload | None = None
    calibration: CalibrationResult | None = None
    runs: list[tuple[bool, Run]] = field(default_factory=list)
    """(is it a warm-up, the run), in order."""

    @property
    def elapsed_seconds(self) -> float:
        """Since the job's start."""
        return time.monotonic() - self.clock_began

    @property
    def timed(self) -> list[Run]:
        """The runs that count."""
        return [run for warmup, run in self.runs if not warmup]

    @property
    def timeout_seconds(self) -> int | None:
        """The plan's, if there is a plan."""
        plan = self.completed.plan if self.completed else None
        return plan.timeout_seconds if plan else None


@dataclass(frozen=True)
class Ending:
    """How a job ended."""

    reason: Reason | None = None
    """None: it succeeded."""
    message: str | None = None

    @property
    def exit_code(self) -> int:
        """What the process returns."""
        if self.reason is None:
            return 0
        if self.reason is Reason.CANCELLED:
            return EXIT_CANCELLED
        return EXIT_CODES.get(self.reason, EXIT_OWN_ERROR)
