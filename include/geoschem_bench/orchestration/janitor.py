"""The last sweep of a run: jobs that nobody waits for any more are ended, so that none costs on.

It is the net below the operator, which ends its own jobs: for a worker or triggerer that was
killed, a task that was marked while nobody could be told. It looks at this run's jobs only, by
name and by tag, and spares those whose benchmark still goes on. What became of each job is
written down where nobody has, before the results are loaded.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task

from geoschem_bench.errors import StorageError
from geoschem_bench.orchestration.job_records import Submission, diagnose, write_record
from geoschem_bench.orchestration.ownership import number_of
from geoschem_bench.orchestration.run_context import PLAN, Parts, run_request, skipped
from geoschem_bench.orchestration.scaling import settle_lapsed
from geoschem_bench.orchestration.strays import END_SECONDS, end_job, find_strays, jobs_of_run
from geoschem_bench.orchestration.turns import ENDED
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.records.strays import ID_TAG

if TYPE_CHECKING:
    from geoschem_bench.aws.batch import Job

_WHY = "Terminated by the janitor: its run is over and nobody waits for it"


def sweep_strays(planned: Sequence[PlannedBenchmark], *, keep_warm: bool) -> Any:  # noqa: ANN401
    """The task behind the last phase, a teardown: it runs also when the run was marked failed.

    Args:
        planned: Every benchmark of the suite.
        keep_warm: Whether the suite keeps instances: then those that a lost run keeps are let go.
    """
    queues = sorted({q for p in planned for q in (p.job_queue, p.fallback_queue) if q})
    task_ids = {p.id: f"{p.phase}.{p.id}" for p in planned}
    by_id = {p.id: p for p in planned}

    @task(task_id="janitor", retries=5, retry_delay=timedelta(minutes=1))
    def janitor() -> int:
        """Trouble here may cost money, so it is tried again and then fails the run."""
        context = get_current_context()
        request = run_request(context)
        if context["ti"].xcom_pull(task_ids=PLAN) is None or request.dry_run:
            raise skipped("nothing was submitted in this run")
        parts = Parts()
        jobs = jobs_of_run(request.benchmark_run_id, queues, parts.jobs)
        nobodys = find_strays(jobs, _going_on(context, task_ids))
        for job in nobodys:
            if not job.has_ended:
                print(f"{job.name} ({job.job_id}) is {job.status} and nobody's: ended")  # noqa: T201
        ended = parts.jobs.terminate(nobodys, _WHY)
        spared = sum(not job.has_ended for job in jobs) - ended
        print(f"{ended} jobs ended, {spared} spared")  # noqa: T201 - into the task's log
        written = _write_missing(nobodys, by_id, request.benchmark_run_id, parts)
        print(f"{written} jobs had no job.json; it was written")  # noqa: T201
        if keep_warm:
            settle_lapsed(queues, parts)
        return ended

    return janitor().as_teardown(on_failure_fail_dagrun=True)


def _going_on(context: Any, task_ids: Mapping[str, str]) -> set[str]:  # noqa: ANN401
    dag_run = context["dag_run"]
    found = context["ti"].get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id])
    states = found.get(dag_run.run_id, {})
    return {name for name, task_id in task_ids.items() if states.get(task_id) not in ENDED}


def _write_missing(
    jobs: Iterable[Job], planned: Mapping[str, PlannedBenchmark], run_id: str, parts: Parts
) -> int:
    """`job.json` of each job that is over and has none; how many there were.

    An attempt that was killed wrote none, and without it the report knows nothing of what the job
    has cost.
    """
    count, deadline = 0, time.monotonic() + END_SECONDS * 2
    for job in jobs:
        item = planned.get(job.tags.get(ID_TAG, ""))
        if item is None:  # the suite has changed meanwhile
            continue
        submission = _submission_of(job, item, run_id, parts)
        if parts.objects.get(submission.output_path + "job.json", limit=1) is not None:
            continue
        count += 1
        if job.has_ended:
            _write_as_it_ended(job, submission, parts)
        else:
            patience_seconds = max(0.0, deadline - time.monotonic())  # all were told at one time
            end_job(job.job_id, submission, _WHY, parts, patience_seconds=patience_seconds)
    return count


def _submission_of(job: Job, planned: PlannedBenchmark, run_id: str, parts: Parts) -> Submission:
    """As it was submitted: on the fallback's queue it was on demand."""
    if planned.fallback_queue and planned.fallback_queue.rsplit("/", 1)[-1] == job.queue:
        planned = planned.on_demand()
    return Submission.of(planned, parts.bucket, run_id, number_of(job))


def _write_as_it_ended(job: Job, submission: Submission, parts: Parts) -> None:
    if job.status == "SUCCEEDED":
        write_record(submission, job, None, parts.objects)
        return
    try:
        tail = parts.jobs.log_tail(job)
    except StorageError as error:
        print(f"warning: {error}")  # noqa: T201 - into the task's log
        tail = ()
    failure = diagnose(submission.output_path, job, tail, parts.objects)
    write_record(submission, job, failure, parts.objects, tail)
