"""AWS Batch: environments, queues and job definitions in our own Batch, which keeps them."""

from __future__ import annotations

from typing import Any

from geoschem_bench.sandbox.batch import definitions, environments, queues
from geoschem_bench.sandbox.batch.state import last_part
from geoschem_bench.sandbox.cloudformation.types.base import Made, Place, Properties, Type, Wanted
from geoschem_bench.sandbox.cloudformation.types.words import request

_NEEDS_A_NEW_ONE = (
    "AllocationStrategy", "BidPercentage", "Ec2Configuration", "Ec2KeyPair", "ImageId",
    "InstanceRole", "InstanceTypes", "LaunchTemplate", "PlacementGroup", "Tags", "Type",
)  # fmt: skip
"""What AWS changes in place only with `ReplaceComputeEnvironment: false`."""


def _environment(operation: str, wanted: Wanted) -> Properties:
    properties = {**wanted.properties, "ComputeEnvironmentName": wanted.name}
    properties.pop("ReplaceComputeEnvironment", None)
    policy = properties.pop("UpdatePolicy", None)
    if operation == "UpdateComputeEnvironment":
        for name in ("ComputeEnvironmentName", "Tags", "Type"):
            properties.pop(name, None)
        properties["ComputeEnvironment"] = wanted.name
    else:
        properties["Tags"] = wanted.tags()
    made = request("batch", operation, properties)
    if policy is not None:
        policy = request("batch", "UpdateComputeEnvironment",
                         {"ComputeEnvironment": wanted.name, "UpdatePolicy": policy})  # fmt: skip
        made["updatePolicy"] = policy["updatePolicy"]
    return made


def _make_environment(place: Place, wanted: Wanted) -> Made:
    with place.batch.changed:
        made = environments.create(place.batch, _environment("CreateComputeEnvironment", wanted))
    return _environment_made(made["computeEnvironmentArn"])


def _environment_made(arn: str) -> Made:
    return Made(arn, {"ComputeEnvironmentArn": arn})


def _change_environment(place: Place, made: Made, old: Properties, wanted: Wanted) -> Made:
    replaces = str(wanted.properties.get("ReplaceComputeEnvironment", True)).lower() == "true"
    if replaces:
        before, after = (each.get("ComputeResources", {}) for each in (old, wanted.properties))
        changed = [name for name in _NEEDS_A_NEW_ONE if before.get(name) != after.get(name)]
        if changed:
            raise ValueError(
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {wanted.name} and update the stack again "
                f"(changed: {', '.join(changed)}; see ReplaceComputeEnvironment)."
            )
    with place.batch.changed:
        environments.update(place.batch, _environment("UpdateComputeEnvironment", wanted))
        _retag(place, "environments", wanted)
    return made


def _retag(place: Place, shelf: str, wanted: Wanted) -> None:
    documents = getattr(place.batch, shelf)
    document = documents.get(wanted.name)
    if document is not None:
        documents.put(wanted.name, {**document, "tags": dict(wanted.tags())})


def _delete_environment(place: Place, made: Made, _: Properties) -> None:
    named = {"computeEnvironment": made.physical_id}
    with place.batch.changed:
        if place.batch.environments.get(last_part(made.physical_id)) is None:
            return
        environments.update(place.batch, {**named, "state": "DISABLED"})
        environments.delete(place.batch, named)


def _adopt_environment(place: Place, wanted: Wanted) -> Made | None:
    with place.batch.changed:
        found = place.batch.environments.get(wanted.name)
        if found is None:
            return None
        environments.adopt(place.batch, _environment("CreateComputeEnvironment", wanted))
    return _environment_made(found["computeEnvironmentArn"])


def _queue(operation: str, wanted: Wanted) -> Properties:
    properties = {**wanted.properties, "JobQueueName": wanted.name, "Tags": wanted.tags()}
    if operation == "UpdateJobQueue":
        for name in ("JobQueueName", "JobQueueType", "Tags"):
            properties.pop(name, None)
        properties["JobQueue"] = wanted.name
    return request("batch", operation, properties)


def _make_queue(place: Place, wanted: Wanted) -> Made:
    with place.batch.changed:
        made = queues.create(place.batch, _queue("CreateJobQueue", wanted))
    return Made(made["jobQueueArn"], {"JobQueueArn": made["jobQueueArn"]})


def _change_queue(place: Place, made: Made, _: Properties, wanted: Wanted) -> Made:
    with place.batch.changed:
        queues.update(place.batch, _queue("UpdateJobQueue", wanted))
        _retag(place, "queues", wanted)
    return made


def _delete_queue(place: Place, made: Made, _: Properties) -> None:
    named = {"jobQueue": made.physical_id}
    with place.batch.changed:
        if place.batch.queues.get(last_part(made.physical_id)) is None:
            return
        queues.update(place.batch, {**named, "state": "DISABLED"})
        queues.delete(place.batch, named)


def _adopt_queue(place: Place, wanted: Wanted) -> Made | None:
    found = place.batch.queues.get(wanted.name)
    if found is None:
        return None
    made = Made(found["jobQueueArn"], {"JobQueueArn": found["jobQueueArn"]})
    return _change_queue(place, made, {}, wanted)


def _definition(wanted: Wanted) -> dict[str, Any]:
    properties = {**wanted.properties, "JobDefinitionName": wanted.name, "Tags": wanted.tags()}
    properties["Type"] = str(properties.get("Type", "container")).lower()
    properties.pop("ResourceRetentionPolicy", None)
    return request("batch", "RegisterJobDefinition", properties)


def _register(place: Place, wanted: Wanted) -> Made:
    with place.batch.changed:
        made = definitions.register(place.batch, _definition(wanted))
    return Made(made["jobDefinitionArn"], {"JobDefinitionArn": made["jobDefinitionArn"]})


def _register_anew(place: Place, made: Made, _: Properties, wanted: Wanted) -> Made:
    """A definition cannot change: the next revision takes over, and the old one retires."""
    new = _register(place, wanted)
    kept = wanted.properties.get("ResourceRetentionPolicy", {}).get("SkipDeregisterOnUpdate")
    if str(kept).lower() != "true":
        _deregister(place, made, {})
    return new


def _deregister(place: Place, made: Made, _: Properties) -> None:
    with place.batch.changed:
        found = place.batch.definitions.get(last_part(made.physical_id))
        if found is not None and found["status"] == "ACTIVE":
            definitions.deregister(place.batch, {"jobDefinition": made.physical_id})


TYPES = {
    "AWS::Batch::ComputeEnvironment": Type(
        _make_environment, _delete_environment, _change_environment,
        fixed=("ComputeEnvironmentName", "Type"), name="ComputeEnvironmentName",
        adopt=_adopt_environment, is_kept=True,
    ),
    "AWS::Batch::JobQueue": Type(
        _make_queue, _delete_queue, _change_queue, fixed=("JobQueueName",), name="JobQueueName",
        adopt=_adopt_queue, is_kept=True,
    ),
    "AWS::Batch::JobDefinition": Type(
        _register, _deregister, _register_anew, fixed=("JobDefinitionName", "Type"),
        name="JobDefinitionName", is_kept=True,
    ),
}  # fmt: skip
