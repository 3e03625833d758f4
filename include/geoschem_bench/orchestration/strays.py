"""Jobs that nobody waits for any more: found, ended, and written down that they were."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from geoschem_bench.errors import Reason
from geoschem_bench.orchestration.job_records import Submission, write_record
from geoschem_bench.orchestration.ownership import number_of
from geoschem_bench.planning import job_name
from geoschem_bench.records.strays import ID_TAG, RUN_TAG

if TYPE_CHECKING:
    from geoschem_bench.aws.batch import BatchJobs, Job
    from geoschem_bench.orchestration.run_context import Parts

END_SECONDS = 20.0
"""A job that is told to end has 30 s on AWS; a trigger's `on_kill` has as long from Airflow."""
_PAUSE_SECONDS = 0.5


def end_job(
    job_id: str,
    submission: Submission,
    why: str,
    parts: Parts,
    *,
    patience_seconds: float = END_SECONDS,
) -> bool:
    """Terminate the job if it lives, and write `job.json` where nobody has; whether it lived.

    Args:
        job_id: In Batch.
        submission: What it runs.
        why: Batch keeps it as the job's `statusReason`.
        parts: Of this installation.
        patience_seconds: How long to wait for the job's end, so that its record has its times.

    Raises:
        StorageError: AWS cannot be asked.
    """
    found = parts.jobs.describe([job_id])
    if not found:
        return False
    lived = parts.jobs.terminate(found, why) > 0
    record_end(_at_its_end(found[0], parts.jobs, patience_seconds), submission, why, parts)
    return lived


def record_end(job: Job, submission: Submission, why: str, parts: Parts) -> None:
    """Write `job.json` of a job that was ended, where nobody has."""
    if parts.objects.get(submission.output_path + "job.json") is None:
        failure = None if job.status == "SUCCEEDED" else (Reason.CANCELLED, why)
        write_record(submission, job, failure, parts.objects)


def _at_its_end(job: Job, jobs: BatchJobs, patience_seconds: float) -> Job:
    """The job once Batch calls it ended; as it is, when that takes too long."""
    deadline = time.monotonic() + patience_seconds
    while not job.has_ended and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
        job = next(iter(jobs.describe([job.job_id])), job)
    return job


def find_strays(found: Iterable[Job], going_on: Collection[str]) -> list[Job]:
    """Jobs that nobody waits for.

    Args:
        found: Jobs of the run.
        going_on: Benchmarks whose tasks have not ended (somebody cleared one while the run was at
            its end); the latest job of each is theirs, earlier ones are nobody's.
    """
    latest: dict[str, int] = {}
    jobs = list(found)
    for job in jobs:
        name = job.tags.get(ID_TAG, "")
        latest[name] = max(latest.get(name, 0), number_of(job))
    return [
        job
        for job in jobs
        if (name := job.tags.get(ID_TAG, "")) not in going_on or number_of(job) < latest[name]
    ]


def jobs_of_run(
    run_id: str, queues: Collection[str], jobs: BatchJobs, *, only_living: bool = False
) -> list[Job]:
    """Those of a run, by name and by tag.

    Args:
        run_id: Ours.
        queues: Where they may be.
        jobs: In AWS Batch.
        only_living: Leave out those that have ended.

    Raises:
        StorageError: AWS cannot be asked.
    """
    prefix = job_name(run_id, "", 0).removesuffix("-0")
    named = jobs.named(jobs.existing(queues), prefix, only_living=only_living)
    return [job for job in named if job.tags.get(RUN_TAG) == run_id and _is_numbered(job)]


def _is_numbered(job: Job) -> bool:
    return job.name.rpartition("-")[2].isdecimal()
