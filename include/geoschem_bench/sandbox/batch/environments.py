"""Operations on compute environments. VALID as long as their network is one."""

from __future__ import annotations

import copy

from geoschem_bench.sandbox.batch.errors import RefusedError
from geoschem_bench.sandbox.batch.faulty import as_shown
from geoschem_bench.sandbox.batch.job import ON_A_HOST, Status
from geoschem_bench.sandbox.batch.network import status_of
from geoschem_bench.sandbox.batch.placement import environments_of
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.batch.state import BatchState, checked_name, last_part


def create(state: BatchState, request: Document) -> Document:
    """CreateComputeEnvironment."""
    name = checked_name(request["computeEnvironmentName"], "computeEnvironmentName")
    if name in state.environments:
        raise RefusedError(f"computeEnvironmentName: {name!r} already exists; update it instead")
    if request["type"] == "MANAGED" and "computeResources" not in request:
        raise RefusedError("computeResources: missing; a MANAGED compute environment needs it")
    return _put(state, name, request)


def adopt(state: BatchState, request: Document) -> Document:
    """Makes an environment that is there what the request says; its name and ARN stay.

    Not an operation of AWS, where an import of CloudFormation does as much.
    """
    answer = _put(state, request["computeEnvironmentName"], request)
    state.changed.notify_all()
    return answer


def _put(state: BatchState, name: str, request: Document) -> Document:
    environment = {
        "state": "ENABLED",
        "tags": {},
        **request,
        "computeEnvironmentArn": state.arn("compute-environment", name),
        **status_of(state.account, state.region, request.get("computeResources")),
        "containerOrchestrationType": "ECS",
    }
    state.environments.put(name, environment)
    return _named(environment)


def describe(state: BatchState, request: Document) -> Document:
    """DescribeComputeEnvironments. Unknown names are left out, as AWS does."""
    wanted = {last_part(name) for name in request.get("computeEnvironments", [])}
    shown = [
        _with_demand(state, as_shown(state, environment))
        for environment in state.environments
        if not wanted or environment["computeEnvironmentName"] in wanted
    ]
    return {"computeEnvironments": shown}


def update(state: BatchState, request: Document) -> Document:
    """UpdateComputeEnvironment."""
    old = state.find_environment(request["computeEnvironment"])
    changes = {key: value for key, value in request.items() if key != "computeEnvironment"}
    if "computeResources" in changes:
        changes["computeResources"] = {
            **old.get("computeResources", {}),
            **changes["computeResources"],
        }
    environment = {**old, **changes}
    environment |= status_of(state.account, state.region, environment.get("computeResources"))
    state.environments.put(environment["computeEnvironmentName"], environment)
    state.changed.notify_all()
    return _named(environment)


def delete(state: BatchState, request: Document) -> Document:
    """DeleteComputeEnvironment."""
    environment = state.find_environment(request["computeEnvironment"])
    name = environment["computeEnvironmentName"]
    if environment["state"] != "DISABLED":
        raise RefusedError(f"computeEnvironment: {name!r} is ENABLED; set it to DISABLED first")
    users = [
        queue["jobQueueName"]
        for queue in state.queues
        if environment in environments_of(state, queue)
    ]
    if users:
        raise RefusedError(f"computeEnvironment: {name!r} is used by {users}; delete those first")
    state.environments.delete(name)
    return {}


def _with_demand(state: BatchState, environment: Document) -> Document:
    """Shows the vCPUs that the jobs of now would make AWS start, between minimum and maximum."""
    shown = copy.deepcopy(environment)
    if "computeResources" in shown:
        resources = shown["computeResources"]
        least = max(resources.get("minvCpus", 0), resources.get("desiredvCpus", 0))
        resources.setdefault("minvCpus", 0)
        resources["desiredvCpus"] = min(
            max(least, _demand(state, environment)), resources["maxvCpus"]
        )
    return shown


def _demand(state: BatchState, environment: Document) -> int:
    name = environment["computeEnvironmentName"]
    queues = {
        queue["jobQueueName"]
        for queue in state.queues
        if [each["computeEnvironmentName"] for each in environments_of(state, queue)[:1]] == [name]
    }
    needing = ON_A_HOST | {Status.RUNNABLE}
    return sum(
        job.vcpus
        for job in state.unfinished.values()
        if job.queue in queues and job.status in needing
    )


def _named(environment: Document) -> Document:
    return {
        "computeEnvironmentName": environment["computeEnvironmentName"],
        "computeEnvironmentArn": environment["computeEnvironmentArn"],
    }
