"""A stack's resources: moto's map, with updates by what really changed, and nothing left over."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap
from moto.ec2.models import ec2_backends
from moto.ec2.models.core import TaggedEC2Resource
from moto.moto_api._internal import mock_random

from geoschem_bench.sandbox.stacks.amends import adopted, completed, removed, updated
from geoschem_bench.sandbox.stacks.gaps import NOT_MODELLED

Made = Any
"""A resource: an object of one of moto's classes, or of ours."""
Source = dict[str, Any]
"""What it was made of: its part of the template, with all references resolved."""
_KEPT = ("Retain", "RetainExceptOnCreate")
Report = Callable[..., None]
"""Takes (logical id, type, status, reason, physical id) of what happens to a resource."""


class ResourceFailed(Exception):  # noqa: N818 - the name of AWS's event
    """One resource could not be made or changed."""

    def __init__(self, name: str, kind: str, error: Exception) -> None:
        super().__init__(str(error) or repr(error))
        self.name = name
        self.kind = kind


@dataclass
class StandIn:
    """A resource of a type that moto does not model: a name, and nothing behind it."""

    physical_resource_id: str
    cf_resource_type: str = field(default="", init=False)
    logical_resource_id: str = field(default="", init=False)

    def get_cfn_attribute(self, attribute: str) -> str:
        """What `Fn::GetAtt` gives: a text in its place."""
        return f"{self.physical_resource_id}.{attribute}"


