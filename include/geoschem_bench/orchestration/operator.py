"""One benchmark as one AWS Batch job: the Amazon provider's operator, made safe with money.

Each attempt looks for the job of the attempts before it, and submits one only where there is none
to wait for. Whatever becomes of the job, `job.json` is written and the failure says why.
"""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.sdk.exceptions import TaskDeferralError, TaskDeferralTimeout

from geoschem_bench.errors import Reason
from geoschem_bench.orchestration import links, turns
from geoschem_bench.orchestration.attempt import Attempt
from geoschem_bench.orchestration.ownership import Step, was_cleared, why_ended
from geoschem_bench.orchestration.polling import Finding
from geoschem_bench.orchestration.retries import RETRIES, BenchmarkRetryPolicy, UnreachableError
from geoschem_bench.orchestration.run_context import is_in_process
from geoschem_bench.orchestration.trigger import BenchmarkJobTrigger, task_state
from geoschem_bench.planning import PlannedBenchmark

if TYPE_CHECKING:
    from airflow.sdk import Context


_OWNED_STATES = ("running", "up_for_retry", "scheduled", "queued")
"""The next attempt takes the job over; after a clear it ends it, and starts anew."""


class BenchmarkBatchOperator(BatchOperator):
    """Submit one benchmark once, and wait for it in the triggerer.

    Args:
        planned: The benchmark and where it goes.
    """

    ui_color = "#dcebe3"
    operator_extra_links = links.LINKS  # type: ignore[assignment]  # the provider fixes its own four
    _attempt: Attempt | None = None
    _settling: threading.Thread | None = None

    def __init__(self, *, planned: PlannedBenchmark, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(
            job_name=planned.id,
            job_definition=planned.job_definition,
            job_queue=planned.job_queue,
            deferrable=True,
            doc_md=_documentation(planned),
            retries=RETRIES,
            retry_delay=timedelta(seconds=10),  # of a worker that died; reasons have their own
            retry_policy=BenchmarkRetryPolicy(),
            **kwargs,
        )
        self.planned = planned

    def execute(self, context: Context) -> str:
        """Find the job of an earlier attempt, or submit one; then wait for it."""
        attempt = self._begin(context)
        job = attempt.earlier_job()
        step = attempt.step_after(job)
        if job is not None:
            self.log.info("Job %s is there already, %s: %s", job.job_id, job.status, step.value)
            if step in (Step.ATTACH, Step.CONCLUDE):
                attempt.adopt(job)
                return attempt.conclude(job) if step is Step.CONCLUDE else self._wait(attempt)
        attempt.replace(job, step)
        attempt.refuse_what_cannot_run()
        turns.wait_for_turn(self, context, attempt.max_concurrent)
        attempt.submit()
        return self._wait(attempt)

    def resume_in_turn(
        self,
        context: Context,
        event: dict[str, Any] | None = None,
    ) -> str:
        """Go on when one of the benchmarks before has ended."""
        return self.execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """The wait is over; the event carries all that Batch says of the job."""
        attempt = self._begin(context)
        finding = Finding.from_payload(event or {})
        if finding.kind == "unreachable":
            raise UnreachableError(finding.message, (event or {})["job_id"])
        if finding.job is None:
            lost_id = (event or {}).get("job_id")
            raise attempt.failure(None, Reason.UNKNOWN, finding.message, lost_id=lost_id)
        if was_cleared(finding.job):
            return self.execute(context)
        attempt.adopt(finding.job)
        if finding.kind != "stuck":
            return attempt.conclude(finding.job)
        now = attempt.look_again(finding.job)
        if now.status != finding.job.status:  # while this worker was waited for
            return attempt.conclude(now) if now.has_ended else self._wait(attempt)
        ended = attempt.end_stuck(finding.job, finding.message)
        raise attempt.failure(ended, finding.reason or Reason.UNKNOWN, finding.message)

    def resume_execution(
        self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context
    ) -> Any:  # noqa: ANN401 - Airflow's own
        """As Airflow's, but a wait that is broken off leaves no job behind."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout:
            attempt = self._begin(context)
            message = "the task's execution_timeout has passed"
            ended = attempt.end(f"Terminated by Airflow: {message}")
            raise attempt.failure(ended, Reason.TIMEOUT, message) from None
        except TaskDeferralError as error:
            self.log.warning("The wait was broken off (%s); looking for the job", error)
            return self.execute(context)

    def on_kill(self) -> None:
        """Airflow wants this process to end: by a person's wish, or because its worker does.

        A job is ended only where the task does not own it any more. That is a question to Airflow,
        whose connection may be in use by what this signal interrupted: so a thread asks.
        """
        if self._attempt is not None:
            self._settling = threading.Thread(target=self._settle, args=(self._attempt,))
            self._settling.start()

    def _settle(self, attempt: Attempt) -> None:
        """End the job unless the task, as Airflow sees it now, is or soon will be about it."""
        state = task_state(attempt.task_instance)
        if state not in _OWNED_STATES:
            attempt.disown(why_ended(state))

    def _settle_before_leaving(self, attempt: Attempt) -> None:
        """A task that was marked or cleared a moment ago gets no trigger that could end its job."""
        if self._settling is not None:
            self._settling.join()
        elif not is_in_process():
            self._settle(attempt)

    def _begin(self, context: Context) -> Attempt:
        self._attempt = Attempt(self.planned, context, self.retries or 0)
        return self._attempt

    def _wait(self, attempt: Attempt) -> str:
        self._settle_before_leaving(attempt)
        settings = attempt.parts.settings
        self.defer(
            trigger=BenchmarkJobTrigger(
                job_id=attempt.job_id or "",
                submission=attempt.submission.to_document(),
                runnable_seconds=attempt.runnable_seconds,
                running_seconds=attempt.running_seconds,
                poll_seconds=settings.poll_seconds,
                aws_conn_id=settings.aws_conn_id,
                region=settings.region,
                queues=turns.queues_of(self.dag),
            ),
            method_name="execute_complete",
            timeout=self.execution_timeout,
        )


def _documentation(planned: PlannedBenchmark) -> str:
    config = json.dumps(planned.benchmark.as_config(), indent=1)
    return f"{planned.benchmark.description}\n\n```json\n{config}\n```\n"
