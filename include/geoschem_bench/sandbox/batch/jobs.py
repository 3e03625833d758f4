"""Operations on jobs that change them: submit, cancel, terminate; and DescribeJobs."""

from __future__ import annotations

import uuid

from geoschem_bench.sandbox.batch import definitions, resolve
from geoschem_bench.sandbox.batch.errors import RefusedError
from geoschem_bench.sandbox.batch.job import FINISHED, ON_A_HOST, WAITING, Job, Status, now_ms
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState, checked_name, last_part

_MOST_DESCRIBED = 100
_MOST_STOPPED = 50


def submit(state: BatchState, request: Document) -> Document:
    """SubmitJob."""
    checked_name(request["jobName"], "jobName")
    if "arrayProperties" in request:
        raise RefusedError("arrayProperties: the sandbox runs no array jobs; submit one by one")
    queue = state.find_queue(request["jobQueue"])
    if queue["state"] != "ENABLED":
        raise RefusedError(f"jobQueue: {queue['jobQueueName']!r} is DISABLED; enable it first")
    definition = definitions.find(state, request["jobDefinition"])
    definitions.check_timeout(state, request.get("timeout", {}))
    definitions.check_retries(request.get("retryStrategy", {}))
    for dependency in request.get("dependsOn", []):
        state.find_job(dependency.get("jobId", ""))
    detail = _detail(state, request, queue, definition)
    job = Job(detail, queue["jobQueueName"], resolve.vcpus_of(detail["container"]))
    job.move(Status.SUBMITTED)
    state.save(job)
    return {key: detail[key] for key in ("jobArn", "jobName", "jobId")}


def describe(state: BatchState, request: Document) -> Document:
    """DescribeJobs: at most 100 at once; unknown ids are left out, as AWS does."""
    ids = request["jobs"]
    if len(ids) > _MOST_DESCRIBED:
        raise RefusedError(f"jobs: {len(ids)} ids; at most {_MOST_DESCRIBED}, so ask in portions")
    found = [state.jobs[last_part(each)] for each in ids if last_part(each) in state.jobs]
    return {"jobs": [job.detail for job in found]}


def cancel(state: BatchState, request: Document) -> Document:
    """CancelJob: ends a job that is not on a host yet; one that is runs on."""
    job = state.find_job(request["jobId"])
    if job.status in WAITING:
        job.detail["isCancelled"] = True
        job.move(Status.FAILED, request["reason"])
        state.save(job)
    return {}


def terminate(state: BatchState, request: Document) -> Document:
    """TerminateJob: ends a job wherever it is. One that runs is FAILED once its processes are."""
    job = state.find_job(request["jobId"])
    if job.status in FINISHED:
        return {}
    job.detail["isTerminated"] = True
    if job.status in ON_A_HOST:
        job.stop_reason = job.stop_reason or request["reason"]
    else:
        job.move(Status.FAILED, request["reason"])
    state.save(job)
    return {}


def cancel_all(state: BatchState, request: Document) -> Document:
    """CancelJobs."""
    for job_id in _known(state, request["jobs"]):
        cancel(state, {"jobId": job_id, "reason": request["reason"]})
    return {"successful": request["jobs"], "errors": []}


def terminate_all(state: BatchState, request: Document) -> Document:
    """TerminateJobs."""
    for job_id in _known(state, request["jobs"]):
        terminate(state, {"jobId": job_id, "reason": request["reason"]})
    return {"successful": request["jobs"], "errors": []}


def _known(state: BatchState, ids: list[str]) -> list[str]:
    """Those that exist: in the bulk operations AWS counts the others as done."""
    if len(ids) > _MOST_STOPPED:
        raise RefusedError(f"jobs: {len(ids)} ids; at most {_MOST_STOPPED}, so ask in portions")
    return [job_id for job_id in ids if job_id in state.jobs]


def _detail(
    state: BatchState, request: Document, queue: Document, definition: Document
) -> Document:
    """AWS's `JobDetail` of a new job; what SubmitJob says wins over the definition."""
    job_id = str(uuid.uuid4())
    parameters = {**definition["parameters"], **request.get("parameters", {})}
    tags = request.get("tags", {})
    if request.get("propagateTags", definition.get("propagateTags", False)):
        tags = {**definition["tags"], **tags}
    detail = {
        "jobArn": state.arn("job", job_id),
        "jobId": job_id,
        "jobName": request["jobName"],
        "jobQueue": queue["jobQueueArn"],
        "jobDefinition": definition["jobDefinitionArn"],
        "createdAt": now_ms(),
        "attempts": [],
        "dependsOn": request.get("dependsOn", []),
        "parameters": parameters,
        "tags": tags,
        "platformCapabilities": definition["platformCapabilities"],
        "retryStrategy": _retry_strategy(request, definition),
        "isCancelled": False,
        "isTerminated": False,
        **_work(request, definition, parameters),
    }
    timeout = request.get("timeout") or definition.get("timeout")
    return {**detail, "timeout": timeout} if timeout else detail


def _retry_strategy(request: Document, definition: Document) -> Document:
    strategy = request.get("retryStrategy") or definition.get("retryStrategy") or {}
    return {"attempts": 1, "evaluateOnExit": [], **strategy}


def _work(request: Document, definition: Document, parameters: dict[str, str]) -> Document:
    if definition["type"] == "container":
        properties = definition["containerProperties"]
        overrides = request.get("containerOverrides", {})
        return {"container": resolve.container_of(properties, overrides, parameters)}
    # This computer is one node. The main node's container runs once, alone: enough to try the
    # way of a multi-node job through the pipeline, nothing to learn about its speed.
    nodes = definition["nodeProperties"]
    overrides = request.get("nodeOverrides", {})
    nodes = {**nodes, "numNodes": overrides.get("numNodes", nodes["numNodes"])}
    index, properties = resolve.main_node(nodes)
    override = resolve.override_of_node(overrides, index, nodes["numNodes"])
    container = resolve.container_of(properties, override, parameters)
    return {"nodeProperties": nodes, "container": container}
