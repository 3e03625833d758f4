"""What is left behind, as one list."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from geoschem_bench.aws.batch import Job
from geoschem_bench.aws.warm import Want
from geoschem_bench.records.retention import Decision
from geoschem_bench.records.strays import Judgement


@dataclass(frozen=True)
class FoundJob:
    """A living job of ours."""

    job: Job
    run_id: str
    judgement: Judgement


@dataclass(frozen=True)
class Found:
    """All that was found. `strays`, `wants` and `runs` are what a pass removes."""

    jobs: tuple[FoundJob, ...] = ()
    wants: tuple[Want, ...] = ()
    """Instances that are kept for a run that is over, or for longer than was asked."""
    runs: tuple[Decision, ...] = ()
    """To be deleted in this pass."""
    left: int = 0
    """Runs that are due, too, and must wait for the next pass."""
    doubtful: tuple[Decision, ...] = ()
    """Old runs that stay, as nobody can tell."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When it was looked at: what is removed has to be due by then."""
    is_asked: bool = False
    """A person asks for it, of one run, whatever anybody knows of that."""

    @property
    def strays(self) -> tuple[FoundJob, ...]:
        """Jobs to be ended."""
        return tuple(each for each in self.jobs if each.judgement.is_stray)

    def names(self) -> dict[str, list[str]]:
        """Of all that is to be removed."""
        return {
            "jobs": [each.job.job_id for each in self.strays],
            "wants": [f"{each.environment} {each.who}" for each in self.wants],
            "runs": [each.run.run_id for each in self.runs],
        }

    def only(self, listed: Mapping[str, Collection[str]]) -> Found:
        """Without what `names` did not list before: nothing is removed that nobody saw."""
        jobs, wants, runs = (set(listed[kind]) for kind in ("jobs", "wants", "runs"))
        return replace(
            self,
            jobs=tuple(each for each in self.strays if each.job.job_id in jobs),
            wants=tuple(w for w in self.wants if f"{w.environment} {w.who}" in wants),
            runs=tuple(each for each in self.runs if each.run.run_id in runs),
            doubtful=(),
        )

    def lines(self) -> Iterator[str]:
        """For a log: what would be done, and what is left alone, each with its reason."""
        for each in self.jobs:
            verb = "end" if each.judgement.is_stray else "leave alone"
            yield f"{verb}: job {each.job.name} ({each.job.status}): {each.judgement.why}"
        for want in self.wants:
            yield f"let go: environment {want.environment}: what {want.title} wanted"
        for run in self.runs:
            yield f"delete: run {run.run.run_id} of {run.suite}: {run.why}"
        for run in self.doubtful:
            yield f"leave alone: run {run.run.run_id}: {run.why}"
        if self.is_clean:
            yield "nothing to clean up"

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.strays or self.wants or self.runs)
