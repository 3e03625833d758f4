"""Making a stack's resources what its template says, and undoing what went wrong."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.backends import get_backend
from moto.moto_api._internal import mock_random

from geoschem_bench.errors import UserError
from geoschem_bench.sandbox.cloudformation.errors import ResourceError, StackError
from geoschem_bench.sandbox.cloudformation.intrinsics import Scope
from geoschem_bench.sandbox.cloudformation.live import live_scope, outputs_of
from geoschem_bench.sandbox.cloudformation.plan import Plan
from geoschem_bench.sandbox.cloudformation.stacks import Resource, Stack, StackShelf
from geoschem_bench.sandbox.cloudformation.types.base import Made, Place, Type, Wanted
from geoschem_bench.sandbox.cloudformation.types.registry import type_of

_LOG = logging.getLogger(__name__)
_SUFFIX_LENGTH = 12
# What a resource's own calls raise: refusals of moto and of our Batch, and properties that miss
_REFUSALS = (ClientError, BotoCoreError, UserError, ValueError, LookupError, TypeError)
Body = dict[str, Any]


class Engine:
    """Creates, changes, replaces and deletes resources, one after the other."""

    def __init__(self, place: Place, shelf: StackShelf) -> None:
        self._place = place
        self._shelf = shelf

    def apply(self, stack: Stack, plan: Plan, *, importing: bool = False) -> None:
        """Makes the resources what the plan says.

        Raises:
            ResourceError: one could not be; those before it are done.
        """
        wanted = plan.active()
        self._wake_moto()
        scope = live_scope(stack, plan)
        leftover: list[Resource] = []
        try:
            for name, body in wanted.items():
                self._apply_one(stack, name, body, scope, leftover, importing=importing)
        except ResourceError:
            self.delete(stack, leftover)  # their replacements are what the stack has now
            raise
        finally:
            mock_random.seed()  # ids of what others make must not follow from ours
        gone = [each for name, each in stack.resources.items() if name not in wanted]
        for resource in gone:
            del stack.resources[resource.logical_id]
        stack.resources = {name: stack.resources[name] for name in wanted}
        stack.outputs = outputs_of(plan, live_scope(stack, plan))
        self.delete(stack, [*leftover, *reversed(gone)])

    def _apply_one(
        self,
        stack: Stack,
        name: str,
        body: Body,
        scope: Scope,
        leftover: list[Resource],
        *,
        importing: bool,
    ) -> None:
        properties = _resolved(scope, body, name)
        old = stack.resources.get(name)
        if old is None:
            old = self._make(stack, name, body, properties, 0, importing=importing)
        elif (old.type, old.properties, old.stack_tags) != (body["Type"], properties, stack.tags):
            if old.type != body["Type"] or self._must_replace(old, properties):
                self._check_name(stack, old, body, properties)
                number = old.generation + 1
                new = self._make(stack, name, body, properties, number, importing=importing)
                old.deletion_policy = old.replace_policy
                leftover.append(old)
                old = new
            else:
                self._change(stack, old, properties)
        old.deletion_policy = str(scope.resolve(body.get("DeletionPolicy", "Delete")))
        old.replace_policy = str(scope.resolve(body.get("UpdateReplacePolicy", "Delete")))
        self._shelf.save(stack)

    def _must_replace(self, old: Resource, properties: Body) -> bool:
        """Whether it cannot change in place; what only the stack's tags changed for, can."""
        is_same = old.properties == properties
        return not is_same and type_of(old.type).must_replace(old.properties, properties)

    def _check_name(self, stack: Stack, old: Resource, body: Body, properties: Body) -> None:
        """A new one is made before the old one goes, so they cannot share a name."""
        name = type_of(old.type).name
        own = properties.get(name or "")
        if old.type == body["Type"] and own is not None and own == old.properties.get(name or ""):
            reason = (
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {own} and update the stack again."
            )
            stack.note("UPDATE_FAILED", reason, old)
            raise ResourceError(f"{old.logical_id}: {reason}")

    def _make(
        self,
        stack: Stack,
        name: str,
        body: Body,
        properties: Body,
        generation: int,
        *,
        importing: bool,
    ) -> Resource:
        resource = Resource(name, body["Type"], "", properties, generation=generation)
        resource.stack_tags = dict(stack.tags)
        stack.note("CREATE_IN_PROGRESS", "", resource)
        kind, wanted = type_of(resource.type), _wanted(stack, resource)
        self._seed(stack, resource)
        adopted = self._tried(stack, resource, "CREATE_FAILED", lambda: (
            kind.adopt(self._place, wanted) if importing and kind.adopt else None
        ))  # fmt: skip
        made = adopted or self._tried(
            stack, resource, "CREATE_FAILED", lambda: kind.create(self._place, wanted)
        )
        resource.physical_id, resource.attributes = made.physical_id, made.attributes
        stack.note("IMPORT_COMPLETE" if adopted else "CREATE_COMPLETE", "", resource)
        stack.resources[name] = resource
        return resource

    def _change(self, stack: Stack, resource: Resource, properties: Body) -> None:
        kind, before = type_of(resource.type), resource.properties
        stack.note("UPDATE_IN_PROGRESS", "", resource)
        wanted = _wanted(stack, Resource(**{**vars(resource), "properties": properties}))
        is_same = before == properties

        def work() -> Made:
            old = _made(resource)
            if kind.update is not None:
                return kind.update(self._place, old, before, wanted)
            if is_same:  # only the stack's tags are others, and it has none
                return old
            kind.delete(self._place, old, before)
            self._seed(stack, resource)
            return kind.create(self._place, wanted)

        made: Made = self._tried(stack, resource, "UPDATE_FAILED", work)
        resource.physical_id, resource.attributes = made.physical_id, made.attributes
        resource.properties, resource.stack_tags = properties, dict(stack.tags)
        stack.note("UPDATE_COMPLETE", "", resource)

    def delete(
        self, stack: Stack, resources: Iterable[Resource], *, is_rollback: bool = False
    ) -> list[Resource]:
        """Deletes resources unless their policy keeps them; those that resisted are returned."""
        failed = []
        for resource in resources:
            policy = resource.deletion_policy
            if policy == "Retain" or (policy == "RetainExceptOnCreate" and not is_rollback):
                stack.note("DELETE_SKIPPED", "", resource)
                continue
            try:
                self._delete_one(stack, resource)
            except ResourceError:
                failed.append(resource)
            self._shelf.save(stack)
        return failed

    def _delete_one(self, stack: Stack, resource: Resource) -> None:
        stack.note("DELETE_IN_PROGRESS", "", resource)
        delete, made = type_of(resource.type).delete, _made(resource)
        self._tried(
            stack, resource, "DELETE_FAILED",
            lambda: delete(self._place, made, resource.properties),
        )  # fmt: skip
        stack.note("DELETE_COMPLETE", "", resource)

    def restore(self, stack: Stack) -> None:
        """Makes again, with the same ids, what lived in moto's memory only."""
        self._wake_moto()
        for resource in stack.resources.values():
            kind = type_of(resource.type)
            if kind.is_kept:
                continue
            self._seed(stack, resource)
            try:
                made = _made_again(kind, self._place, _wanted(stack, resource))
            except _REFUSALS:
                _LOG.exception("stack %s: %s is lost", stack.name, resource.logical_id)
                continue
            if made.physical_id != resource.physical_id:
                _LOG.warning(
                    "stack %s: %s was %s and is %s",
                    stack.name, resource.logical_id, resource.physical_id, made.physical_id,
                )  # fmt: skip
        mock_random.seed()

    def _wake_moto(self) -> None:
        """Lets moto draw the ids of what it makes by itself, before those of ours are drawn."""
        get_backend("ec2")[self._place.account][self._place.region]
        get_backend("iam")[self._place.account]["aws"]

    def _seed(self, stack: Stack, resource: Resource) -> None:
        """The ids that moto draws follow from stack, resource and generation: a restart repeats."""
        mock_random.seed(f"{stack.id}/{resource.logical_id}/{resource.generation}")

    def _tried(self, stack: Stack, resource: Resource, status: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the work gives
        try:
            return work()
        except _REFUSALS as error:
            reason = _reason(error)
            stack.note(status, reason, resource)
            raise ResourceError(f"{resource.logical_id}: {reason}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Message") or error)
    if isinstance(error, KeyError):
        return f"Properties validation failed: required key [{error.args[0]}] not found"
    return str(error)


