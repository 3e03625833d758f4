"""What must hold of every run, whatever struck it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from benchmarks.chaos.evidence import Evidence, SeenJob

Name = Literal["lost", "doubled", "orphan", "stuck", "wrong end"]
NAMES: tuple[Name, ...] = ("lost", "doubled", "orphan", "stuck", "wrong end")
_ENDED = ("success", "failed")


@dataclass(frozen=True)
class Violation:
    """What does not hold, of which run."""

    name: Name
    run: str
    what: str

    def __str__(self) -> str:
        return f"{self.name}: {self.run}: {self.what}"


def violations(seen: Evidence) -> list[Violation]:
    """All that does not hold; none is what is wanted."""
    checks: list[tuple[Name, Iterator[str]]] = [
        ("stuck", _stuck(seen)),
        ("lost", _lost(seen)),
        ("doubled", _doubled(seen)),
        ("orphan", _orphans(seen)),
        ("wrong end", _wrong_end(seen)),
    ]
    return [Violation(name, seen.run, what) for name, found in checks for what in found]


def _stuck(seen: Evidence) -> Iterator[str]:
    if seen.state not in _ENDED:
        going = sorted(k for k, v in seen.tasks.items() if v not in (*_ENDED, "skipped"))
        yield f"it is {seen.state}, with {', '.join(f'{k} {seen.tasks[k]}' for k in going)}"


def _lost(seen: Evidence) -> Iterator[str]:
    shown = {"in the table": seen.rows, "in results.json": seen.reported}
    for job in seen.jobs:
        if job.status == "SUCCEEDED":
            name = f"{job.benchmark_id}/{job.number} succeeded in Batch and"
            if job.key not in seen.manifests:
                yield f"{name} has no manifest"
            for where, found in shown.items():
                if found.get(job.key) != "succeeded":
                    yield f"{name} is {found.get(job.key, 'not')} {where}"
    for name in seen.benchmarks:
        for where, found in shown.items():
            if not any(key[0] == name for key in found):
                yield f"{name} is not {where}"


def _doubled(seen: Evidence) -> Iterator[str]:
    for name in seen.benchmarks:
        jobs = [job for job in seen.jobs if job.benchmark_id == name]
        for first, second in pairwise(jobs):
            if first.stopped is None or second.created < first.stopped:
                yield (f"{name}: job {second.job_id} ({second.number}) was submitted while "
                       f"{first.job_id} ({first.number}) lived")  # fmt: skip
        extra = len(jobs) - 1 - sum(_is_tried_again(job, seen) for job in jobs[:-1])
        if extra > seen.cleared.get(name, 0):
            yield f"{name}: {_described(jobs)}; cleared {seen.cleared.get(name, 0)} times"


def _is_tried_again(job: SeenJob, seen: Evidence) -> bool:
    """Whether its end explains the next one by itself."""
    return job.status == "FAILED" and job.reason in seen.retried


def _described(jobs: list[SeenJob]) -> str:
    return f"{len(jobs)} jobs: " + ", ".join(
        f"{job.number} {job.status} {job.reason or ''}".strip() for job in jobs
    )


def _orphans(seen: Evidence) -> Iterator[str]:
    if seen.state not in _ENDED or seen.ended is None:
        return
    for job in seen.jobs:
        name = f"job {job.job_id} of {job.benchmark_id}"
        if not job.has_ended or job.stopped is None:
            yield f"{name} is {job.status} after the run's end"
        elif job.stopped > seen.ended:
            yield f"{name} outlived its run by {(job.stopped - seen.ended) / 1000:.1f} s"


def _wrong_end(seen: Evidence) -> Iterator[str]:
    if seen.state not in _ENDED:
        return
    failed = [name for name in seen.benchmarks if seen.state_of(name) == "failed"]
    for name in failed:
        last = [job for job in seen.jobs if job.benchmark_id == name][-1:]
        if name in seen.marked:
            continue
        if not any(job.status == "FAILED" for job in last):
            yield f"{name} failed, was not marked, and its job did not fail"
        if any(job.reason == "cancelled" for job in last):
            yield f"{name} failed, was not marked, and we have ended its job ourselves"
    for name in seen.benchmarks:
        if seen.state_of(name) not in _ENDED:
            yield f"{name} is {seen.state_of(name)} at the end"
    if seen.state == "failed" and not failed:
        bad = sorted(k for k, v in seen.tasks.items() if v in ("failed", "upstream_failed"))
        yield f"it failed without a failed benchmark, by {', '.join(bad) or 'nothing'}"
    if seen.state == "success" and failed:
        yield f"it succeeded, with {', '.join(failed)} failed"
