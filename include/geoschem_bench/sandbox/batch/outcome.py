"""How an attempt at a job ended, in AWS's words."""

from __future__ import annotations

from dataclasses import dataclass

CONTAINER_EXITED = "Essential container in task exited"
CANNOT_START = "Task failed to start"
TIMED_OUT = "Job attempt duration exceeded timeout"
HOST_TERMINATED = "Host EC2 (sandbox) terminated"
_HOST_IS_GONE = "Host EC2 ("
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
KILLED, TERMINATED = 137, 143
"""Exit codes after SIGKILL and SIGTERM."""


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    status_reason: str
    exit_code: int | None = None
    """None when no command was started, or nobody can tell."""
    reason: str | None = None
    """AWS's `container.reason`."""
    started_at: int | None = None
    stopped_at: int = 0
    may_retry: bool = True
    is_forgotten: bool = False
    """Batch shall know nothing of the job any more."""


def may_retry(status_reason: str) -> bool:
    """AWS retries neither what somebody stopped nor what ran out of time."""
    return status_reason == CONTAINER_EXITED or status_reason.startswith(_HOST_IS_GONE)
