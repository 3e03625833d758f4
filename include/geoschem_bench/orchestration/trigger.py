"""Waiting for a job in the triggerer: one poll for all that wait, by Airflow's shared streams.

An exception in a trigger fails its task behind the operator's back, with the job running on
unnoticed. So nothing here raises: trouble is a finding like any other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, TypeVar

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from geoschem_bench.orchestration.job_records import Submission
from geoschem_bench.orchestration.ownership import why_ended
from geoschem_bench.orchestration.patrol import Patrol, WaitingRun
from geoschem_bench.orchestration.polling import Finding, Kind, Waiter, Watch
from geoschem_bench.orchestration.run_context import Parts
from geoschem_bench.orchestration.strays import END_SECONDS, record_end

_OWNED_STATES = ("running", "deferred")
"""In these somebody works for the task: this very trigger on another triggerer, or a new attempt
that has ended the old job itself."""

_MOST_FAILURES = 5
_endings: set[asyncio.Task[None]] = set()
_THREADS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="geoschem-bench")
Found = TypeVar("Found")
_waiters: dict[Hashable, dict[str, Waiter]] = {}
"""Who waits, by stream: all triggers of a triggerer live in one process and one event loop."""


class BenchmarkJobTrigger(BaseEventTrigger):
    """Fires once, when the wait for a job is over; the event carries all that Batch says of it.

    Args:
        job_id: In Batch.
        submission: What it runs, as a document: whoever ends the job writes its record.
        runnable_seconds: How long it may wait for an instance.
        running_seconds: How long it may run; Batch ends it then.
        poll_seconds: Between two looks.
        aws_conn_id: Airflow connection; None: the environment's credentials.
        region: Of the job.
        queues: Of all benchmarks of its suite, where others of its run may have left jobs.
    """

    def __init__(
        self,
        job_id: str,
        submission: dict[str, Any],
        runnable_seconds: float,
        running_seconds: float,
        poll_seconds: float,
        aws_conn_id: str | None,
        region: str,
        queues: Sequence[str],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own
        self.job_id = job_id
        self.submission = Submission(**submission)
        self.runnable_seconds = runnable_seconds
        self.running_seconds = running_seconds
        self.poll_seconds = poll_seconds
        self.aws_conn_id = aws_conn_id
        self.region = region
        self.queues = tuple(queues)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """As the metadata database keeps it."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "job_id": self.job_id,
                "submission": self.submission.to_document(),
                "runnable_seconds": self.runnable_seconds,
                "running_seconds": self.running_seconds,
                "poll_seconds": self.poll_seconds,
                "aws_conn_id": self.aws_conn_id,
                "region": self.region,
                "queues": list(self.queues),
            },
        )

    def shared_stream_key(self) -> Hashable:
        """One poll per connection and region."""
        return ("geoschem-bench-jobs", self.aws_conn_id, self.region, self.poll_seconds)

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[Any]:
        """Look at all jobs that are waited for, for ever."""
        waiting = cls(**kwargs)
        patrol = Patrol(lambda: waiting._parts().jobs, waiting._runs)
        async for findings in waiting._looks():
            yield findings
            patrol.next_round()

    def _looks(self) -> AsyncIterator[dict[str, Finding]]:
        return look_for_ever(self.make_watch, lambda: dict(self._all_waiters), self.poll_seconds)

    @property
    def _all_waiters(self) -> dict[str, Waiter]:
        return _waiters.setdefault(self.shared_stream_key(), {})

    def _runs(self) -> Iterator[WaitingRun]:
        return (each.run for each in self._all_waiters.values() if each.run is not None)

    def _run(self) -> WaitingRun | None:
        ti = self.task_instance
        run_id = self.submission.benchmark_run_id
        return ti and WaitingRun(ti.dag_id, ti.run_id, run_id, self.queues)

    def make_watch(self) -> Watch:
        """What looks at the jobs of this connection and region."""
        parts = Parts(region=self.region, aws_conn_id=self.aws_conn_id)
        return Watch(parts.jobs, parts.diagnosis, self.poll_seconds)

    def _parts(self) -> Parts:
        return _parts_of(self.region, self.aws_conn_id, int(time.monotonic() // 60))

    async def filter_shared_stream(
        self, shared_stream: AsyncIterator[Any]
    ) -> AsyncIterator[TriggerEvent]:
        """What the poll finds about this job."""
        job_id, waiters = self.job_id, self._all_waiters
        mine = waiters[job_id] = Waiter(
            job_id, self.runnable_seconds, self.running_seconds, self._run()
        )
        said = ""
        try:
            async for findings in shared_stream:
                finding = findings.get(job_id)
                if finding is None:  # a round that began before we joined
                    continue
                if finding.is_end:
                    yield _event(finding, job_id)
                    return
                if finding.message != said:
                    said = finding.message
                    self.log.info(said)
        finally:
            if waiters.get(job_id) is mine:  # and not a successor's
                del waiters[job_id]

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """The same alone, for `airflow dags test`, which knows no shared streams.

        Ctrl-C there ends the run for good: nobody comes back for its job.
        """
        has_fired = False
        try:
            async for event in self.filter_shared_stream(self._looks()):
                has_fired = True
                yield event
        except asyncio.CancelledError:
            if not has_fired:  # what is left is cancelled after an event, too
                await self._end("Terminated by Ctrl-C")
            raise

    async def on_kill(self) -> None:
        """End the job where nobody owns it any more.

        Airflow calls this after a clear, when the new attempt may have begun, and (apache/airflow
        #73454) also when this trigger only moved to another triggerer. It cancels this call again
        and again while it lasts, so the work is a task of its own.
        """
        ending = asyncio.create_task(self._end_unless_owned())
        _endings.add(ending)  # or it might be collected as garbage before it is done
        ending.add_done_callback(_endings.discard)
        await asyncio.shield(ending)

    async def _end_unless_owned(self) -> None:
        state = await _in_thread(task_state, self.task_instance)
        if state in _OWNED_STATES:
            self.log.info("Job %s is left alone: its task is %s", self.job_id, state)
            return
        why = why_ended(state)
        self.log.info("%s: %s", self.job_id, why)
        await self._end(why)

    async def _end(self, why: str) -> None:
        """Terminate the job, and write its record once it has ended, without holding a thread."""
        parts = await _in_thread(self._parts)
        found = await _in_thread(parts.jobs.describe, [self.job_id])
        if not found:
            return
        await _in_thread(parts.jobs.terminate, found, why)
        deadline = time.monotonic() + END_SECONDS
        while not found[0].has_ended and time.monotonic() < deadline:
            await asyncio.sleep(self.poll_seconds)
            found = await _in_thread(parts.jobs.describe, [self.job_id]) or found
        if found[0].has_ended:
            await _in_thread(record_end, found[0], self.submission, why, parts)


def task_state(ti: Any) -> str | None:  # noqa: ANN401 - Airflow's own, of a worker or a triggerer
    """What Airflow says of a task now; None: nothing yet, as after a clear."""
    states = RuntimeTaskInstance.get_task_states(
        dag_id=ti.dag_id, task_ids=[ti.task_id], run_ids=[ti.run_id]
    )
    state = states.get(ti.run_id, {}).get(ti.task_id)
    return None if state is None else str(getattr(state, "value", state))


async def look_for_ever(
    make_watch: Callable[[], Watch],
    waiters: Callable[[], dict[str, Waiter]],
    poll_seconds: float,
) -> AsyncIterator[dict[str, Finding]]:
    """Round after round of findings, by job. Whatever is raised becomes a finding as well.

    Args:
        make_watch: Called in a thread; again, when it failed.
        waiters: Who waits now.
        poll_seconds: Between two looks, while there is no watch that says it.
    """
    watch: Watch | None = None
    diagnosing: asyncio.Task[dict[str, Finding]] | None = None
    failures = 0
    while True:
        pause_seconds = poll_seconds
        try:
            if watch is None:
                watch = await _in_thread(make_watch)
            findings = await _in_thread(watch.round, waiters())
            pause_seconds, failures = watch.pause_seconds(), 0
            if diagnosing is not None and diagnosing.done():
                done, diagnosing = diagnosing, None
                findings |= {k: v for k, v in done.result().items() if _is_overdue(findings.get(k))}
            overdue = {k: v for k, v in findings.items() if _is_overdue(v)}
            if overdue and diagnosing is None:  # beside the rounds: others' ends do not wait for it
                diagnosing = asyncio.create_task(_in_thread(watch.diagnosed, overdue))
        except Exception as error:  # whoever waits must hear of an error of ours, too
            failures += 1
            kind: Kind = "unreachable" if failures >= _MOST_FAILURES else "waiting"
            finding = Finding(kind, f"the wait is disturbed: {type(error).__name__}: {error}")
            findings = dict.fromkeys(waiters(), finding)
        yield findings
        await asyncio.sleep(pause_seconds)


def _is_overdue(finding: Finding | None) -> bool:
    return finding is not None and finding.kind == "overdue"


@lru_cache(maxsize=4)
def _parts_of(region: str, aws_conn_id: str | None, minute: int) -> Parts:
    """Made once a minute: who ends a thousand jobs needs three clients, not three thousand."""
    return Parts(region=region, aws_conn_id=aws_conn_id)


async def _in_thread(call: Callable[..., Found], *given: Any) -> Found:  # noqa: ANN401 - of any call
    """Run it in threads of our own: those of the event loop serve all other triggers, too."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, call, *given)


def _event(finding: Finding, job_id: str) -> TriggerEvent:
    return TriggerEvent(finding.to_payload(job_id))  # type: ignore[no-untyped-call]  # Airflow's
