"""Looking at many waiting jobs with few calls. Nothing of Airflow is in here.

One `Watch` serves every benchmark that waits for the same connection and region, so N jobs cost
⌈N/100⌉ calls of DescribeJobs a round instead of N.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from geoschem_bench import units
from geoschem_bench.aws.batch import BatchJobs, Job, Look
from geoschem_bench.errors import LockedOutError, Reason, StorageError

if TYPE_CHECKING:
    from geoschem_bench.orchestration.patrol import WaitingRun

_ROUNDS_UNTIL_GONE = 3
"""Batch's answers lag behind its own submissions; one miss is no proof."""
_ROUNDS_LOCKED_OUT = 3
_UNREACHED_SECONDS = units.SECONDS_PER_HOUR
"""After so long without an answer a person must know of it."""
_SLOWEST_SECONDS = 300.0
_JITTER = 0.1

_GRACE_SECONDS = 900.0
"""Batch ends a job at its time limit by itself, if not to the second."""
_STARTING_SECONDS = 1800.0
_NOT_STARTED = (
    "its container does not start. Look at the image, and at the ECS agent of its instance"
)
_NOT_ENDED = "Batch should have ended it at its time limit"
Kind = Literal["waiting", "overdue", "ended", "stuck", "gone", "unreachable"]
"""`overdue`: it waits for longer than it may, and `Watch.diagnosed` tells why."""


@dataclass(frozen=True)
class Waiter:
    """One benchmark that waits."""

    job_id: str
    runnable_seconds: float
    """How long it may wait for an instance."""
    running_seconds: float
    """How long it may run; Batch ends it then."""
    run: WaitingRun | None = None
    """None outside a run: nobody patrols there."""


@dataclass(frozen=True)
class Finding:
    """What one round found out about one job."""

    kind: Kind
    message: str = ""
    job: Job | None = None
    reason: Reason | None = None

    @property
    def is_end(self) -> bool:
        """Whether the wait is over."""
        return self.kind not in ("waiting", "overdue")

    def to_payload(self, job_id: str) -> dict[str, Any]:
        """As an event carries it: JSON."""
        job = self.job.to_document() if self.job else None
        return {**asdict(self), "job": job, "reason": self.reason, "job_id": job_id}

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Finding:
        """The finding of `to_payload`."""
        job, reason = payload.get("job"), payload.get("reason")
        return cls(
            kind=payload["kind"],
            message=payload["message"],
            job=Job.from_document(job) if job else None,
            reason=Reason(reason) if reason else None,
        )


class Diagnosis(Protocol):
    """Says why a job gets no instance."""

    def why(self, queue: str, job_id: str, nodes: int = 1) -> Any:  # noqa: ANN401 - aws.runnable.Waiting
        """What EC2, Batch and ECS say."""


class Watch:
    """Looks at all jobs that somebody waits for."""

    def __init__(self, jobs: BatchJobs, diagnosis: Diagnosis, poll_seconds: float) -> None:
        self._jobs = jobs
        self._diagnosis = diagnosis
        self._poll_seconds = poll_seconds
        self._missed: dict[str, int] = {}
        self._starting: dict[str, datetime] = {}
        self._failures = 0

    def round(self, waiters: dict[str, Waiter]) -> dict[str, Finding]:
        """One look at those jobs. Trouble with AWS is a finding, too."""
        try:
            look = self._jobs.look(list(waiters))
        except StorageError as error:
            self._failures += 1
            return dict.fromkeys(waiters, self._trouble(error))
        self._failures = 0
        starting = {job.job_id for job in look.jobs if job.status == "STARTING"}
        self._starting = {each: self._starting.get(each, look.asked_at) for each in starting}
        found = {job.job_id: self._judged(job, waiters[job.job_id], look) for job in look.jobs}
        missing = waiters.keys() - found.keys()
        self._missed = {job_id: self._missed.get(job_id, 0) + 1 for job_id in missing}
        return found | {job_id: self._missing(job_id) for job_id in missing}

    def pause_seconds(self, draw: Callable[[float, float], float] = random.uniform) -> float:
        """Until the next round; longer and longer while AWS does not answer.

        A little uneven, so that several triggerers do not ask in step.
        """
        seconds: float = min(self._poll_seconds * 2**self._failures, _SLOWEST_SECONDS)
        return max(seconds, self._poll_seconds) * draw(1 - _JITTER, 1)

    def _judged(self, job: Job, waiter: Waiter, look: Look) -> Finding:
        if job.has_ended:
            return Finding("ended", job=job)
        since = {
            "RUNNING": job.started_at,
            "STARTING": self._starting.get(job.job_id),
        }.get(job.status, job.created_at)
        limit = {
            "RUNNING": waiter.running_seconds + _GRACE_SECONDS,
            "STARTING": _STARTING_SECONDS,
        }.get(job.status, waiter.runnable_seconds)
        waited = (look.asked_at - since).total_seconds() if since else 0.0
        if waited <= limit:
            return Finding("waiting", f"job {job.job_id} is {job.status}")
        minutes = f"{job.status} for {waited / units.SECONDS_PER_MINUTE:.0f} min"
        if job.status == "RUNNING":
            return Finding("stuck", f"{minutes}: {_NOT_ENDED}", job, Reason.TIMEOUT)
        if job.status == "STARTING":
            return Finding("stuck", f"{minutes}: {_NOT_STARTED}", job, Reason.UNKNOWN)
        return Finding("overdue", f"{minutes} without an instance", job)

    def diagnosed(self, overdue: dict[str, Finding]) -> dict[str, Finding]:
        """Why those get no instance: in line behind others, or stuck. Takes many calls."""
        return {job_id: self._diagnosed(finding) for job_id, finding in overdue.items()}

    def _diagnosed(self, overdue: Finding) -> Finding:
        job = overdue.job
        if job is None:
            return overdue
        try:
            why = self._diagnosis.why(job.queue, job.job_id, job.nodes)
        except StorageError as error:
            return Finding("waiting", f"{overdue.message}; not known why: {error}")
        if why.kind != "stuck":
            return Finding("waiting", f"job {job.job_id} is {job.status}: {why.message}")
        cure = f". {why.cure}" if why.cure else ""
        said = f"{overdue.message}: {why.message.rstrip('. ')}{cure}"
        return Finding("stuck", said, job, why.reason)

    def _missing(self, job_id: str) -> Finding:
        if self._missed[job_id] < _ROUNDS_UNTIL_GONE:
            return Finding("waiting", f"Batch does not know job {job_id} at the moment")
        return Finding("gone", f"Batch knows no job {job_id} any more: it was deleted, or its "
                       "account or region is another now")  # fmt: skip

    def _trouble(self, error: StorageError) -> Finding:
        locked_out = isinstance(error, LockedOutError) and self._failures >= _ROUNDS_LOCKED_OUT
        if locked_out or self._unanswered_seconds() >= _UNREACHED_SECONDS:
            return Finding("unreachable", str(error))
        return Finding("waiting", f"Batch could not be asked, so the wait goes on: {error}")

    def _unanswered_seconds(self) -> float:
        """The pauses of all rounds that failed one after another, without their jitter."""
        pauses: Iterator[float] = (self._poll_seconds * 2**n for n in range(1, self._failures + 1))
        return sum(min(pause, _SLOWEST_SECONDS) for pause in pauses)
