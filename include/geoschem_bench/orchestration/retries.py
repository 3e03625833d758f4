"""Which failures of a benchmark are tried again, by their reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowException

from geoschem_bench.errors import Reason
from geoschem_bench.pricing import MOST_RETRIES
from geoschem_bench.records import cure_of

if TYPE_CHECKING:
    from airflow.sdk import Context

_UNREACHABLE_DELAY = timedelta(minutes=5)
RETRIES = 6
"""Of the task, as Airflow counts: of all reasons together, and of workers that died."""


@dataclass(frozen=True)
class _Rule:
    tries: int
    """How often this reason may be tried again in one task."""
    polls: int
    """How many poll intervals to wait before it."""


_RULES = {
    Reason.CAPACITY: _Rule(tries=3, polls=20),
    Reason.SPOT_INTERRUPTED: _Rule(tries=MOST_RETRIES, polls=2),
    Reason.STORAGE: _Rule(tries=MOST_RETRIES, polls=4),
    Reason.UNKNOWN: _Rule(tries=1, polls=4),
}
"""The rest is not tried again: the same comes out, and each try is paid for."""


class BenchmarkFailedError(AirflowException):
    """A benchmark that failed, with its reason from the closed list and the cure."""

    def __init__(
        self,
        benchmark_id: str,
        reason: Reason,
        message: str,
        earlier: tuple[Reason, ...] = (),
        poll_seconds: float = 30,
    ) -> None:
        super().__init__(f"{benchmark_id}: {reason}: {message.rstrip('. ')}. {_cure(reason)}")
        self.reason = reason
        self.earlier = earlier
        self.poll_seconds = poll_seconds


class UnreachableError(AirflowException):
    """AWS does not answer us, while the job may well run: no failure of the benchmark."""

    def __init__(self, message: str, job_id: str) -> None:
        super().__init__(
            f"{message}. Job {job_id} may still run: the next try looks for it, and submits no "
            "second one"
        )


class BenchmarkRetryPolicy(RetryPolicy):
    """Capacity and spot are tried again; what would fail alike is not."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        """Airflow asks this in the worker, with the exception itself."""
        if isinstance(exception, UnreachableError):
            return RetryDecision.retry(_UNREACHABLE_DELAY, "AWS may answer again")
        if not isinstance(exception, BenchmarkFailedError):
            return RetryDecision.default()  # a worker that died, say: the next one takes over
        reason, rule = exception.reason, _RULES.get(exception.reason)
        if rule is None:
            return RetryDecision.fail(f"{reason} would fail again alike")
        before = exception.earlier.count(reason)
        # What never got an instance costs nothing; the rest is in the estimate of the plan
        paid = len(exception.earlier) - exception.earlier.count(Reason.CAPACITY)
        if before >= rule.tries or (reason is not Reason.CAPACITY and paid >= MOST_RETRIES):
            return RetryDecision.fail(f"{reason} again, after {len(exception.earlier)} tries")
        seconds = rule.polls * exception.poll_seconds * 2**before
        return RetryDecision.retry(timedelta(seconds=seconds), f"{reason} may pass")


def _cure(reason: Reason) -> str:
    cure = cure_of(reason)
    return cure[0].upper() + cure[1:]
