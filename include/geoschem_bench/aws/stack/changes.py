"""A change set: what would be made, changed and replaced, before it is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import asking, code_of, is_denied, message_of
from geoschem_bench.aws.stack.reading import find_stack
from geoschem_bench.aws.stack.template import Template
from geoschem_bench.errors import StackError

_CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_NOTHING = ("didn't contain changes", "No updates are to be performed")
_MOST_SECONDS = 600
_MOST_TRIES = 30
"""To forget a change set that is still being made, a second apart."""


@dataclass(frozen=True)
class Change:
    """What would happen to one resource."""

    action: str
    """`add`, `change`, `REPLACE`, `remove`, `adopt`; `maybe REPLACE` where AWS cannot tell yet."""
    logical_id: str
    kind: str
    physical_id: str
    details: tuple[str, ...]
    """Properties that differ."""


@dataclass(frozen=True)
class ChangeSet:
    """Changes that wait to be carried out."""

    change_set_id: str
    stack_id: str
    is_new: bool
    """The stack is not there yet."""
    made_stack: bool
    """There was no stack of this name at all, not even one that waits, before this one."""
    changes: tuple[Change, ...]

    @property
    def losses(self) -> tuple[Change, ...]:
        """Those that take something away."""
        return tuple(c for c in self.changes if "REPLACE" in c.action or c.action == "remove")


@dataclass(frozen=True)
class Wish:
    """What a stack is to be."""

    name: str
    template: Template
    parameters: Sequence[Mapping[str, str | bool]]
    """As CloudFormation wants them."""
    tags: Mapping[str, str]
    """Of the stack; CloudFormation hands them on."""
    is_new: bool
    """The stack is not there yet."""
    adopt: bool
    """Data of the same names, left by an earlier stack, become part of this one."""

    @property
    def request(self) -> dict[str, Any]:
        """As CloudFormation wants it."""
        adopt = {"ImportExistingResources": True} if self.adopt else {}
        return adopt | {
            "StackName": self.name,
            "ChangeSetName": f"geoschem-bench-{time.time_ns()}",
            "ChangeSetType": "CREATE" if self.is_new else "UPDATE",
            "TemplateBody": self.template.body,
            "Parameters": list(self.parameters),
            "Capabilities": _CAPABILITIES,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
        }


def prepare(account: Account, wish: Wish) -> ChangeSet | None:
    """A change set; None where there is nothing to change.

    Raises:
        StackError: CloudFormation cannot do this; it says why.
    """
    cloudformation = account.client("cloudformation")
    is_absent = wish.is_new and find_stack(account, wish.name) is None
    with asking(account.region, account.profile):
        try:
            made = cloudformation.create_change_set(**wish.request)
        except ClientError as error:
            if code_of(error) not in ("ValidationError", "InsufficientCapabilitiesException"):
                raise
            raise StackError(f"CloudFormation refused the template: {message_of(error)}") from error
        change_set = ChangeSet(made["Id"], made["StackId"], wish.is_new, is_absent, ())
        try:
            status, reason = _waited(cloudformation, made["Id"])
            changes = tuple(_changes(cloudformation, made["Id"]))
        except BaseException:  # Ctrl-C, too
            discard(account, change_set)
            raise
        if status == "FAILED":
            discard(account, change_set)
            if any(text in reason for text in _NOTHING):
                return None
            raise StackError(f"CloudFormation cannot change the stack so: {reason}. Nothing was "
                             "changed")  # fmt: skip
    return replace(change_set, changes=changes)


def discard(account: Account, change_set: ChangeSet) -> None:
    """Forget it; a stack that was made by it and waits for no other goes with it."""
    cloudformation = account.client("cloudformation")
    with asking(account.region, account.profile):
        _forget(cloudformation, change_set.change_set_id)
        if change_set.made_stack and _waits_for_nothing(account, change_set):
            cloudformation.delete_stack(StackName=change_set.stack_id)


def _forget(cloudformation: Any, change_set_id: str) -> None:  # noqa: ANN401 - boto3's own
    for left in reversed(range(_MOST_TRIES)):
        try:
            cloudformation.delete_change_set(ChangeSetName=change_set_id)
            return
        except ClientError as error:  # AWS is still making it
            if not left or not code_of(error).startswith("InvalidChangeSetStatus"):
                raise
        time.sleep(1)


def _waits_for_nothing(account: Account, change_set: ChangeSet) -> bool:
    """Whether it is still an empty stack, of which nobody else wants anything."""
    stack = find_stack(account, change_set.stack_id)
    if stack is None or stack.status != "REVIEW_IN_PROGRESS":
        return False
    pages = account.client("cloudformation").get_paginator("list_change_sets")
    try:
        found = [
            item["ChangeSetId"]
            for page in pages.paginate(StackName=change_set.stack_id)
            for item in page["Summaries"]
            if item["StackId"] == change_set.stack_id
        ]
    except ClientError as error:
        if is_denied(error):  # an empty stack that stays does no harm
            return False
        raise
    return set(found) <= {change_set.change_set_id}


def _waited(cloudformation: Any, change_set_id: str) -> tuple[str, str]:  # noqa: ANN401 - boto3's own
    deadline = time.monotonic() + _MOST_SECONDS
    pause = 0.1
    while True:
        answer = cloudformation.describe_change_set(ChangeSetName=change_set_id)
        status = answer["Status"]
        if status in ("CREATE_COMPLETE", "FAILED"):
            return status, answer.get("StatusReason", "no reason given")
        if time.monotonic() > deadline:
            raise StackError(
                f"the change set {change_set_id} is still {status} after {_MOST_SECONDS} s; see: "
                f"aws cloudformation describe-change-set --change-set-name {change_set_id}"
            )
        time.sleep(pause)
        pause = min(pause * 2, 3.0)


def _changes(cloudformation: Any, change_set_id: str) -> list[Change]:  # noqa: ANN401 - boto3's own
    pages = cloudformation.get_paginator("describe_change_set").paginate(
        ChangeSetName=change_set_id
    )
    return [
        _change(item["ResourceChange"])
        for page in pages
        for item in page["Changes"]
        if "ResourceChange" in item
    ]


def _change(data: dict[str, Any]) -> Change:
    details = (detail.get("Target", {}) for detail in data.get("Details", []))
    return Change(
        action=_action(data["Action"], data.get("Replacement")),
        logical_id=data["LogicalResourceId"],
        kind=data["ResourceType"],
        physical_id=data.get("PhysicalResourceId", ""),
        details=tuple(dict.fromkeys(d.get("Name") or d.get("Attribute", "") for d in details)),
    )


def _action(action: str, replacement: str | None) -> str:
    if action == "Modify":
        return {"True": "REPLACE", "Conditional": "maybe REPLACE"}.get(replacement or "", "change")
    return {"Add": "add", "Remove": "remove", "Import": "adopt"}.get(action, action.lower())
