"""ListJobs: filters and pages."""

from __future__ import annotations

from collections.abc import Callable

from geoschem_bench.sandbox.batch.errors import RefusedError
from geoschem_bench.sandbox.batch.job import Job, Status
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState, last_part

_PAGE, _FILTERED_PAGE = 1000, 100
_SHOWN = (
    "jobArn", "jobId", "jobName", "createdAt", "status", "statusReason", "startedAt", "stoppedAt",
    "jobDefinition", "isCancelled", "isTerminated",
)  # fmt: skip


def list_jobs(state: BatchState, request: Document) -> Document:
    """ListJobs of a queue. Without status or filter it answers the RUNNING ones, as AWS does."""
    if "jobQueue" not in request:
        raise RefusedError("jobQueue: missing; the sandbox lists the jobs of a queue only")
    queue = state.find_queue(request["jobQueue"])["jobQueueName"]
    is_wanted = _filter(request)
    jobs = [job for job in state.jobs.values() if job.queue == queue and is_wanted(job)]
    jobs.sort(key=lambda job: -int(job.detail["createdAt"]))
    longest = _FILTERED_PAGE if request.get("filters") else _PAGE
    size = min(request.get("maxResults", longest), longest)
    start = _start(request.get("nextToken", "0"))
    answer: Document = {"jobSummaryList": [_summary(job) for job in jobs[start : start + size]]}
    if start + size < len(jobs):
        answer["nextToken"] = str(start + size)
    return answer


def _start(token: str) -> int:
    if not token.isdecimal():
        raise RefusedError(f"nextToken: {token!r} is none of ours; pass on what ListJobs gave")
    return int(token)


def _filter(request: Document) -> Callable[[Job], bool]:
    filters = request.get("filters", [])
    if not filters:
        status = _status(request.get("jobStatus", "RUNNING"))
        return lambda job: job.status is status
    if len(filters) > 1:
        raise RefusedError(f"filters: {len(filters)} given; AWS allows one at a time")
    name, values = filters[0].get("name", ""), filters[0].get("values", [])
    if name not in _MATCHERS:
        raise RefusedError(f"filters: {name!r} is unknown; allowed are {', '.join(_MATCHERS)}")
    return lambda job: any(_MATCHERS[name](job, value) for value in values)


def _status(given: str) -> Status:
    try:
        return Status(given)
    except ValueError as error:
        raise RefusedError(
            f"jobStatus: {given!r} is no status; allowed are {', '.join(Status)}"
        ) from error


def _has_name(job: Job, value: str) -> bool:
    return _glob(str(job.detail["jobName"]).lower(), value.lower())


def _has_definition(job: Job, value: str) -> bool:
    arn = str(job.detail["jobDefinition"])
    if value.startswith("arn:"):
        return arn == value
    return _glob(last_part(arn).partition(":")[0], value)


def _glob(text: str, pattern: str) -> bool:
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern


_MATCHERS: dict[str, Callable[[Job, str], bool]] = {
    "JOB_NAME": _has_name,
    "JOB_DEFINITION": _has_definition,
    "BEFORE_CREATED_AT": lambda job, value: int(job.detail["createdAt"]) < int(value),
    "AFTER_CREATED_AT": lambda job, value: int(job.detail["createdAt"]) > int(value),
}


def _summary(job: Job) -> Document:
    summary = {key: job.detail[key] for key in _SHOWN if key in job.detail}
    ended = {key: job.container[key] for key in ("exitCode", "reason") if key in job.container}
    return {**summary, "container": ended} if ended else summary
