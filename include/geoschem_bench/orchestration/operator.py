"""One benchmark as one AWS Batch job: the Amazon provider's operator, with our identity on it.

What it adds to BatchOperator: names, configJson and outputPath from the run's identity; a
benchmark that cannot run fails alone and at once; whatever becomes of the job, `job.json` is
written and the failure says why; a wait that is disturbed goes on while the job runs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from geoschem_bench import units
from geoschem_bench.errors import Reason, StorageError
from geoschem_bench.orchestration.job_records import diagnose, job_overrides, job_record
from geoschem_bench.orchestration.run_context import Parts, run_request
from geoschem_bench.orchestration.trigger import BenchmarkJobTrigger
from geoschem_bench.planning import PlannedBenchmark, job_name, output_path

if TYPE_CHECKING:
    from airflow.sdk import Context

    from geoschem_bench.aws.batch import Job

_LONGEST_WAIT = 7 * units.SECONDS_PER_DAY
"""In the queue, on top of the job's own time limit."""
_FINISHED = ("SUCCEEDED", "FAILED")


class BenchmarkBatchOperator(BatchOperator):
    """Submit one benchmark and wait for it in the triggerer.

    Args:
        planned: The benchmark and where it goes.
    """

    ui_color = "#dcebe3"

    def __init__(self, *, planned: PlannedBenchmark, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(
            job_name=planned.id,
            job_definition=planned.job_definition,
            job_queue=planned.job_queue,
            submit_job_timeout=planned.timeout_seconds,
            deferrable=True,
            doc_md=_documentation(planned),
            # Each retry would be another job to pay for
            retries=0,
            **job_overrides(planned),
            **kwargs,
        )
        self.planned = planned

    def execute(self, context: Context) -> None:
        """Submit the job, then wait for it in the triggerer."""
        self._prepare(context)
        self._name(self._next_submission())
        if self.planned.unavailable:
            raise self._failure(None, Reason.MISCONFIGURED, self.planned.unavailable)
        try:
            self.submit_job(context)
        except AirflowException as error:
            if self.job_id is None:
                known = "ClientException" in str(error)
                reason = Reason.MISCONFIGURED if known else Reason.UNKNOWN
                raise self._failure(None, reason, f"nothing was submitted: {error}") from error
            self.log.warning("Submitted as %s, but: %s", self.job_id, error)
        self._wait()

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Take the job's end from Batch itself: the event knows neither reason nor exit code."""
        self._prepare(context)
        event = event or {}
        self.job_id = event.get("job_id") or self.job_id
        try:
            found = self._parts.jobs.describe([str(self.job_id)])
        except StorageError as error:
            self.log.warning("Batch does not answer; waiting on: %s", error)
            self._wait()
        if not found:
            self._name(context["ti"].try_number)
            raise self._failure(None, Reason.UNKNOWN, f"Batch knows no job {self.job_id} any more")
        job = found[0]
        self._name(int(job.name.rsplit("-", 1)[1]))
        if job.status not in _FINISHED:
            self.log.warning("Still %s; waiting on after: %s", job.status, event.get("message"))
            self._wait()
        return self._conclude(job, context)

    def on_kill(self) -> None:
        """End the job, if there is one yet."""
        if self.job_id:
            super().on_kill()  # type: ignore[no-untyped-call]  # the provider has no types

    def _prepare(self, context: Context) -> None:
        """What only a run knows: its id, its settings, its number of repetitions."""
        self._parts = Parts()
        settings, request = self._parts.settings, run_request(context)
        self.planned = self.planned.with_repetitions(request.repetitions)
        self.submit_job_timeout = self.planned.timeout_seconds
        self._run_id = request.benchmark_run_id
        self.aws_conn_id = settings.aws_conn_id
        self.region_name = settings.region
        self.poll_interval = settings.poll_seconds

    def _next_submission(self) -> int:
        """One more than what lies there: a run of the same id overwrites no earlier result."""
        first = output_path(
            self._parts.bucket, self._run_id, self.planned.phase, self.planned.id, 1
        )
        folders = self._parts.objects.folders(first.removesuffix("1/"))
        return 1 + max((int(name) for name in folders if name.isdigit()), default=0)

    def _name(self, submission: int) -> None:
        """The names of one submission."""
        planned, run_id = self.planned, self._run_id
        self._submission = submission
        self._output_path = output_path(
            self._parts.bucket, run_id, planned.phase, planned.id, submission
        )
        self.job_name = job_name(run_id, planned.id, submission)
        self.parameters = {
            "configJson": planned.config_json(run_id, submission),
            "outputPath": self._output_path,
        }
        self.tags = {"geoschem-bench-run": run_id, "geoschem-bench-id": planned.id}

    def _wait(self) -> None:
        self.defer(
            trigger=BenchmarkJobTrigger(
                job_id=self.job_id,
                aws_conn_id=self.aws_conn_id,
                region_name=self.region_name,
                waiter_delay=self.poll_interval,
                # Batch's own time limit ends a job; the wait must not give up on it before
                waiter_max_attempts=(
                    (self.planned.timeout_seconds + _LONGEST_WAIT) // self.poll_interval
                ),
            ),
            method_name="execute_complete",
        )

    def _conclude(self, job: Job, context: Context) -> str:
        self._persist_cloudwatch_link(context)
        if job.status == "SUCCEEDED":
            self._write_record(job, None)
            return job.job_id
        tail = self._log_tail(job)
        reason, message = diagnose(self._output_path, job, tail, self._parts.objects)
        if reason is Reason.SPOT_INTERRUPTED and self.planned.benchmark.purchase_option != "spot":
            reason = Reason.UNKNOWN  # its host is gone too, but no spot market took it
        for line in tail:
            self.log.info("job: %s", line)
        raise self._failure(job, reason, message, tail)

    def _log_tail(self, job: Job) -> tuple[str, ...]:
        """A job whose log may not be read still has a reason."""
        try:
            return self._parts.jobs.log_tail(job)
        except StorageError as error:
            self.log.warning("%s", error)
            return ()

    def _failure(
        self, job: Job | None, reason: Reason, message: str, tail: tuple[str, ...] = ()
    ) -> AirflowFailException:
        """Write down why it failed, and give what to raise."""
        self._write_record(job, (reason, message), tail)
        return AirflowFailException(f"{self.planned.id}: {reason}: {message}")

    def _write_record(
        self, job: Job | None, failure: tuple[Reason, str] | None, tail: tuple[str, ...] = ()
    ) -> None:
        record = job_record(self.planned, self._run_id, self._submission, job, failure, tail)
        address = self._output_path + "job.json"
        self._parts.objects.put(address, record.model_dump_json(indent=1).encode())


def _documentation(planned: PlannedBenchmark) -> str:
    config = json.dumps(planned.benchmark.as_config(), indent=1)
    return f"{planned.benchmark.description}\n\n```json\n{config}\n```\n"
