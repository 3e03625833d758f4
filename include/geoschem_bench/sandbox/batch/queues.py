"""Operations on job queues."""

from __future__ import annotations

from geoschem_bench.sandbox.batch import jobs
from geoschem_bench.sandbox.batch.errors import RefusedError
from geoschem_bench.sandbox.batch.job import FINISHED, now_ms
from geoschem_bench.sandbox.batch.placement import runnable
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState, checked_name, last_part

_SNAPSHOT_JOBS = 100


def create(state: BatchState, request: Document) -> Document:
    """CreateJobQueue."""
    name = checked_name(request["jobQueueName"], "jobQueueName")
    if name in state.queues:
        raise RefusedError(f"jobQueueName: {name!r} already exists; update it instead")
    queue = {
        "state": "ENABLED",
        "tags": {},
        **request,
        "computeEnvironmentOrder": _checked_order(state, request),
        "jobQueueArn": state.arn("job-queue", name),
        "status": "VALID",
        "statusReason": "JobQueue Healthy",
    }
    state.queues.put(name, queue)
    return _named(queue)


def describe(state: BatchState, request: Document) -> Document:
    """DescribeJobQueues. Unknown names are left out, as AWS does."""
    wanted = {last_part(name) for name in request.get("jobQueues", [])}
    shown = [queue for queue in state.queues if not wanted or queue["jobQueueName"] in wanted]
    return {"jobQueues": shown}


def update(state: BatchState, request: Document) -> Document:
    """UpdateJobQueue."""
    old = state.find_queue(request["jobQueue"])
    changes = {key: value for key, value in request.items() if key != "jobQueue"}
    if "computeEnvironmentOrder" in changes:
        changes["computeEnvironmentOrder"] = _checked_order(state, changes)
    queue = {**old, **changes}
    state.queues.put(queue["jobQueueName"], queue)
    state.changed.notify_all()
    return _named(queue)


def delete(state: BatchState, request: Document) -> Document:
    """DeleteJobQueue. Its jobs end with it, as on AWS."""
    queue = state.find_queue(request["jobQueue"])
    name = queue["jobQueueName"]
    if queue["state"] != "DISABLED":
        raise RefusedError(f"jobQueue: {name!r} is ENABLED; set it to DISABLED first")
    for job in list(state.jobs.values()):
        if job.queue == name and job.status not in FINISHED:
            jobs.terminate(state, {"jobId": job.id, "reason": "Job queue deleted"})
    state.queues.delete(name)
    return {}


def snapshot(state: BatchState, request: Document) -> Document:
    """GetJobQueueSnapshot: the first of those that wait, in the order in which they will run."""
    queue = state.find_queue(request["jobQueue"])
    front = [
        {"jobArn": job.detail["jobArn"], "earliestTimeAtPosition": job.timeline[-1][1]}
        for job in runnable(state, queue["jobQueueName"])[:_SNAPSHOT_JOBS]
    ]
    return {"frontOfQueue": {"jobs": front, "lastUpdatedAt": now_ms()}}


def _checked_order(state: BatchState, request: Document) -> list[Document]:
    """The order with ARNs in place of names, as AWS shows it."""
    order = request.get("computeEnvironmentOrder", [])
    if not order:
        raise RefusedError("computeEnvironmentOrder: missing; a queue needs an environment")
    return [
        {
            "order": entry["order"],
            "computeEnvironment": state.find_environment(entry["computeEnvironment"])[
                "computeEnvironmentArn"
            ],
        }
        for entry in order
    ]


def _named(queue: Document) -> Document:
    return {"jobQueueName": queue["jobQueueName"], "jobQueueArn": queue["jobQueueArn"]}
