"""Ending a job that nobody waits for any more, and writing down that it was ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from geoschem_bench.errors import Reason
from geoschem_bench.orchestration.job_records import Submission, write_record

if TYPE_CHECKING:
    from geoschem_bench.aws.batch import BatchJobs, Job
    from geoschem_bench.orchestration.run_context import Parts

_END_SECONDS = 20.0
"""A job that is told to end has 30 s on AWS, and Airflow gives `on_kill` as long."""
_PAUSE_SECONDS = 0.5


def end_job(job_id: str, submission: Submission, why: str, parts: Parts) -> bool:
    """Terminate the job if it lives, and write `job.json` where nobody has; whether it lived.

    Raises:
        StorageError: AWS cannot be asked.
    """
    found = parts.jobs.describe([job_id])
    if not found:
        return False
    lived = parts.jobs.terminate(found, why) > 0
    if parts.objects.get(submission.output_path + "job.json") is None:
        job = _at_its_end(found[0], parts.jobs) if lived else found[0]
        failure = None if job.status == "SUCCEEDED" else (Reason.CANCELLED, why)
        write_record(submission, job, failure, parts.objects)
    return lived


def _at_its_end(job: Job, jobs: BatchJobs) -> Job:
    """The job once Batch calls it ended, so that its record has its times; else as it is."""
    deadline = time.monotonic() + _END_SECONDS
    while not job.has_ended and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
        job = next(iter(jobs.describe([job.job_id])), job)
    return job
