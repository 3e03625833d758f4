"""What a run has left behind, from whoever knows it best: Batch's files, S3, the table, Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Key = tuple[str, int]
"""Benchmark and number of the submission."""


@dataclass(frozen=True)
class SeenJob:
    """A submission as Batch has it."""

    benchmark_id: str
    number: int
    job_id: str
    status: str
    created: int
    """Milliseconds since 1970, as all of Batch's times."""
    stopped: int | None
    reason: str | None = None
    """In `job.json`; None where it succeeded or nobody wrote one."""

    @property
    def key(self) -> Key:
        """Which submission it is; two jobs may have the same."""
        return self.benchmark_id, self.number

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs or will."""
        return self.status in ("SUCCEEDED", "FAILED")


@dataclass(frozen=True)
class Evidence:
    """All that is known of a run that should have ended."""

    run: str
    run_id: str
    """Ours."""
    state: str
    """Of Airflow's run."""
    ended: int | None
    """When it ended, as Batch's times."""
    benchmarks: tuple[str, ...]
    tasks: Mapping[str, str | None]
    """State of every task."""
    jobs: tuple[SeenJob, ...]
    manifests: frozenset[Key]
    rows: Mapping[Key, str]
    """Status by submission, in the table."""
    reported: Mapping[Key, str]
    """The same, in results.json."""
    retried: frozenset[str] = frozenset()
    """Reasons of failures that the benchmark's task tries again by itself."""
    cleared: Mapping[str, int] = field(default_factory=dict)
    """How often a person cleared each benchmark."""
    marked: frozenset[str] = frozenset()
    """Benchmarks that a person marked failed."""

    def state_of(self, benchmark_id: str) -> str | None:
        """Of its task."""
        return self.tasks.get(f"phase_1.{benchmark_id}")
