"""One run of a suite, as somebody asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geoschem_bench.planning.identity import benchmark_run_id

RUN_ID_MARK = "benchmark_run_id: "
"""Before the run's id in the plan's log, for whoever started the run and wants to follow it."""


@dataclass(frozen=True)
class RunRequest:
    """One run of a suite, as somebody asked for it."""

    dag_id: str
    dag_run_id: str
    run_after: datetime
    phases: tuple[str, ...]
    dry_run: bool = False
    repetitions: int | None = None
    """In place of the suite's."""
    max_concurrent: int | None = None
    """Jobs at one time, in place of the suite's."""
    force: bool = False
    """Measure again what this run has already measured."""
    run_type: str = "manual"
    """Airflow's word for who asked: manual, scheduled, backfill, …"""

    @property
    def benchmark_run_id(self) -> str:
        """The run's id everywhere outside Airflow."""
        return benchmark_run_id(self.run_after, self.dag_id, self.dag_run_id)
