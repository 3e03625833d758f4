"""Finding and removing what is left behind: stray jobs, idle instances, old runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from geoschem_bench.aws.batch import BatchJobs, Job
from geoschem_bench.aws.batch_resources import queue_names
from geoschem_bench.aws.dynamodb import DynamoResultsStore
from geoschem_bench.aws.leftovers import Found, FoundJob
from geoschem_bench.aws.refusals import asking
from geoschem_bench.aws.s3 import S3ObjectStore
from geoschem_bench.aws.warm import Want, WarmEnvironments
from geoschem_bench.errors import GeosChemBenchError, NotFoundError, StorageError, UserError
from geoschem_bench.planning import run_prefix
from geoschem_bench.records import RunPlanFile, read_run_plan
from geoschem_bench.records.erasing import erase_run
from geoschem_bench.records.retention import (
    Decision,
    StoredRun,
    decide,
    may_go_on,
    stored_runs,
)
from geoschem_bench.records.strays import Judgement, RunState, judge, run_of

QUEUE_PREFIX = "geos-chem-"
"""Of every queue that our stack makes."""
RUNS_AT_ONCE = 50
"""Deleted in one pass."""
_YOUNG = timedelta(days=1)
"""No suite keeps its runs for less."""
_WHY = "Terminated by geoschem-bench clean: "
StateOf = Callable[[RunPlanFile], RunState]


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
            wants=tuple(w for w in self._warm.wants(self._queues) if self._has_lapsed(w, now)),
            runs=tuple(due[:limit]),
            left=len(due[limit:]),
            doubtful=tuple(each for each in decisions if each.is_doubtful),
            at=now,
        )

    def find_run(self, run_id: str) -> Found:
        """What a person asks to be ended of one run, whatever anybody knows of it."""
        asked = Judgement(True, "asked for")
        jobs = tuple(FoundJob(job, run_id, asked) for job in self._jobs_of(run_id))
        wants = tuple(w for w in self._warm.wants(self._queues) if w.run_id == run_id)
        return Found(jobs=jobs, wants=wants, is_asked=True)

    def find_deletion(self, run_id: str) -> Found:
        """What a person asks to be deleted, whatever its age.

        Raises:
            NotFoundError: there is nothing of it.
            UserError: it goes on, or may for all that is known, or is marked to be kept.
        """
        run, plan, now = self._stored(run_id), self._plan(run_id), datetime.now(UTC)
        if run is None:
            raise NotFoundError(f"{run_id} is an empty folder, and no run; delete it in the S3 "
                                "console")  # fmt: skip
        if refusal := self._refusal(run, now):
            raise UserError(f"{run_id} {refusal}")
        decision = Decision(run, True, "asked for", plan.suite if plan else "")
        return Found(runs=(decision,), at=now, is_asked=True)

    def clean(self, found: Found) -> Iterator[str]:
        """Remove it; says what was done. What has changed meanwhile is looked at once more.

        Raises:
            StorageError: something could not be removed. All the rest was, before it is raised.
        """
        failed: list[str] = []
        try:
            for what, removal in self._removals(found):
                try:
                    yield from removal
                except GeosChemBenchError as error:
                    failed.append(f"{what}: {error}")
                    yield f"cannot remove the {failed[-1]}"
        finally:
            if found.runs:
                from geoschem_bench import pipeline  # scipy and more, for this alone

                pipeline.write_index(self.bucket, self.objects)
        if found.runs:
            yield "the index of reports is made anew"
        if failed:
            raise StorageError("cannot remove the " + "; nor the ".join(failed))

    def _removals(self, found: Found) -> Iterator[tuple[str, Iterator[str]]]:
        """Each by its name; nothing is done before it is iterated over."""
        for each in found.strays:
            yield f"job {each.job.name}", self._end(each)
        for want in found.wants:
            yield f"want of environment {want.environment}", self._release(want, found)
        for decision in found.runs:
            yield f"run {decision.run.run_id}", self._delete(decision, found)

    def _end(self, stray: FoundJob) -> Iterator[str]:
        if self._state(stray.run_id) is RunState.LIVE:
            yield f"job {stray.job.name} is waited for again; left alone"
            return
        (job,) = self.jobs.describe([stray.job.job_id]) or [stray.job]
        if self.jobs.terminate([job], _WHY + stray.judgement.why):
            yield f"ended the job {job.name} ({job.job_id}): {stray.judgement.why}"

    def _release(self, want: Want, found: Found) -> Iterator[str]:
        now = [each for each in self._warm.wants([want.queue]) if each.who == want.who]
        if not found.is_asked and not all(self._has_lapsed(each, found.at) for each in now):
            yield f"environment {want.environment} is wanted by {want.title} again; left alone"
            return
        yield from self._warm.release(want.who, [want.queue])

    def _delete(self, decision: Decision, found: Found) -> Iterator[str]:
        run_id = decision.run.run_id
        run = self._stored(run_id)
        if run is None:
            yield f"the run {run_id} is gone already"
        elif why_not := self._why_not(run, found):
            yield f"left alone: run {run_id}: {why_not}"
        else:
            erased = erase_run(run_id, decision.why, self.bucket, self.objects, self.store)
            yield f"deleted the run {run_id}: {erased.objects} objects, {erased.rows} rows"

    def _why_not(self, run: StoredRun, found: Found) -> str | None:
        """Why a run that was found is not to be deleted any more, if so."""
        if found.is_asked:
            return self._refusal(run, found.at)
        alive = [run.run_id] if self._jobs_of(run.run_id) else []
        decision = self._decide(run, alive, found.at)
        return None if decision.is_due else decision.why

    def _refusal(self, run: StoredRun, now: datetime) -> str | None:
        """Why a person may not delete it, and what to do; None where they may."""
        if jobs := self._jobs_of(run.run_id):
            names = ", ".join(job.name for job in jobs)
            return (f"has jobs that go on: {names}; end them first: geoschem-bench clean --run "
                    f"{run.run_id}")  # fmt: skip
        if run.is_kept:
            return (f"is marked to be kept; take that back: geoschem-bench clean --let-go "
                    f"{run.run_id}")  # fmt: skip
        doubt = may_go_on(run, self._plan(run.run_id), self._state(run.run_id), now)
        return doubt and (f"stays: {doubt}; if you know that it is over, load it first: "
                          f"geoschem-bench load {run.run_id}")  # fmt: skip

    def _living(self, now: datetime) -> Iterator[FoundJob]:
        for job in self.jobs.living(self._queues):
            run_id = run_of(job)
            if run_id is not None:
                judged = judge(job, self._state(run_id), self._plan(run_id), now)
                yield FoundJob(job, run_id, judged)

    def _jobs_of(self, run_id: str) -> list[Job]:
        return [job for job in self.jobs.living(self._queues) if run_of(job) == run_id]

    def _decisions(self, alive: Collection[str], now: datetime) -> Iterator[Decision]:
        """Of the runs that may be old enough; a plan is read for these alone."""
        for run in stored_runs(self.objects.stamps(self._root), self._root):
            if now - run.last_written < _YOUNG and not run.is_begun:
                continue
            decision = self._decide(run, alive, now)
            if decision.is_due or decision.is_doubtful:
                yield decision

    def _decide(self, run: StoredRun, alive: Collection[str], now: datetime) -> Decision:
        plan = self._plan(run.run_id)
        decision = decide(run, plan, self.days_by_suite, alive, now)
        if not decision.is_due:
            return decision
        state = self._state(run.run_id)
        why = may_go_on(run, plan, state, now)
        if why is None:
            return decision
        return replace(decision, is_due=False, why=why, is_doubtful=state is RunState.UNKNOWN)

    def _stored(self, run_id: str) -> StoredRun | None:
        """What is there of the run now; with its mark, which lies beside it."""
        stamps = self.objects.stamps(self._root + run_id)
        return next((r for r in stored_runs(stamps, self._root) if r.run_id == run_id), None)

    def _has_lapsed(self, want: Want, now: datetime) -> bool:
        is_late = want.until is None or want.until <= now
        return is_late or self._state(want.run_id) is RunState.OVER

    def _state(self, run_id: str) -> RunState:
        """Asked anew each time: a person may clear a task at any moment."""
        plan = self._plan(run_id)
        return self.state_of(plan) if plan is not None else RunState.UNKNOWN

    def _plan(self, run_id: str) -> RunPlanFile | None:
        """The run's own: a folder that was copied has the plan of another run."""
        if run_id not in self._plans:
            plan = read_run_plan(self.objects, run_prefix(self.bucket, run_id) + "plan.json")
            is_own = plan is not None and plan.benchmark_run_id == run_id
            self._plans[run_id] = plan if is_own else None
        return self._plans[run_id]

    @property
    def _root(self) -> str:
        return f"s3://{self.bucket}/runs/"

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
