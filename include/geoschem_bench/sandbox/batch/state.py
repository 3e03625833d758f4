"""Everything this Batch knows, behind one lock."""

from __future__ import annotations

import re
import threading
from collections import Counter
from pathlib import Path

from geoschem_bench.sandbox.batch.errors import RefusedError
from geoschem_bench.sandbox.batch.job import FINISHED, Job
from geoschem_bench.sandbox.batch.shelf import Document, Shelf
from geoschem_bench.sandbox.faults.book import FaultBook
from geoschem_bench.sandbox.settings import Behaviour

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


class BatchState:
    """Environments, queues, definitions and jobs.

    Whoever reads or changes them holds `changed`, which is also what the scheduler waits on.
    """

    def __init__(
        self,
        folder: Path,
        region: str,
        account: str,
        behaviour: Behaviour,
        faults: FaultBook | None = None,
    ) -> None:
        self.region = region
        self.account = account
        self.behaviour = behaviour
        self.faults = faults or FaultBook()
        self.changed = threading.Condition()
        self.environments = Shelf(folder / "compute-environments")
        self.queues = Shelf(folder / "job-queues")
        self.definitions = Shelf(folder / "job-definitions")
        self._job_files = Shelf(folder / "jobs")
        jobs = (Job.from_document(document) for document in self._job_files)
        self.jobs = {job.id: job for job in sorted(jobs, key=lambda job: job.detail["createdAt"])}
        self.unfinished = {job.id: job for job in self.jobs.values() if job.status not in FINISHED}
        """Those that anything may still become of: the others may be many."""

    def save(self, job: Job) -> None:
        """Writes a job through and wakes whoever waits for a change."""
        self._job_files.put(job.id, job.to_document())
        self.jobs[job.id] = job
        if job.status in FINISHED:
            self.unfinished.pop(job.id, None)
        else:
            self.unfinished[job.id] = job
        self.changed.notify_all()

    def forget(self, job: Job) -> None:
        """Knows nothing of a job any more."""
        del self.jobs[job.id]
        self.unfinished.pop(job.id, None)
        self._job_files.delete(job.id)
        self.changed.notify_all()

    def job_counts(self) -> dict[str, int]:
        """How many jobs are in each state; states without jobs are left out."""
        with self.changed:
            return dict(Counter(job.status.value for job in self.jobs.values()))

    def arn(self, kind: str, name: str) -> str:
        """The ARN of one of our resources, e.g. of kind `job-queue`."""
        return f"arn:aws:batch:{self.region}:{self.account}:{kind}/{name}"

    def find_job(self, job_id: str) -> Job:
        """The job of this id."""
        if job_id not in self.jobs:
            raise RefusedError(f"jobId: there is no job {job_id}; ListJobs tells which there are")
        return self.jobs[job_id]

    def find_queue(self, queue: str) -> Document:
        """The queue of this name or ARN."""
        return _found(self.queues, queue, "jobQueue", "job queue")

    def find_environment(self, environment: str) -> Document:
        """The compute environment of this name or ARN."""
        return _found(self.environments, environment, "computeEnvironment", "compute environment")


def _found(shelf: Shelf, given: str, key: str, what: str) -> Document:
    document = shelf.get(last_part(given))
    if document is None:
        known = ", ".join(sorted(str(each[f"{key}Name"]) for each in shelf)) or "none"
        raise RefusedError(f"{key}: there is no {what} {given!r}; there are: {known}")
    return document


def last_part(name_or_arn: str) -> str:
    """The name in an ARN; a name is its own."""
    return name_or_arn.rsplit("/", 1)[-1]


def checked_name(name: str, key: str) -> str:
    """The name, if AWS would take it."""
    if not _NAME.fullmatch(name):
        raise RefusedError(
            f"{key}: {name!r} is no name; 1 to 128 letters, digits, hyphens and underscores are "
            "allowed, and the first must be a letter or digit"
        )
    return name
