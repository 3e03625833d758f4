"""Waiting for a job in the triggerer: one poll for all that wait, by Airflow's shared streams.

An exception in a trigger fails its task behind the operator's back, with the job running on
unnoticed. So nothing here raises: trouble is a finding like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from typing import Any

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from geoschem_bench.orchestration.job_records import Submission
from geoschem_bench.orchestration.polling import Finding, Waiter, Watch
from geoschem_bench.orchestration.run_context import Parts
from geoschem_bench.orchestration.strays import end_job

_OWNED_STATES = ("running", "deferred")
"""In these somebody works for the task: this very trigger on another triggerer, or a new attempt
that has ended the old job itself."""

_waiters: dict[Hashable, dict[str, Waiter]] = {}
"""Who waits, by stream: all triggers of a triggerer live in one process and one event loop."""


class BenchmarkJobTrigger(BaseEventTrigger):
    """Fires once, when the wait for a job is over; the event carries all that Batch says of it.

    Args:
        job_id: In Batch.
        submission: What it runs, as a document: whoever ends the job writes its record.
        runnable_seconds: How long it may wait for an instance.
        poll_seconds: Between two looks.
        aws_conn_id: Airflow connection; None: the environment's credentials.
        region: Of the job.
    """

    def __init__(
        self,
        job_id: str,
        submission: dict[str, Any],
        runnable_seconds: float,
        poll_seconds: float,
        aws_conn_id: str | None,
        region: str,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own
        self.job_id = job_id
        self.submission = Submission(**submission)
        self.runnable_seconds = runnable_seconds
        self.poll_seconds = poll_seconds
        self.aws_conn_id = aws_conn_id
        self.region = region

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """As the metadata database keeps it."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "job_id": self.job_id,
                "submission": self.submission.to_document(),
                "runnable_seconds": self.runnable_seconds,
                "poll_seconds": self.poll_seconds,
                "aws_conn_id": self.aws_conn_id,
                "region": self.region,
            },
        )

    def shared_stream_key(self) -> Hashable:
        """One poll per connection and region."""
        return ("geoschem-bench-jobs", self.aws_conn_id, self.region, self.poll_seconds)

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[Any]:
        """Look at all jobs that are waited for, for ever."""
        key = cls(**kwargs).shared_stream_key()
        watch = await asyncio.to_thread(_new_watch, kwargs["poll_seconds"])
        while True:
            waiters = dict(_waiters.get(key, {}))
            yield await asyncio.to_thread(watch.round, waiters)
            await asyncio.sleep(watch.pause_seconds())

    async def filter_shared_stream(
        self, shared_stream: AsyncIterator[Any]
    ) -> AsyncIterator[TriggerEvent]:
        """What the poll finds about this job."""
        job_id, waiters = self.job_id, _waiters.setdefault(self.shared_stream_key(), {})
        waiters[job_id] = Waiter(job_id, self.runnable_seconds)
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
            waiters.pop(job_id, None)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """The same alone, for `airflow dags test`, which knows no shared streams.

        Ctrl-C there ends the run for good: nobody comes back for its job.
        """
        try:
            async for event in self.filter_shared_stream(
                self.open_shared_stream(self.serialize()[1])
            ):
                yield event
        except asyncio.CancelledError:
            await asyncio.to_thread(self._end, "Terminated by Ctrl-C")
            raise

    async def on_kill(self) -> None:
        """End the job where nobody owns it any more.

        Airflow calls this after a clear, when the new attempt may have begun, and (apache/airflow
        #73454) also when this trigger only moved to another triggerer.
        """
        state = await sync_to_async(task_state)(self.task_instance)
        if state in _OWNED_STATES:
            self.log.info("Job %s is left alone: its task is %s", self.job_id, state)
            return
        why = f"Terminated by Airflow: its task is {state or 'cleared'}"
        self.log.info("%s: %s", self.job_id, why)
        await asyncio.to_thread(self._end, why)

    def _end(self, why: str) -> None:
        end_job(self.job_id, self.submission, why, Parts())


def task_state(ti: Any) -> str | None:  # noqa: ANN401 - Airflow's own, of a worker or a triggerer
    """What Airflow says of a task now; None: nothing yet, as after a clear."""
    states = RuntimeTaskInstance.get_task_states(
        dag_id=ti.dag_id, task_ids=[ti.task_id], run_ids=[ti.run_id]
    )
    state = states.get(ti.run_id, {}).get(ti.task_id)
    return None if state is None else str(getattr(state, "value", state))


def _new_watch(poll_seconds: float) -> Watch:
    parts = Parts()
    return Watch(parts.jobs, parts.diagnosis, poll_seconds)


def _event(finding: Finding, job_id: str) -> TriggerEvent:
    return TriggerEvent(finding.to_payload(job_id))  # type: ignore[no-untyped-call]  # Airflow's
