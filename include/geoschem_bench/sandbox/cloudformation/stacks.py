"""Stacks and their resources, each stack in a file of its own.

cloudformation/<stack>.json    template, parameters, resources with their ids, outputs, events
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geoschem_bench.sandbox.cloudformation.errors import StackError
from geoschem_bench.sandbox.files import file_name, json_files, read_json, write_atomic

_EVENTS_KEPT = 500
Properties = dict[str, Any]


def now() -> str:
    """The time as stacks show it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass
class Resource:
    """One resource as it was made."""

    logical_id: str
    type: str
    physical_id: str
    properties: Properties
    """As resolved when it was made or changed last."""
    attributes: dict[str, Any] = field(default_factory=dict)
    """What `Fn::GetAtt` may ask for."""
    generation: int = 0
    """Counted up when it is replaced: the ids that moto draws follow from it."""
    deletion_policy: str = "Delete"
    replace_policy: str = "Delete"
    """`UpdateReplacePolicy`: what becomes of it once a new one has taken its place."""
    stack_tags: dict[str, str] = field(default_factory=dict)
    """The stack's own tags when it was made or changed last."""
    status: str = "CREATE_COMPLETE"
    reason: str = ""
    changed_at: str = field(default_factory=now)


@dataclass
class Stack:
    """One stack."""

    name: str
    id: str
    template: str
    """As it was given; loops and functions in place."""
    given: dict[str, str]
    tags: dict[str, str]
    capabilities: list[str]
    status: str
    reason: str = ""
    created_at: str = field(default_factory=now)
    updated_at: str = ""
    resources: dict[str, Resource] = field(default_factory=dict)
    """In the order in which they were made."""
    outputs: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, str]] = field(default_factory=list)
    """Oldest first."""

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Stack:
        """The stack that was saved as this document."""
        resources = {each["logical_id"]: Resource(**each) for each in document["resources"]}
        return cls(**{**document, "resources": resources})

    def to_document(self) -> dict[str, Any]:
        """The stack as it is saved: resources as a list, for their order matters."""
        resources = [vars(each) for each in self.resources.values()]
        return {**vars(self), "resources": resources}

    def is_busy(self) -> bool:
        """Whether something was being done to it, now or when the server was killed."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def note(self, status: str, reason: str = "", resource: Resource | None = None) -> None:
        """Writes an event; without a resource it is the stack's own, and its status."""
        if resource is None:
            self.status, self.reason = status, reason
        else:
            resource.status, resource.reason, resource.changed_at = status, reason, now()
        self.events.append({
            "EventId": f"{self.name}-{len(self.events)}-{now()}",
            "LogicalResourceId": resource.logical_id if resource else self.name,
            "PhysicalResourceId": resource.physical_id if resource else self.id,
            "ResourceType": resource.type if resource else "AWS::CloudFormation::Stack",
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
            "Timestamp": now(),
        })  # fmt: skip
        del self.events[:-_EVENTS_KEPT]


class StackShelf:
    """All stacks of the region: the living ones in files, deleted ones until the next start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        documents = (read_json(path) for path in json_files(folder))
        self._stacks = {each["name"]: Stack.from_document(each) for each in documents}
        self._deleted: list[Stack] = []

    def __iter__(self) -> Iterator[Stack]:
        return iter(list(self._stacks.values()))

    @property
    def deleted(self) -> list[Stack]:
        """Those that were deleted since the start."""
        return self._deleted

    def get(self, name_or_id: str) -> Stack | None:
        """The stack of this name or id; a deleted one by its id only."""
        for stack in self:
            if name_or_id in (stack.name, stack.id):
                return stack
        return next((each for each in self._deleted if each.id == name_or_id), None)

    def find(self, name_or_id: str) -> Stack:
        """The stack of this name or id, or the error that AWS gives."""
        stack = self.get(name_or_id)
        if stack is None:
            raise StackError(f"Stack with id {name_or_id} does not exist")
        return stack

    def save(self, stack: Stack) -> None:
        """Writes a stack through."""
        # In one line: it is written after each resource, and indenting takes its time
        write_atomic(self._path(stack), json.dumps(stack.to_document()).encode())
        self._stacks[stack.name] = stack

    def delete(self, stack: Stack) -> None:
        """Moves a stack to those that were."""
        self._path(stack).unlink(missing_ok=True)
        self._stacks.pop(stack.name, None)
        self._deleted.append(stack)

    def _path(self, stack: Stack) -> Path:
        return self._folder / f"{file_name(stack.name)}.json"
