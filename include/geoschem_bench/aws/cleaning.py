"""What is left behind, as one list, and its removal: stray jobs, idle instances, old runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from geoschem_bench.aws.batch import BatchJobs, Job
from geoschem_bench.aws.batch_resources import queue_names
from geoschem_bench.aws.dynamodb import DynamoResultsStore
from geoschem_bench.aws.refusals import asking
from geoschem_bench.aws.s3 import S3ObjectStore
from geoschem_bench.aws.warm import Want, WarmEnvironments
from geoschem_bench.errors import UserError
from geoschem_bench.planning import run_prefix
from geoschem_bench.records import RunPlanFile, read_run_plan
from geoschem_bench.records.erasing import erase_run
from geoschem_bench.records.retention import Decision, decide, stored_runs
from geoschem_bench.records.strays import Judgement, RunState, judge, run_of

QUEUE_PREFIX = "geos-chem-"
"""Of every queue that our stack makes."""
RUNS_AT_ONCE = 50
"""Deleted in one pass."""
_YOUNG = timedelta(days=1)
"""No suite keeps its runs for less."""
_WHY = "Terminated by geoschem-bench clean: "
StateOf = Callable[[RunPlanFile], RunState]


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
        return Found(
            jobs=tuple(each for each in self.strays if each.job.job_id in jobs),
            wants=tuple(w for w in self.wants if f"{w.environment} {w.who}" in wants),
            runs=tuple(each for each in self.runs if each.run.run_id in runs),
            left=self.left,
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


@dataclass
class Cleaner:
    """Looks, and removes what was found. Looking changes nothing.

    Args:
        bucket: Results bucket.
        objects: S3.
        store: The table.
        jobs: AWS Batch.
        batch: Batch's own client.
        days_by_suite: `retention_days` of the suites that are known.
        queues: Of their benchmarks; those of our stack come on top.
        state_of: What is known of a run.
    """

    bucket: str
    objects: S3ObjectStore
    store: DynamoResultsStore
    jobs: BatchJobs
    batch: Any
    days_by_suite: Mapping[str, int]
    queues: Collection[str]
    state_of: StateOf
    _plans: dict[str, RunPlanFile | None] = field(default_factory=dict, repr=False)

    def find(self, limit: int = RUNS_AT_ONCE, now: datetime | None = None) -> Found:
        """Everything that is left behind.

        Args:
            limit: The most runs that one pass deletes.
            now: With zone; as the clock says where not given.

        Raises:
            StorageError: AWS cannot be asked.
        """
        now = now or datetime.now(UTC)
        jobs = tuple(self._living(now))
        alive = {each.run_id for each in jobs}
        decisions = list(self._decisions(alive, now))
        due = [each for each in decisions if each.is_due]
        return Found(
            jobs=jobs,
            wants=tuple(self._lapsed(now)),
            runs=tuple(due[:limit]),
            left=len(due[limit:]),
            doubtful=tuple(each for each in decisions if each.is_doubtful),
        )

    def clean(self, found: Found) -> Iterator[str]:
        """Remove it; says what was done. What has changed meanwhile is looked at once more."""
        yield from self._end(found.strays)
        yield from self._release(found.wants)
        yield from self._delete(found.runs)

    def find_run(self, run_id: str) -> Found:
        """What a person asks to be ended of one run, whatever anybody knows of it."""
        jobs = tuple(
            FoundJob(each.job, run_id, Judgement(True, "asked for"))
            for each in self._living(datetime.now(UTC))
            if each.run_id == run_id
        )
        wants = tuple(w for w in self._warm.wants(self._queues) if w.run_id == run_id)
        return Found(jobs=jobs, wants=wants)

    def find_deletion(self, run_id: str) -> Found:
        """What a person asks to be deleted, whatever its age.

        Raises:
            UserError: jobs of it go on, or it is marked to be kept.
        """
        root = f"s3://{self.bucket}/runs/"
        prefix, plan = run_prefix(self.bucket, run_id), self._plan(run_id)
        (run,) = stored_runs(self.objects.stamps(prefix), root)
        jobs = [each for each in self._living(datetime.now(UTC)) if each.run_id == run_id]
        if jobs:
            names = ", ".join(each.job.name for each in jobs)
            raise UserError(f"{run_id} has jobs that go on: {names}; end them first: "
                            f"geoschem-bench clean --run {run_id}")  # fmt: skip
        if run.is_kept:
            raise UserError(f"{run_id} is marked to be kept; take that back: geoschem-bench clean "
                            f"--let-go {run_id}")  # fmt: skip
        return Found(runs=(Decision(run, True, "asked for", plan.suite if plan else ""),))

    def _living(self, now: datetime) -> Iterator[FoundJob]:
        for job in self.jobs.living(self._queues):
            run_id = run_of(job)
            if run_id is not None:
                judged = judge(job, self._state(run_id), self._plan(run_id), now)
                yield FoundJob(job, run_id, judged)

    def _decisions(self, alive: Collection[str], now: datetime) -> Iterator[Decision]:
        """Of the runs that may be old enough; a plan is read for these alone."""
        root = f"s3://{self.bucket}/runs/"
        for run in stored_runs(self.objects.stamps(root), root):
            if now - run.last_written < _YOUNG and not run.is_begun:
                continue
            plan = self._plan(run.run_id)
            decision = decide(run, plan, self.days_by_suite, alive, now)
            if decision.is_due and self._state(run.run_id) is RunState.LIVE:
                continue
            if decision.is_due or decision.is_doubtful:
                yield decision

    def _lapsed(self, now: datetime) -> Iterator[Want]:
        for want in self._warm.wants(self._queues):
            is_lapsed = want.until is None or want.until <= now
            if is_lapsed or self._state(want.run_id) is RunState.OVER:
                yield want

    def _end(self, strays: Collection[FoundJob]) -> Iterator[str]:
        for each in strays:
            if self._state(each.run_id) is RunState.LIVE:
                yield f"job {each.job.name} is waited for again; left alone"
                continue
            (job,) = self.jobs.describe([each.job.job_id]) or [each.job]
            if self.jobs.terminate([job], _WHY + each.judgement.why):
                yield f"ended the job {job.name} ({job.job_id}): {each.judgement.why}"

    def _release(self, wants: Collection[Want]) -> Iterator[str]:
        for want in wants:
            yield from self._warm.release(want.who, [want.queue])

    def _delete(self, decisions: Collection[Decision]) -> Iterator[str]:
        gone = 0
        for decision in decisions:
            run_id = decision.run.run_id
            if self._state(run_id) is RunState.LIVE:
                yield f"run {run_id} goes on again; left alone"
                continue
            erased = erase_run(run_id, decision.why, self.bucket, self.objects, self.store)
            gone += 1
            yield f"deleted the run {run_id}: {erased.objects} objects, {erased.rows} rows"
        if gone:
            from geoschem_bench import pipeline  # scipy and more, for this alone

            pipeline.write_index(self.bucket, self.objects)
            yield "the index of reports no longer lists them"

    def _state(self, run_id: str) -> RunState:
        """Asked anew each time: a person may clear a task at any moment."""
        plan = self._plan(run_id)
        return self.state_of(plan) if plan is not None else RunState.UNKNOWN

    def _plan(self, run_id: str) -> RunPlanFile | None:
        if run_id not in self._plans:
            address = run_prefix(self.bucket, run_id) + "plan.json"
            self._plans[run_id] = read_run_plan(self.objects, address)
        return self._plans[run_id]

    @cached_property
    def _warm(self) -> WarmEnvironments:
        return WarmEnvironments(self.batch)

    @cached_property
    def _queues(self) -> list[str]:
        """That are there, of those where jobs of ours can be."""
        with asking(self.batch.meta.region_name, None):
            every = queue_names(self.batch)
        named = {queue.rsplit("/", 1)[-1] for queue in self.queues}
        return [name for name in every if name in named or name.startswith(QUEUE_PREFIX)]
