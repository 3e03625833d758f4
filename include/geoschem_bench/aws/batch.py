"""What AWS Batch and CloudWatch Logs know of a job, as our records. camelCase ends here."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from geoschem_bench.aws.refusals import (
    AWS_ERRORS,
    code_of,
    explained,
    is_lockout,
    message_of,
)
from geoschem_bench.errors import BenchmarkError, LockedOutError, Reason, StorageError

DESCRIBE_AT_MOST = 100
DEFAULT_LOG_GROUP = "/aws/batch/job"
"""Of definitions that name none."""
_LINE = 2000
"""Characters kept of a log line, which may have 256 kB."""
_THROTTLED = ("TooManyRequestsException", "ThrottlingException", "Throttling")
_SUBMIT_PAUSES = (1, 2, 4, 8)
"""Seconds, one for each refusal for asking too often."""
LIVING = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
"""In the order in which a job has them: asked in this one, none that goes on is missed."""
FINISHED = ("SUCCEEDED", "FAILED")


@dataclass(frozen=True)
class Job:
    """One Batch job."""

    job_id: str
    name: str
    queue: str
    status: str
    status_reason: str | None
    container_reason: str | None
    exit_code: int | None
    attempts: int
    created_at: datetime | None
    started_at: datetime | None
    stopped_at: datetime | None
    log_stream: str | None
    log_group: str = DEFAULT_LOG_GROUP
    tags: Mapping[str, str] = field(default_factory=dict)
    nodes: int = 1
    was_stopped: bool = False
    """Somebody cancelled or terminated it, in whatever words."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs or will run."""
        return self.status in FINISHED

    def to_document(self) -> dict[str, Any]:
        """The job as JSON can hold it, e.g. in an event of a trigger."""
        document = asdict(self)
        for name in _TIMES:
            document[name] = document[name].isoformat() if document[name] else None
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The job of `to_document`."""
        times = {name: document[name] and datetime.fromisoformat(document[name]) for name in _TIMES}
        return cls(**{**document, **times})


_TIMES = ("created_at", "started_at", "stopped_at")


@dataclass(frozen=True)
class Look:
    """Some jobs at one moment."""

    jobs: tuple[Job, ...]
    asked_at: datetime
    """By AWS's own clock, as the jobs' times are: ours may be wrong."""


@dataclass(frozen=True)
class QueueState:
    """Whether a queue can take jobs."""

    is_ready: bool
    is_broken: bool
    """It will not become ready by itself."""
    message: str


class BatchJobs:
    """Jobs by id and by name."""

    def __init__(self, batch: Any, logs: Any, *, submitting: Any = None) -> None:  # noqa: ANN401 - boto3's own
        """boto3's clients; `submitting` is Batch's without retries of its own."""
        self._batch = batch
        self._logs = logs
        self._submitting = submitting or batch

    def describe(self, job_ids: Collection[str]) -> list[Job]:
        """Those jobs, a hundred a call; ids that Batch no longer knows are left out."""
        return list(self.look(job_ids).jobs)

    def look(self, job_ids: Collection[str]) -> Look:
        """Those jobs, a hundred a call, and when AWS answered."""
        ids, found, asked_at = list(job_ids), [], datetime.now(UTC)
        for start in range(0, len(ids), DESCRIBE_AT_MOST):
            chunk = ids[start : start + DESCRIBE_AT_MOST]
            answer = self._asked(self._batch.describe_jobs, jobs=chunk)
            found += [_job(data) for data in answer["jobs"]]
            date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
            asked_at = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return Look(tuple(found), asked_at)

    def submit(self, **request: Any) -> str:  # noqa: ANN401 - boto3's own
        """Submit a job; its id.

        Raises:
            BenchmarkError: Batch says that this request can never work.
            LockedOutError: AWS does not let us in.
            StorageError: it could not be asked; whether there is a job now is not known.
        """
        for pause_seconds in (*_SUBMIT_PAUSES, None):
            try:
                return str(self._submitting.submit_job(**request)["jobId"])
            except AWS_ERRORS as error:
                if code_of(error) in _THROTTLED and pause_seconds is not None:
                    time.sleep(pause_seconds)  # refused, so there is no job
                    continue
                if code_of(error) == "ClientException" and not is_lockout(error):
                    raise BenchmarkError(Reason.MISCONFIGURED, message_of(error)) from error
                raise self._refused(error) from error
        raise AssertionError("the last round returns or raises")

    def named(self, queues: Iterable[str], prefix: str, *, only_living: bool = False) -> list[Job]:
        """Jobs whose name begins so, all or only those not ended; a missing queue has none."""
        filters = [{"name": "JOB_NAME", "values": [f"{prefix}*"]}]
        ids = [
            summary["jobId"]
            for queue in sorted(set(queues))
            for summary in self._summaries(queue, filters=filters)
            if not (only_living and summary["status"] in FINISHED)
        ]
        return self.describe(ids)

    def living(self, queues: Iterable[str]) -> list[Job]:
        """All that have not ended, whatever their names: asked for by state, not by a pattern."""
        ids = [
            summary["jobId"]
            for queue in sorted(set(queues))
            for status in LIVING
            for summary in self._summaries(queue, jobStatus=status)
        ]
        return [job for job in self.describe(dict.fromkeys(ids)) if job.status not in FINISHED]

    def terminate(self, jobs: Iterable[Job], reason: str) -> int:
        """Stop those that still live; how many that were."""
        alive = [job for job in jobs if job.status not in FINISHED]
        for job in alive:
            self._asked(self._batch.terminate_job, jobId=job.job_id, reason=reason)
        return len(alive)

    def queue_state(self, queue: str) -> QueueState:
        """Whether the queue and every compute environment behind it are VALID and ENABLED."""
        found = self._asked(self._batch.describe_job_queues, jobQueues=[queue])["jobQueues"]
        if not found:
            return QueueState(False, True, f"queue {queue} is missing; deploy it, or name another "
                              "under suite.queues")  # fmt: skip
        names = [item["computeEnvironment"] for item in found[0]["computeEnvironmentOrder"]]
        if not names:  # asked for none, Batch would tell of all
            cure = (f"aws batch update-job-queue --job-queue {queue} --compute-environment-order "
                    "order=1,computeEnvironment=NAME")  # fmt: skip
            return QueueState(False, True, f"queue {queue} has no environment behind it; give it "
                              f"one: {cure}")  # fmt: skip
        environments = self._asked(
            self._batch.describe_compute_environments, computeEnvironments=names
        )["computeEnvironments"]
        parts = [(f"queue {queue}", found[0])]
        parts += [(f"environment {e['computeEnvironmentName']}", e) for e in environments]
        for name, part in parts:
            state, status = part["state"], part["status"]
            if state != "ENABLED" or status in ("INVALID", "DELETING", "DELETED"):
                why = part.get("statusReason") or "no reason given"
                return QueueState(False, True, f"{name} is {state} and {status}: {why}")
            if status != "VALID":
                return QueueState(False, False, f"{name} is still {status}")
        return QueueState(True, False, f"queue {queue} and its environments are VALID")

    def log_tail(self, job: Job, lines: int = 40) -> tuple[str, ...]:
        """The last lines of a job's log; empty where there is none."""
        if job.log_stream is None:
            return ()
        where = {"logGroupName": job.log_group, "logStreamName": job.log_stream}
        try:
            answer = self._logs.get_log_events(**where, limit=lines, startFromHead=False)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return ()
            raise StorageError(f"cannot read the log {job.log_stream}: {error}") from error
        except BotoCoreError as error:
            raise StorageError(f"cannot read the log {job.log_stream}: {error}") from error
        return tuple(event["message"][:_LINE] for event in answer["events"])

    def _asked(self, call: Any, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own
        try:
            answer: dict[str, Any] = call(**request)
        except AWS_ERRORS as error:
            raise self._refused(error) from error
        return answer

    def _refused(self, error: Exception) -> StorageError:
        """What a person must mend is told from what may pass."""
        message = f"AWS Batch: {explained(error, self._batch.meta.region_name)}"
        return LockedOutError(message) if is_lockout(error) else StorageError(message)

    def existing(self, queues: Iterable[str]) -> list[str]:
        """Those of these queues (names or ARNs) that Batch knows, sorted by name."""
        wanted, found = sorted(set(queues)), []
        for start in range(0, len(wanted), DESCRIBE_AT_MOST):
            chunk = wanted[start : start + DESCRIBE_AT_MOST]
            answer = self._asked(self._batch.describe_job_queues, jobQueues=chunk)
            found += [queue["jobQueueName"] for queue in answer["jobQueues"]]
        return sorted(found)

    def _summaries(self, queue: str, **which: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - boto3's own
        token: dict[str, str] = {}
        while True:
            try:
                page = self._asked(self._batch.list_jobs, jobQueue=queue, **which, **token)
            except StorageError:
                if self.existing([queue]):
                    raise
                return
            yield from page["jobSummaryList"]
            if not page.get("nextToken"):
                return
            token = {"nextToken": page["nextToken"]}


def _job(data: dict[str, Any]) -> Job:
    attempts = data.get("attempts", [])
    container = data.get("container") or (attempts[-1].get("container", {}) if attempts else {})
    return Job(
        job_id=data["jobId"],
        name=data["jobName"],
        queue=data["jobQueue"].rsplit("/", 1)[-1],
        status=data["status"],
        status_reason=data.get("statusReason"),
        container_reason=container.get("reason"),
        exit_code=container.get("exitCode"),
        attempts=len(attempts),
        created_at=_time(data.get("createdAt")),
        started_at=_time(data.get("startedAt")),
        stopped_at=_time(data.get("stoppedAt")),
        log_stream=container.get("logStreamName"),
        log_group=_log_group(data),
        tags=data.get("tags", {}),
        nodes=data.get("nodeProperties", {}).get("numNodes", 1),
        was_stopped=data.get("isCancelled", False) or data.get("isTerminated", False),
    )


def _log_group(data: dict[str, Any]) -> str:
    """As the job's definition says; of a multi-node job, as its first range of nodes does."""
    ranges = data.get("nodeProperties", {}).get("nodeRangeProperties", [])
    containers = [data.get("container", {}), *(each.get("container", {}) for each in ranges)]
    for container in containers:
        options = container.get("logConfiguration", {}).get("options", {})
        if "awslogs-group" in options:
            return str(options["awslogs-group"])
    return DEFAULT_LOG_GROUP


def _time(milliseconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
