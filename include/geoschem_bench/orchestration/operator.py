"""One benchmark as one AWS Batch job: the Amazon provider's operator, with our identity on it.

What it adds to BatchOperator: names, configJson and outputPath from the run's identity; a
benchmark that cannot run fails alone and at once; whatever becomes of the job, `job.json` is
written and the failure says why.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from geoschem_bench import units
from geoschem_bench.errors import Reason
from geoschem_bench.orchestration.job_records import diagnose, job_overrides, job_record
from geoschem_bench.orchestration.run_context import Parts, run_request
from geoschem_bench.planning import PlannedBenchmark, job_name, output_path

if TYPE_CHECKING:
    from airflow.sdk import Context

    from geoschem_bench.aws.batch import Job

_LONGEST_WAIT = 7 * units.SECONDS_PER_DAY
"""In the queue, on top of the job's own time limit."""
FINISHED = ("SUCCEEDED", "FAILED")


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
            **job_overrides(planned),
            **kwargs,
        )
        self.planned = planned

    def execute(self, context: Context) -> str | None:
        """Submit the job, then wait for it in the triggerer."""
        self._identify(context)
        if self.planned.unavailable:
            raise self._failure(None, Reason.MISCONFIGURED, self.planned.unavailable)
        try:
            return super().execute(context)
        except AirflowException as error:
            # All that the provider raises here means: nothing was submitted, or it has ended
            if self.job_id is None:
                raise self._failure(None, Reason.MISCONFIGURED, str(error)) from error
            return self._conclude(context)

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Take the job's end from Batch itself: the event knows neither reason nor exit code."""
        self._identify(context)
        self.job_id = (event or {}).get("job_id") or self.job_id
        return self._conclude(context)

    def on_kill(self) -> None:
        """End the job, if there is one yet."""
        if self.job_id:
            super().on_kill()  # type: ignore[no-untyped-call]  # the provider has no types

    def _identify(self, context: Context) -> None:
        """Fill in what only a run knows: names, parameters, region."""
        self._parts = Parts()
        settings, request = self._parts.settings, run_request(context)
        self.planned = self.planned.with_repetitions(request.repetitions)
        self.submit_job_timeout = self.planned.timeout_seconds
        # There are no retries, so every try is a first submission or follows a person's clear
        self._submission = context["ti"].try_number
        self._run_id = request.benchmark_run_id
        place = (self._run_id, self.planned.phase, self.planned.id, self._submission)
        self._output_path = output_path(settings.bucket, *place)
        self.job_name = job_name(self._run_id, self.planned.id, self._submission)
        self.parameters = {
            "configJson": self.planned.config_json(self._run_id, self._submission),
            "outputPath": self._output_path,
        }
        self.tags = {"geoschem-bench-run": self._run_id, "geoschem-bench-id": self.planned.id}
        self.aws_conn_id = settings.aws_conn_id
        self.region_name = settings.region
        self.poll_interval = settings.poll_seconds
        # Batch's own time limit ends a job; the wait must not give up on it before
        self.max_retries = (self.planned.timeout_seconds + _LONGEST_WAIT) // self.poll_interval

    def _conclude(self, context: Context) -> str:
        found = self._parts.jobs.describe([str(self.job_id)])
        if not found:
            raise self._failure(
                None, Reason.UNKNOWN, f"Batch no longer knows the job {self.job_id}"
            )
        job = found[0]
        if job.status not in FINISHED:
            self._parts.jobs.terminate([job], "The wait for it ended")
            message = f"the wait ended while the job was {job.status}; it was terminated"
            raise self._failure(job, Reason.UNKNOWN, message)
        self._persist_cloudwatch_link(context)
        if job.status == "SUCCEEDED":
            self._write_record(job, None)
            return job.job_id
        tail = self._parts.jobs.log_tail(job.log_stream) if job.log_stream else ()
        raise self._failure(job, *diagnose(self._output_path, job, tail, self._parts.objects), tail)

    def _failure(
        self, job: Job | None, reason: Reason, message: str, tail: tuple[str, ...] = ()
    ) -> AirflowFailException:
        """Write down why it failed, and give what to raise."""
        self._write_record(job, (reason, message), tail)
        for line in tail:
            self.log.info("job: %s", line)
        # AirflowFailException: no retry of Airflow's may submit, and pay for, the job again
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
