"""One job: what AWS shows of it, and what only the sandbox knows."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from geoschem_bench.sandbox.batch.shelf import Document


class Status(StrEnum):
    """The states of a job, spelled and ordered as AWS does."""

    SUBMITTED = "SUBMITTED"
    """Accepted."""
    PENDING = "PENDING"
    """Waits for the jobs that it depends on."""
    RUNNABLE = "RUNNABLE"
    """Waits for a computer."""
    STARTING = "STARTING"
    """Has its computer; the container is being started."""
    RUNNING = "RUNNING"
    """The container runs."""
    SUCCEEDED = "SUCCEEDED"
    """The last attempt ended with exit code 0."""
    FAILED = "FAILED"
    """No attempt is left, or it was stopped."""


_BY_NAME = {str(status): status for status in Status}
"""`Status(...)` takes ten times as long, and a thousand jobs are asked at every look."""
WAITING = frozenset({Status.SUBMITTED, Status.PENDING, Status.RUNNABLE})
ON_A_HOST = frozenset({Status.STARTING, Status.RUNNING})
FINISHED = frozenset({Status.SUCCEEDED, Status.FAILED})


def now_ms() -> int:
    """Milliseconds since 1970, the clock of every time that Batch shows."""
    return time.time_ns() // 1_000_000


@dataclass
class Job:
    """A job. Change it only while holding the lock of the state, then save it."""

    detail: Document
    """AWS's `JobDetail`: what DescribeJobs answers."""
    queue: str
    """The name of its queue."""
    vcpus: int
    """As requested; what this computer can grant may be less."""
    stop_reason: str | None = None
    """Set when somebody asked for its end while it was on a host."""
    blocked_by: str | None = None
    """The reason that was written on it at the head of its queue."""
    fate: Document | None = None
    """The fault that befalls this attempt: its id, fate, reason and seconds."""
    trace: Document | None = None
    """What a later server finds the command by that runs; the launcher's own words."""
    timeline: list[tuple[str, int]] = field(default_factory=list)
    """Every state it was in, with the time it entered (AWS shows only the last)."""

    @classmethod
    def from_document(cls, document: Document) -> Job:
        """The job that was saved as this document."""
        return cls(**document)

    def to_document(self) -> Document:
        """The job as it is saved."""
        return asdict(self)

    @property
    def id(self) -> str:
        """The job's UUID."""
        return str(self.detail["jobId"])

    @property
    def status(self) -> Status:
        """Where it stands."""
        return _BY_NAME[self.detail["status"]]

    @property
    def container(self) -> dict[str, Any]:
        """AWS's `ContainerDetail`, which tells of the latest attempt."""
        container: dict[str, Any] = self.detail["container"]
        return container

    def move(self, status: Status, reason: str | None = None) -> None:
        """Enters a state; a state without a reason of its own clears the last one."""
        moment = now_ms()
        self.timeline.append((status.value, moment))
        self.detail["status"] = status.value
        self.blocked_by = None
        self.detail.pop("statusReason", None)
        if reason is not None:
            self.detail["statusReason"] = reason
        if status in FINISHED:
            self.detail["stoppedAt"] = moment
