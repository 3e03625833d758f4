"""Which failures of a benchmark are tried again, by their reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowException

from geoschem_bench.errors import Reason, StorageError
from geoschem_bench.pricing import MOST_RETRIES
from geoschem_bench.records import cure_of
from geoschem_bench.wiring import is_sandbox

if TYPE_CHECKING:
    from airflow.sdk import Context

_UNREACHABLE_PAUSE = timedelta(minutes=5)
_UNREACHABLE_PAUSE_SANDBOX = timedelta(seconds=10)
"""It is started again in seconds, and its jobs are short."""
RETRIES = 6
"""Of the task, as Airflow counts: of all reasons together, and of workers that died."""
BOOKKEEPING_RETRIES = 5
"""Of a run's other tasks: they take a second and cost nothing, and without one nothing goes on."""


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
RETRIED = {reason: rule.tries for reason, rule in _RULES.items()}
"""How often each reason that may pass is tried again."""


class BenchmarkFailedError(AirflowException):
    """A benchmark that failed, with its reason from the closed list and the cure."""

    def __init__(
        self,
        benchmark_id: str,
        reason: Reason,
        message: str,
        earlier: tuple[Reason, ...] = (),
        poll_seconds: float = 30,
        *,
        is_last_try: bool = False,
    ) -> None:
        self.reason = reason
        self.earlier = earlier
        delay_seconds = _delay_seconds(reason, earlier, poll_seconds)
        self.delay_seconds = None if is_last_try else delay_seconds
        super().__init__(
            f"{benchmark_id}: {reason}: {message.rstrip('. ')}. {_cure(reason)}{self._outlook()}"
        )

    def _outlook(self) -> str:
        """Whether there is anything to wait for."""
        if self.delay_seconds is not None:
            return f". It is tried again by itself, in {self.delay_seconds:.0f} s"
        tries = len(self.earlier) + 1
        return f". It was tried {tries} times" if self.earlier else ""


class UnreachableError(AirflowException):
    """AWS does not answer us, while the job may well run: no failure of the benchmark."""

    def __init__(self, message: str, job_id: str) -> None:
        super().__init__(
            f"{message}. Job {job_id} may still run: the next try, in a while, looks for it, "
            "and submits no second one"
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
        if isinstance(exception, UnreachableError | StorageError):
            pause = _UNREACHABLE_PAUSE_SANDBOX if is_sandbox() else _UNREACHABLE_PAUSE
            return RetryDecision.retry(pause, "AWS may answer again")
        if not isinstance(exception, BenchmarkFailedError):
            return RetryDecision.default()  # a worker that died, say: the next one takes over
        reason, seconds = exception.reason, exception.delay_seconds
        if seconds is not None:
            return RetryDecision.retry(timedelta(seconds=seconds), f"{reason} may pass")
        if reason in RETRIED:
            return RetryDecision.fail(f"{reason} again, after {len(exception.earlier)} tries")
        return RetryDecision.fail(f"{reason} would fail again alike")


def _delay_seconds(
    reason: Reason, earlier: tuple[Reason, ...], poll_seconds: float
) -> float | None:
    """How long to wait before the next try; None: there is none."""
    rule, before = _RULES.get(reason), earlier.count(reason)
    # What never got an instance costs nothing; the rest is in the estimate of the plan
    paid = len(earlier) - earlier.count(Reason.CAPACITY)
    if rule is None or before >= rule.tries:
        return None
    if reason is not Reason.CAPACITY and paid >= MOST_RETRIES:
        return None
    return float(rule.polls * poll_seconds * 2**before)


def _cure(reason: Reason) -> str:
    cure = cure_of(reason)
    return cure[0].upper() + cure[1:]