def _made_again(kind: Type, place: Place, wanted: Wanted) -> Made:
    found = kind.adopt(place, wanted) if kind.adopt else None
    return found or kind.create(place, wanted)


def _made(resource: Resource) -> Made:
    return Made(resource.physical_id, resource.attributes)


def _resolved(scope: Scope, body: Body, name: str) -> Body:
    try:
        resolved: Body = scope.resolve(body.get("Properties", {}))
    except StackError as error:
        raise ResourceError(f"{name}: {error}") from error
    return resolved


def _wanted(stack: Stack, resource: Resource) -> Wanted:
    given = resource.properties.get(type_of(resource.type).name or "")
    name = str(given) if given is not None else _generated_name(stack, resource)
    return Wanted(resource.logical_id, name, resource.properties, stack.tags)


def _generated_name(stack: Stack, resource: Resource) -> str:
    """CloudFormation's own way to name what the template leaves unnamed."""
    source = f"{stack.id}/{resource.logical_id}/{resource.generation}"
    suffix = hashlib.sha256(source.encode()).hexdigest()[:_SUFFIX_LENGTH]
    if resource.type == "AWS::S3::Bucket":
        room = 63 - len(suffix) - 1
        return f"{f'{stack.name}-{resource.logical_id}'.lower()[:room]}-{suffix}"
    return f"{stack.name}-{resource.logical_id}-{suffix.upper()}"
