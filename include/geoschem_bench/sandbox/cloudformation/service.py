"""The life of stacks: created, updated, deleted, and back after a restart."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from geoschem_bench.sandbox.cloudformation.engine import Engine
from geoschem_bench.sandbox.cloudformation.errors import (
    AlreadyExistsError,
    ResourceError,
    StackError,
)
from geoschem_bench.sandbox.cloudformation.parameters import Values, given_parameters
from geoschem_bench.sandbox.cloudformation.plan import Plan, plan_of
from geoschem_bench.sandbox.cloudformation.stacks import Stack, StackShelf, now
from geoschem_bench.sandbox.cloudformation.templates import parse_template
from geoschem_bench.sandbox.cloudformation.types.base import Place
from geoschem_bench.sandbox.cloudformation.types.registry import skipped

_LOG = logging.getLogger(__name__)
_UPDATABLE = (
    "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED",
    "IMPORT_COMPLETE",
)  # fmt: skip


class Stacks:
    """All stacks of the sandbox. Whoever calls holds the locks of all services."""

    def __init__(self, place: Place, shelf: StackShelf) -> None:
        self.place = place
        self.shelf = shelf
        self.change_sets: dict[str, dict[str, Any]] = {}
        self._engine = Engine(place, shelf)
        self._is_restored = False
        for stack in shelf:
            if stack.is_busy():
                stack.note(
                    f"{stack.status.partition('_')[0]}_FAILED",
                    "The sandbox was stopped while this was being done",
                )
                shelf.save(stack)

    def restore(self) -> None:
        """Makes again what lived in moto's memory, once, before anybody looks at it."""
        if self._is_restored:
            return
        self._is_restored = True  # first, for what it calls asks as well; others wait for the locks
        for stack in self.shelf:
            self._engine.restore(stack)

    def new(self, name: str, status: str) -> Stack:
        """A stack without anything in it."""
        made_id = self.place.arn("cloudformation", f"stack/{name}/{uuid.uuid4()}")
        return Stack(name, made_id, "", {}, {}, [], status)

    def pseudo(self, stack: Stack) -> Values:
        """The parameters that every template has."""
        return {
            "AWS::AccountId": self.place.account,
            "AWS::NotificationARNs": [],
            "AWS::Partition": "aws",
            "AWS::Region": self.place.region,
            "AWS::StackId": stack.id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": "amazonaws.com",
        }

    def plan(self, stack: Stack, text: str, given: Mapping[str, str]) -> Plan:
        """What a template would mean for this stack."""
        return plan_of(text, given, self.pseudo(stack))

    def given(self, stack: Stack, text: str, requested: list[dict[str, Any]]) -> dict[str, str]:
        """The parameters that a request gives, checked."""
        return given_parameters(parse_template(text), requested, stack.given)

    def check_new(self, name: str) -> None:
        """Refuses a name that a living stack has."""
        found = self.shelf.get(name)
        if found is not None and found.name == name and found.status != "REVIEW_IN_PROGRESS":
            raise AlreadyExistsError(f"Stack [{name}] already exists")

    def check_updatable(self, stack: Stack) -> None:
        """Refuses what can only be deleted."""
        if stack.status not in _UPDATABLE:
            raise StackError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")

    def create(self, stack: Stack, plan: Plan, *, importing: bool = False) -> None:
        """Makes the stack's resources; if one fails, none of them stays."""
        self.restore()
        stack.note("CREATE_IN_PROGRESS", "User Initiated")
        self.shelf.save(stack)
        self._tell_skipped(stack, plan)
        try:
            self._engine.apply(stack, plan, importing=importing)
        except ResourceError as error:
            self._roll_back_creation(stack, str(error))
        else:
            stack.note("CREATE_COMPLETE")
        self.shelf.save(stack)

    def _roll_back_creation(self, stack: Stack, reason: str) -> None:
        stack.note("ROLLBACK_IN_PROGRESS", f"The following resource(s) failed to create: {reason}")
        made = [each for each in stack.resources.values() if each.status != "IMPORT_COMPLETE"]
        failed = self._engine.delete(stack, reversed(made), is_rollback=True)
        stack.resources = {each.logical_id: each for each in failed}
        stack.note("ROLLBACK_FAILED" if failed else "ROLLBACK_COMPLETE", reason)

    def update(
        self,
        stack: Stack,
        text: str,
        given: dict[str, str],
        tags: dict[str, str],
        *,
        importing: bool = False,
    ) -> None:
        """Makes the resources what another template says; if one fails, what the old one says."""
        self.restore()
        plan = self.plan(stack, text, given)
        before, old_tags = self.plan(stack, stack.template, stack.given), stack.tags
        stack.note("UPDATE_IN_PROGRESS", "User Initiated")
        stack.updated_at = now()
        self._tell_skipped(stack, plan)
        stack.tags = tags
        try:
            self._engine.apply(stack, plan, importing=importing)
        except ResourceError as error:
            stack.tags = old_tags
            self._roll_back_update(stack, before, str(error))
        else:
            stack.template, stack.given = text, given
            stack.note("UPDATE_COMPLETE")
        self.shelf.save(stack)

    def _roll_back_update(self, stack: Stack, before: Plan, reason: str) -> None:
        stack.note("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        try:
            self._engine.apply(stack, before)
        except ResourceError as error:
            stack.note("UPDATE_ROLLBACK_FAILED", f"{reason}; {error}")
        else:
            stack.note("UPDATE_ROLLBACK_COMPLETE", reason)

    def delete(self, stack: Stack) -> None:
        """Deletes what the stack made, the last one first."""
        self.restore()
        stack.note("DELETE_IN_PROGRESS", "User Initiated")
        failed = self._engine.delete(stack, reversed(list(stack.resources.values())))
        if failed:
            stack.resources = {each.logical_id: each for each in reversed(failed)}
            names = ", ".join(each.logical_id for each in failed)
            reasons = "; ".join(each.reason for each in failed)
            stack.note(
                "DELETE_FAILED", f"The following resource(s) failed to delete: [{names}]. {reasons}"
            )
            self.shelf.save(stack)
            return
        stack.note("DELETE_COMPLETE")
        self.shelf.delete(stack)

    def _tell_skipped(self, stack: Stack, plan: Plan) -> None:
        types = skipped(each["Type"] for each in plan.active().values())
        if types:
            _LOG.warning(
                "stack %s: the sandbox lists these types and does nothing for them: %s",
                stack.name, ", ".join(types),
            )  # fmt: skip
