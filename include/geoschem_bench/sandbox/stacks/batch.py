"""AWS::Batch::* for moto's CloudFormation, made in our own Batch, which keeps them."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.common_models import CloudFormationModel

from geoschem_bench.sandbox.batch import definitions, environments, queues
from geoschem_bench.sandbox.batch.network import status_of
from geoschem_bench.sandbox.batch.shelf import Document, Shelf
from geoschem_bench.sandbox.batch.state import BatchState, last_part
from geoschem_bench.sandbox.stacks.words import request

_OF_THE_NETWORK = ("subnets", "securityGroupIds", "launchTemplate")
"""What of an environment has ids that are others in another region."""


class BatchResource(CloudFormationModel):
    """One resource. `batch_types` makes the classes that moto gets, which know their `state`."""

    state: ClassVar[BatchState]
    kind: ClassVar[str] = ""
    word: ClassVar[str] = ""
    """The kind as Batch's requests spell it."""
    operations: ClassVar[Any]
    """The module of what Batch does with it."""

    def __init__(self, arn: str) -> None:
        self.physical_resource_id = arn

    @classmethod
    def cloudformation_type(cls) -> str:
        """`AWS::Batch::JobQueue`."""
        return f"AWS::Batch::{cls.kind}"

    @classmethod
    def cloudformation_name_type(cls) -> str:
        """The property that holds the name."""
        return f"{cls.kind}Name"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Whether `Fn::GetAtt` knows this."""
        return attr == f"{cls.kind}Arn"

    def get_cfn_attribute(self, attribute: str) -> str:
        """What `Fn::GetAtt` gives."""
        if not self.has_cfn_attr(attribute):
            raise UnformattedGetAttTemplateException
        return self.physical_resource_id

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Document, *_: object, **__: object
    ) -> Self:
        """Makes it, for moto."""
        with cls.state.changed:
            return cls._made(_named(cls, resource_name, cloudformation_json))

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Self, new_resource_name: str, cloudformation_json: Document,
        account_id: str, region_name: str,
    ) -> Self:  # fmt: skip
        """Changes it, for moto."""
        with cls.state.changed:
            return original_resource._changed(_named(cls, new_resource_name, cloudformation_json))

    def delete(self, *_: str) -> None:
        """Removes it, for moto. What somebody has removed already is no failure."""
        name = last_part(self.physical_resource_id)
        with self.state.changed:
            if name in self._shelf():
                self.operations.update(self.state, {self.word: name, "state": "DISABLED"})
                self.operations.delete(self.state, {self.word: name})

    @classmethod
    def existing(cls, name: str, properties: Document, *, is_ours: bool) -> Self | None:
        """What is there of this name; nothing if there is none.

        Args:
            name: The physical name.
            properties: What the template says.
            is_ours: It was part of the stack before: what somebody has changed since then stays.
                Else it is made what the properties say.
        """
        properties = {**properties, cls.cloudformation_name_type(): name}
        with cls.state.changed:
            found = cls._shelf().get(name)
            if found is None:
                return None
            it = cls(found[f"{cls.word}Arn"])
            return it._kept(properties) if is_ours else it._changed(properties)

    @classmethod
    def _shelf(cls) -> Shelf:
        raise NotImplementedError

    @classmethod
    def _made(cls, properties: Document) -> Self:
        asked = cls._asked(properties)
        return cls(cls.operations.create(cls.state, asked)[f"{cls.word}Arn"])

    @classmethod
    def _asked(cls, properties: Document) -> Document:
        return request("batch", f"Create{cls.kind}", properties)

    def _changed(self, properties: Document) -> Self:
        raise NotImplementedError

    def _kept(self, properties: Document) -> Self:
        """As it is, in as far as that can be."""
        return self


class ComputeEnvironment(BatchResource):
    """AWS::Batch::ComputeEnvironment, always changed in place."""

    kind = "ComputeEnvironment"
    word = "computeEnvironment"
    operations: ClassVar[Any] = environments

    @classmethod
    def _shelf(cls) -> Shelf:
        return cls.state.environments

    @classmethod
    def _asked(cls, properties: Document) -> Document:
        wanted = {**properties}
        wanted.pop("ReplaceComputeEnvironment", None)
        policy = wanted.pop("UpdatePolicy", None)
        asked = super()._asked(wanted)
        if policy is not None:  # AWS takes it in updates only
            update = {"ComputeEnvironment": "-", "UpdatePolicy": policy}
            update = request("batch", "UpdateComputeEnvironment", update)
            asked["updatePolicy"] = update["updatePolicy"]
        return asked

    def _changed(self, properties: Document) -> Self:
        environments.adopt(self.state, self._asked(properties))
        return self

    def _kept(self, properties: Document) -> Self:
        name = last_part(self.physical_resource_id)
        resources = self.state.find_environment(name).get("computeResources")
        if status_of(self.state.account, self.state.region, resources)["status"] != "VALID":
            asked = self._asked(properties).get("computeResources", {})
            network = {key: asked[key] for key in _OF_THE_NETWORK if key in asked}
            environments.update(self.state, {self.word: name, "computeResources": network})
        return self


class JobQueue(BatchResource):
    """AWS::Batch::JobQueue."""

    kind = "JobQueue"
    word = "jobQueue"
    operations: ClassVar[Any] = queues

    @classmethod
    def _shelf(cls) -> Shelf:
        return cls.state.queues

    def _changed(self, properties: Document) -> Self:
        asked = self._asked(properties)
        name, tags = asked.pop("jobQueueName"), asked.pop("tags", {})
        queues.update(self.state, {**asked, "jobQueue": name})
        self.state.queues.put(name, {**self.state.find_queue(name), "tags": tags})
        return self


class JobDefinition(BatchResource):
    """AWS::Batch::JobDefinition: it cannot change; a new revision takes over, the old retires."""

    kind = "JobDefinition"

    @classmethod
    def _asked(cls, properties: Document) -> Document:
        wanted = {**properties, "Type": str(properties.get("Type", "container")).lower()}
        wanted.pop("ResourceRetentionPolicy", None)
        return request("batch", "RegisterJobDefinition", wanted)

    @classmethod
    def existing(cls, name: str, properties: Document, *, is_ours: bool) -> Self | None:
        """A revision that is like this: one in force, or else ours that somebody has retired."""
        asked = cls._asked({**properties, cls.cloudformation_name_type(): name})
        revisions = definitions.describe(cls.state, {"jobDefinitionName": name})["jobDefinitions"]
        for status in ("ACTIVE", "INACTIVE") if is_ours else ("ACTIVE",):
            for found in revisions:
                is_same = all(found.get(key) == value for key, value in asked.items())
                if is_same and found["status"] == status:
                    return cls(found["jobDefinitionArn"])
        return None

    @classmethod
    def _made(cls, properties: Document) -> Self:
        return cls(definitions.register(cls.state, cls._asked(properties))["jobDefinitionArn"])

    def _changed(self, properties: Document) -> Self:
        new = self._made(properties)
        kept = properties.get("ResourceRetentionPolicy", {}).get("SkipDeregisterOnUpdate", False)
        if str(kept).lower() != "true":
            self.delete()
        return new

    def delete(self, *_: str) -> None:
        """Retires the revision."""
        name = last_part(self.physical_resource_id)
        with self.state.changed:
            found = self.state.definitions.get(name)
            if found is not None and found["status"] == "ACTIVE":
                definitions.deregister(self.state, {"jobDefinition": name})


def _named(of: type[BatchResource], name: str, source: Document) -> Document:
    return {**source["Properties"], of.cloudformation_name_type(): name}


def batch_types(state: BatchState) -> dict[str, type[BatchResource]]:
    """The classes for moto, by type, that make their resources in this state."""
    kinds = (ComputeEnvironment, JobQueue, JobDefinition)
    return {
        each.cloudformation_type(): type(each.kind, (each,), {"state": state}) for each in kinds
    }