class Resources(ResourceMap):
    """The resources of one stack. In `bring`, those that are referred to are made first."""

    report: Report
    adopting = False
    """Whether what is there already may become a part of the stack."""
    restoring = False
    """Whether it was one before a restart."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - moto's
        super().__init__(*args, **options)
        self._old: dict[str, tuple[Made, Source]] = {}
        self._made: dict[str, tuple[Made, Source]] = {}
        """In the order in which they were made."""
        self._replaced: list[tuple[str, Made, Source]] = []
        self._adopted: set[str] = set()
        """Not made by us: if this fails, they stay."""
        self._path: list[str] | None = None
        """In `bring`, what is being made: a resource, one that it needs, one that this needs..."""

    def made(self) -> list[Made]:
        """All resources that there are."""
        return [resource for resource, _ in self._made.values()]

    def bring(self, template: Source, parameters: dict[str, str]) -> None:
        """Makes the resources what the template says.

        Raises:
            ResourceFailed: one refuses. What was done until then is not undone.
        """
        self._old, self._made = {**self._old, **self._made}, {}
        self._put_back()
        for name in self._old:
            self._parsed_resources.pop(name, None)
        self._template, self.input_parameters = template, parameters
        self._resource_json_map = template["Resources"]
        self.load()
        self._path = []
        try:
            for name in self._resource_json_map:
                self[name]
        finally:
            self._path = None
        self._clean_up()

    def _put_back(self) -> None:
        """Undoes the replacements of a `bring` that failed: what was made for them goes."""
        replaced, self._replaced = self._replaced, []
        for name, resource, source in replaced:
            if name in self._old:
                self._replaced.append((name, *self._old[name]))
            self._old[name] = (resource, source)

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - a resource, a parameter or a mapping
        if key in self._parsed_resources:
            return self._parsed_resources[key]
        if self._path is None or key not in self._resource_json_map:
            raise KeyError(f"Unresolved resource dependencies [{key}]")
        source, path = self._resource_json_map[key], [*self._path, key]
        self._path = path
        try:
            if key in path[:-1]:
                raise ValueError(f"Circular dependency between resources: [{', '.join(path)}]")
            self._bring_one(key, source)
        except ResourceFailed:
            raise
        except Exception as error:  # moto raises anything; the stack has to roll back
            raise ResourceFailed(key, source["Type"], error) from error
        self._path = path[:-1]
        return self._parsed_resources[key]

    def _bring_one(self, name: str, source: Source) -> None:
        needed = source.get("DependsOn", [])
        for each in [needed] if isinstance(needed, str) else needed:
            self[each]
        wanted = parsing.clean_json({"Properties": {}, **source}, self)
        old, before = self._old.get(name, (None, None))
        resource = old if before == wanted else self._brought(name, old, before, wanted)
        self._old.pop(name, None)
        self._parsed_resources[name] = resource
        self._made[name] = (resource, wanted)

    def _brought(self, name: str, old: Made, before: Source | None, wanted: Source) -> Made:
        kind = wanted["Type"]
        verb = "CREATE" if before is None else "UPDATE"
        self.report(name, kind, f"{verb}_IN_PROGRESS")
        given = copy.deepcopy(wanted)  # some of moto's classes write into it
        resource = (
            self._create(name, given) if before is None else self._change(name, old, before, given)
        )
        resource.cf_resource_type, resource.logical_resource_id = kind, name
        if not hasattr(resource, "physical_resource_id"):
            resource.physical_resource_id = self._physical_name(name, wanted)
        self.report(name, kind, f"{verb}_COMPLETE", None, resource.physical_resource_id)
        return resource

    def _model(self, kind: str) -> Made | None:
        model = parsing.get_model_map().get(kind)
        if model is None and NOT_MODELLED.get(kind, ()) is not None:
            message = f"Template format error: Unrecognized resource types: [{kind}]"
            raise ValidationError(message=message)
        return model

    def _create(self, name: str, wanted: Source) -> Made:
        kind = wanted["Type"]
        model = self._model(kind)
        physical = self._physical_name(name, wanted)
        if model is None:
            return StandIn(physical)
        if self.adopting or self.restoring:
            found = adopted(kind, model, physical, wanted, self._place, is_ours=self.restoring)
            if found is not None:
                self._adopted.add(name)
                return found
        identity = {"LogicalId": name, "StackId": self.stack_id, "ResourceType": kind}
        parts = json.dumps(_without_tags(wanted), sort_keys=True)
        mock_random.seed(f"{self.stack_id}/{name}/{parts}")  # the same identity after a restart
        try:
            made = model.create_from_cloudformation_json(physical, wanted, *self._place, **identity)
        finally:
            mock_random.seed()
        completed(wanted, made, self._place)
        if isinstance(made, TaggedEC2Resource):
            whose = {"logical-id": name, "stack-id": self.stack_id, "stack-name": self._stack_name}
            own = [{"Key": f"aws:cloudformation:{key}", "Value": whose[key]} for key in whose]
            self._tag(made, [*wanted["Properties"].get("Tags", []), *own])
        return made

    def _tag(self, resource: Made, tags: list[dict[str, str]]) -> None:
        backend = ec2_backends[self._account_id][self._region_name]
        named = {tag["Key"]: tag["Value"] for tag in tags}
        backend.create_tags([resource.physical_resource_id], named)

    def _change(self, name: str, old: Made, before: Source, wanted: Source) -> Made:
        model = self._model(wanted["Type"])
        physical = self._physical_name(name, wanted)
        if model is None:
            return old
        key = model.cloudformation_name_type()
        if key and before["Properties"].get(key) != wanted["Properties"].get(key):
            return self._replace(name, old, before, wanted)
        is_retagged = _without_tags(before) == _without_tags(wanted)
        if is_retagged and isinstance(old, TaggedEC2Resource):
            self._tag(old, wanted["Properties"].get("Tags", []))
            return old
        if not hasattr(model.update_from_cloudformation_json, "__isabstractmethod__"):
            if key:
                wanted["Properties"].setdefault(key, physical)
            return model.update_from_cloudformation_json(
                original_resource=old,
                new_resource_name=physical,
                cloudformation_json=wanted,
                account_id=self._account_id,
                region_name=self._region_name,
            )
        updated(wanted, old)
        if key in wanted["Properties"] or is_retagged:
            return old  # moto cannot change it; its data are worth more than the change
        return self._replace(name, old, before, wanted)

    def _replace(self, name: str, old: Made, before: Source, wanted: Source) -> Made:
        """Makes another one. The old one goes when all else is in place."""
        policy = before.get("UpdateReplacePolicy", "Delete")
        self._replaced.append((name, old, {**before, "DeletionPolicy": policy}))
        return self._create(name, wanted)

    @property
    def _stack_name(self) -> str:
        return str(self["AWS::StackName"])

    @property
    def _place(self) -> tuple[str, str]:
        return self._account_id, self._region_name

    def _physical_name(self, name: str, wanted: Source) -> str:
        """The given name, or one that is the same again after a restart."""
        key = parsing.resource_name_property_from_type(wanted["Type"])
        given = wanted["Properties"].get(key) if key else None
        suffix = hashlib.sha256(f"{self.stack_id}/{name}".encode()).hexdigest()[:12].upper()
        made = f"{self._stack_name[:24]}-{name[:24]}-{suffix}"
        return given or (made.lower() if wanted["Type"] == "AWS::S3::Bucket" else made)

    def _clean_up(self) -> None:
        """Removes what is no longer wanted, last made first. As on AWS a refusal is no failure."""
        unwanted = [(name, *old) for name, old in self._old.items()]
        for name, resource, source in reversed([*self._replaced, *unwanted]):
            try:
                if name not in self._adopted and not _is_retained(source, _KEPT):
                    self._remove(name, resource, source)
            except ResourceFailed as error:
                physical = resource.physical_resource_id
                self.report(name, source["Type"], "DELETE_FAILED", str(error), physical)
        self._old, self._replaced, self._adopted = {}, [], set()

    def remove_all(self, *, is_undoing: bool = False) -> None:
        """Deletes the stack's resources, last made first.

        Args:
            is_undoing: The creation failed: only what is retained in any case stays.

        Raises:
            ResourceFailed: one refuses. It and those that were made before it stay, and what is
                retained remains a part of the stack.
        """
        retained = _KEPT[:1] if is_undoing else _KEPT
        for name, (resource, source) in reversed(list(self._made.items())):
            if name in self._adopted or _is_retained(source, retained):
                self.report(
                    name, source["Type"], "DELETE_SKIPPED", None, resource.physical_resource_id
                )
            else:
                self._remove(name, resource, source)
                self._forget(name)
        for name in list(self._made):
            self._forget(name)

    def _forget(self, name: str) -> None:
        del self._made[name]
        self._parsed_resources.pop(name, None)

    def _remove(self, name: str, resource: Made, source: Source) -> None:
        kind, physical = source["Type"], resource.physical_resource_id
        try:
            if not isinstance(resource, StandIn):
                removed(kind, resource, copy.deepcopy(source), self._place)
        except Exception as error:  # moto raises anything; the resource stays listed
            raise ResourceFailed(name, kind, error) from error
        self.report(name, kind, "DELETE_COMPLETE", None, physical)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._made))


def _is_retained(source: Source, policies: tuple[str, ...]) -> bool:
    return source.get("DeletionPolicy") in policies


def _without_tags(source: Source) -> Source:
    return {key: value for key, value in source["Properties"].items() if key != "Tags"}
