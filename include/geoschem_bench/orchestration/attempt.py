"""One attempt of a benchmark's task: its run, its job of before, its submission, its end."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException

from geoschem_bench.errors import BenchmarkError, Reason, StorageError
from geoschem_bench.orchestration import gates, links, ownership
from geoschem_bench.orchestration.job_records import (
    Submission,
    diagnose,
    has_manifest,
    job_overrides,
    write_record,
)
from geoschem_bench.orchestration.ownership import Step
from geoschem_bench.orchestration.retries import BenchmarkFailedError
from geoschem_bench.orchestration.run_context import Parts, run_request
from geoschem_bench.orchestration.strays import end_job
from geoschem_bench.planning import PlannedBenchmark, run_prefix
from geoschem_bench.wiring import is_sandbox

if TYPE_CHECKING:
    from airflow.sdk import Context

    from geoschem_bench.aws.batch import Job

_log = logging.getLogger(__name__)
_CLEARED = "Terminated by Airflow: its task was cleared, and starts anew"
_TWIN = "Terminated by Airflow: a second job of the same benchmark"
_NO_LIMIT = 1000
_ON_ITS_WAY_SECONDS = 60.0
"""As long as we wait for an answer to a submission: its request is no older than that."""
_ON_ITS_WAY_SECONDS_SANDBOX = 15.0
_LOOK_SECONDS = 2.0
_LONGEST_REASON = 1000
"""Characters that Batch may be given."""


class Attempt:
    """What an attempt knows and does; the operator says when.

    Args:
        planned: The benchmark and where it goes.
        context: Airflow's.
        retries: Of the task, to tell a retry from a clear.
    """

    def __init__(self, planned: PlannedBenchmark, context: Context, retries: int) -> None:
        self.job_id: str | None = None
        self._context = context
        self._request = run_request(context)
        self._planned = planned.with_repetitions(self._request.repetitions)
        generation = ownership.generation_of(context["ti"], retries)
        self._claim = ownership.read_claim(context, generation)
        self.parts = Parts(region=self._claim.region)
        self.submission = self._names(max(1, self._claim.number))
        self._disowned = ""

    @property
    def task_instance(self) -> Any:  # noqa: ANN401 - Airflow's own
        """Of Airflow."""
        return self._context["ti"]

    @property
    def max_concurrent(self) -> int:
        """Jobs of this run at one time."""
        return self._request.max_concurrent or _NO_LIMIT

    @property
    def runnable_seconds(self) -> float:
        """How long a job may wait for an instance."""
        return 60.0 * self._planned.runnable_minutes

    @property
    def running_seconds(self) -> float:
        """The longest that a job may run; Batch ends it then."""
        return self._planned.timeout_seconds

    def earlier_job(self) -> Job | None:
        """The latest job of this benchmark in this run; any before it that still lives is ended."""
        latest, began = self._latest_job(), time.time()
        longest = _ON_ITS_WAY_SECONDS_SANDBOX if is_sandbox() else _ON_ITS_WAY_SECONDS
        # Another computer's clock may be ahead: it is waited once, whatever that says
        while self._claim.is_on_its_way(latest, time.time(), longest) and (
            time.time() < began + longest
        ):
            _log.info("An attempt before this one died while it submitted; looking for its job")
            time.sleep(_LOOK_SECONDS)
            latest = self._latest_job()
        return latest

    def _latest_job(self) -> Job | None:
        queues = {self._planned.job_queue, self._planned.fallback_queue or self._planned.job_queue}
        run_id = self._request.benchmark_run_id
        found = ownership.find_jobs(self.parts.jobs, self._claim, queues, run_id, self._planned.id)
        for job in found[:-1]:
            if not job.has_ended:
                _log.warning("Job %s is one too many, and is ended", job.job_id)
                self.parts.jobs.terminate([job], _TWIN)
        return found[-1] if found else None

    def step_after(self, job: Job | None) -> Step:
        """What is to be done about it."""
        is_filed = job is not None and has_manifest(
            self._names(ownership.number_of(job)).output_path, self.parts.objects
        )
        # A retry pays for nothing that is there; what a run of the same id left, a person may
        # want anew
        is_own = job is not None and job.job_id == self._claim.job_id
        force = self._request.force and self.task_instance.try_number == 1 and not is_own
        return ownership.next_step(job, self._claim, has_manifest=is_filed, force=force)

    def adopt(self, job: Job) -> None:
        """This attempt is about that job."""
        self.job_id = job.job_id
        self.submission = self._names(ownership.number_of(job))
        self.show_links(job)

    def replace(self, job: Job | None, step: Step) -> None:
        """Choose the names of a new submission; end what a cleared task left running."""
        if job is not None and step is Step.REPLACE:
            end_job(job.job_id, self._names(ownership.number_of(job)), _CLEARED, self.parts)
        if Reason.SPOT_INTERRUPTED in self._claim.failures and self._planned.fallback_queue:
            _log.info("AWS took the spot instance back; this try is on-demand")
            self._planned = self._planned.on_demand()
        self.submission = self._names(self._next_number(job))

    def refuse_what_cannot_run(self) -> None:
        """Raise where nothing is worth submitting."""
        planned = self._planned
        if planned.unavailable:
            raise self.failure(None, Reason.MISCONFIGURED, planned.unavailable)
        if refusal := gates.refusal(self._context, planned):
            raise self.failure(None, *refusal)

    def submit(self) -> None:
        """Submit, and keep the id before anything else can fail."""
        number, region = self.submission.number, self.parts.settings.region
        self._claim = replace(self._claim, asked_number=number, asked_at=time.time())
        ownership.keep_claim(self._context, self._claim)
        if self._disowned:
            raise AirflowException(f"nothing was submitted: {self._disowned}")
        try:
            self.job_id = self.parts.jobs.submit(**self._job_request())
        except BenchmarkError as error:
            self._claim = replace(self._claim, asked_number=0)
            message = f"nothing was submitted: {error.message}"
            raise self.failure(None, error.reason, message) from error
        self._claim = replace(
            self._claim, job_id=self.job_id, number=number, region=region, asked_number=0
        )
        try:
            ownership.keep_claim(self._context, self._claim)
        finally:
            if self._disowned:  # while Batch was being asked
                self.disown(self._disowned)
        _log.info("Submitted %s as job %s", self.submission.job_name, self.job_id)
        self.show_links(None)

    def disown(self, why: str) -> None:
        """Nobody waits for this attempt's job any more; also for one that is being submitted.

        Airflow kills this process in a few seconds, so its end is not waited for: the janitor
        writes its record.
        """
        self._disowned = why
        job_id = self.job_id or self._claim.job_id
        if job_id:
            self.parts.jobs.terminate(self.parts.jobs.describe([job_id]), why)

    def end(self, why: str) -> Job | None:
        """Terminate the job, if there is one; the job as it is then.

        By its end it is known how long it ran, or that it never started and so cost nothing.
        """
        job_id = self.job_id or self._claim.job_id
        if not job_id:
            return None
        end_job(job_id, self.submission, why[:_LONGEST_REASON], self.parts)
        return next(iter(self.parts.jobs.describe([job_id])), None)

    def look_again(self, job: Job) -> Job:
        """The job as it is now."""
        return next(iter(self.parts.jobs.describe([job.job_id])), job)

    def end_stuck(self, job: Job, why: str) -> Job:
        """The same, with what Batch said while the job waited."""
        ended = self.end(f"Terminated by Airflow: {why}") or job
        return replace(ended, status_reason=job.status_reason)

    def conclude(self, job: Job) -> str:
        """Write down how the job ended. BenchmarkFailedError: not well."""
        self.show_links(job)
        if job.status == "SUCCEEDED":
            write_record(self.submission, job, None, self.parts.objects)
            return job.job_id
        reason, message, tail = self._diagnosed(job)
        for line in tail:
            _log.info("job: %s", line)
        _log.info("Batch: %s %s; container: %s, exit code %s", job.status, job.status_reason,
                  job.container_reason, job.exit_code)  # fmt: skip
        raise self.failure(job, reason, message, tail)

    def failure(
        self,
        job: Job | None,
        reason: Reason,
        message: str,
        tail: tuple[str, ...] = (),
        lost_id: str | None = None,
    ) -> BenchmarkFailedError:
        """Write down why it failed, for the report and the next try; give what to raise.

        Args:
            job: None where nothing was submitted, or Batch knows it no more.
            reason: Of the closed list.
            message: With what evidence.
            tail: End of the job's log.
            lost_id: Of the job that Batch knows no more.
        """
        earlier, number = self._claim.failures, self.submission.number
        self._claim = replace(self._claim, failures=(*earlier, reason), counted=number)
        ownership.keep_claim(self._context, self._claim)  # first: it decides on the next try
        try:
            failed = (reason, message)
            write_record(self.submission, job, failed, self.parts.objects, tail, lost_id)
        except StorageError as error:
            _log.warning("Its record could not be written: %s", error)
        ti, poll_seconds = self.task_instance, self.parts.settings.poll_seconds
        is_last = ti.try_number > ti.max_tries
        return BenchmarkFailedError(
            self._planned.id, reason, message, earlier, poll_seconds, is_last_try=is_last
        )

    def show_links(self, job: Job | None) -> None:
        """Links in Airflow's page, also while the job runs."""
        report = run_prefix(self.parts.bucket, self._request.benchmark_run_id) + "report.html"
        found = links.addresses(
            self.job_id or "", job, self.submission.output_path, report, self.parts
        )
        links.show(self.task_instance, found)

    def _diagnosed(self, job: Job) -> tuple[Reason, str, tuple[str, ...]]:
        tail = self._log_tail(job)
        output_path = self._names(ownership.number_of(job)).output_path
        reason, message = diagnose(output_path, job, tail, self.parts.objects)
        if reason is Reason.SPOT_INTERRUPTED and self._planned.benchmark.purchase_option != "spot":
            reason = Reason.UNKNOWN  # its host is gone too, but no spot market took it
        return reason, message, tail

    def _log_tail(self, job: Job) -> tuple[str, ...]:
        """A job whose log may not be read still has a reason."""
        try:
            return self.parts.jobs.log_tail(job)
        except StorageError as error:
            _log.warning("%s", error)
            return ()

    def _names(self, number: int) -> Submission:
        run_id = self._request.benchmark_run_id
        return Submission.of(self._planned, self.parts.bucket, run_id, number)

    def _next_number(self, earlier: Job | None) -> int:
        """One more than what lies there: a run of the same id overwrites no earlier result."""
        folder = self._names(1).output_path.removesuffix("1/")
        numbers = [int(name) for name in self.parts.objects.folders(folder) if name.isdigit()]
        if earlier is not None:
            numbers.append(ownership.number_of(earlier))
        return 1 + max(numbers, default=0)

    def _job_request(self) -> dict[str, Any]:
        """AWS's `SubmitJob`."""
        planned, submission = self._planned, self.submission
        run_id, number = submission.benchmark_run_id, submission.number
        return {
            "jobName": submission.job_name,
            "jobQueue": planned.job_queue,
            "jobDefinition": planned.job_definition,
            "parameters": {
                "configJson": planned.config_json(run_id, number),
                "outputPath": submission.output_path,
            },
            "tags": ownership.tags_of(run_id, planned.id, self._claim.generation),
            "timeout": {"attemptDurationSeconds": planned.timeout_seconds},
            **job_overrides(planned),
        }
