"""How far a run is: each benchmark's state, from Batch and from S3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from geoschem_bench.aws.batch import Job
from geoschem_bench.aws.s3 import S3ObjectStore
from geoschem_bench.pipeline import read_plan
from geoschem_bench.planning import PlannedBenchmark, run_prefix
from geoschem_bench.records import BUDGET_FILE, JobRecord, RunPlanFile, read_budget_decision
from geoschem_bench.wiring import Settings, batch_jobs, object_store

ALIVE = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")


@dataclass(frozen=True)
class BenchmarkProgress:
    """One benchmark of a run."""

    benchmark_id: str
    state: str
    """As Batch spells it; WAITING before it is submitted, NOT_SUBMITTED where it never will be."""
    seconds: float | None
    """Since it started, or how long it ran."""
    detail: str | None


class RunProgress:
    """Asks Batch, and S3 for what Batch no longer knows."""

    def __init__(self, run_id: str, settings: Settings) -> None:
        self._objects = object_store(settings)
        self._batch = batch_jobs(settings)
        self.plan: RunPlanFile = read_plan(run_id, settings.bucket, self._objects)
        self._ended: dict[str, tuple[str | None, BenchmarkProgress]] = {}
        """With the submission that it was, as a retry makes another."""

    def benchmarks(self) -> list[BenchmarkProgress]:
        """Every planned benchmark, in the suite's order."""
        queues = queues_of(self.plan)
        prefix = f"gsb-{self.plan.benchmark_run_id}-"
        jobs: dict[str, Job] = {}
        for job in sorted(self._batch.named(queues, prefix), key=lambda job: str(job.created_at)):
            jobs[job.name.removeprefix(prefix).rsplit("-", 1)[0]] = job
        return [self._of(planned.id, jobs.get(planned.id)) for planned in self.plan.benchmarks]

    def _of(self, name: str, job: Job | None) -> BenchmarkProgress:
        number = job.name.rpartition("-")[2] if job else None
        if name in self._ended and self._ended[name][0] in (number, None):
            return self._ended[name][1]
        if job is not None and job.status in ALIVE:  # a record would be of an earlier submission
            return self._alive(job, name)
        record = self._record(name)
        if record is not None:
            state = record.status if record.reason is None else "FAILED"
            why = f"{record.reason}: {record.message}" if record.reason else None
            seconds = _between(record.started_at, record.stopped_at)
            ended = BenchmarkProgress(name, state, seconds, why)
            self._ended[name] = (number, ended)
            return ended
        return self._alive(job, name) if job else self._without_job(name)

    def _without_job(self, name: str) -> BenchmarkProgress:
        """Not submitted yet, or never: its budget may have stopped the run."""
        run = run_prefix(self.plan.bucket, self.plan.benchmark_run_id)
        decision = read_budget_decision(self._objects, run + BUDGET_FILE)
        if decision is None or decision.outcome not in ("stopped", "not_approved"):
            return BenchmarkProgress(name, "WAITING", None, None)
        return BenchmarkProgress(name, "NOT_SUBMITTED", None, decision.message)

    def _alive(self, job: Job, name: str) -> BenchmarkProgress:
        """What Batch says of it now."""
        end = job.stopped_at or datetime.now(UTC)
        seconds = (end - job.started_at).total_seconds() if job.started_at else None
        return BenchmarkProgress(name, job.status, seconds, self._detail(job))

    def _detail(self, job: Job) -> str | None:
        """Why it failed, or what a running job said last."""
        if job.status == "FAILED":
            return job.status_reason
        if job.status == "RUNNING":
            return next(iter(self._batch.log_tail(job, 1)), None)
        return None

    def _record(self, name: str) -> JobRecord | None:
        planned = next(item for item in self.plan.benchmarks if item.id == name)
        raw = self._objects.get(latest_folder(planned, self.plan, self._objects) + "job.json")
        return JobRecord.model_validate_json(raw) if raw else None


def queues_of(plan: RunPlanFile) -> set[str]:
    """Where jobs of the run may be: also those of a second, on-demand submission."""
    placed = [planned for planned in plan.benchmarks if not planned.unavailable]
    return {queue for each in placed for queue in (each.job_queue, each.fallback_queue) if queue}


def latest_folder(planned: PlannedBenchmark, plan: RunPlanFile, objects: S3ObjectStore) -> str:
    """Where the benchmark's last submission wrote, or its first one will."""
    first = plan.output_path(planned)
    parent = first.rstrip("/").rsplit("/", 1)[0] + "/"
    numbers = [int(name) for name in objects.folders(parent) if name.isdigit()]
    return f"{parent}{max(numbers)}/" if numbers else first


def _between(start: str | None, stop: str | None) -> float | None:
    if start is None or stop is None:
        return None
    return (datetime.fromisoformat(stop) - datetime.fromisoformat(start)).total_seconds()
