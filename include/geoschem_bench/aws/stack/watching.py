"""Carrying a change out, and saying what happens while it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import asking, code_of, message_of
from geoschem_bench.aws.stack.changes import ChangeSet
from geoschem_bench.aws.stack.reading import Stack, find_stack, resources_of
from geoschem_bench.errors import StackError

_CANCELLED = "Resource creation cancelled"
_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")


@dataclass(frozen=True)
class Event:
    """One thing that happened to a stack."""

    event_id: str
    logical_id: str
    physical_id: str
    kind: str
    status: str
    reason: str

    @property
    def is_failure(self) -> bool:
        """Whether this one failed by itself: others are cancelled because of it."""
        return self.status.endswith("_FAILED") and _CANCELLED not in self.reason


def events_of(account: Account, stack: str) -> list[Event]:
    """Every event of the stack, oldest first."""
    with asking(account.region, account.profile):
        paginator = account.client("cloudformation").get_paginator("describe_stack_events")
        found = [
            _event(data)
            for page in paginator.paginate(StackName=stack)
            for data in page["StackEvents"]
        ]
    return found[::-1]


def carry_out(account: Account, change_set: ChangeSet, tell: Callable[[Event], None]) -> Stack:
    """Execute the change set; come back when AWS is done.

    Raises:
        StackError: it failed; with the first failure, its cure and what is left.
    """
    seen = {event.event_id for event in events_of(account, change_set.stack_id)}
    with asking(account.region, account.profile):
        account.client("cloudformation").execute_change_set(
            ChangeSetName=change_set.change_set_id,
            # a bucket that is kept when a stack is deleted must not outlive a failed creation
            **({"RetainExceptOnCreate": True} if change_set.is_new else {}),
        )
    return follow(account, change_set.stack_id, seen, tell)


def remove(account: Account, stack: Stack, tell: Callable[[Event], None]) -> Stack:
    """Delete the stack; come back when AWS is done."""
    seen = {event.event_id for event in events_of(account, stack.stack_id)}
    with asking(account.region, account.profile):
        try:
            account.client("cloudformation").delete_stack(StackName=stack.stack_id)
        except ClientError as error:
            if code_of(error) != "ValidationError":
                raise
            raise StackError(
                f"CloudFormation does not delete {stack.name}: {message_of(error)}. Where it is "
                "protected: aws cloudformation update-termination-protection "
                f"--no-enable-termination-protection --stack-name {stack.name} "
                f"--region {account.region}"
            ) from error
    return follow(account, stack.stack_id, seen, tell)


def follow(account: Account, stack_id: str, seen: set[str], tell: Callable[[Event], None]) -> Stack:
    """Tell new events until the stack rests."""
    pause = 0.2 if account.endpoint_url else 3.0
    while True:
        stack = find_stack(account, stack_id)
        for event in events_of(account, stack_id):
            if event.event_id not in seen:
                seen.add(event.event_id)
                tell(event)
        if stack is None:
            raise StackError(f"the stack {stack_id} is no longer there; somebody removed it")
        if not stack.is_moving:
            return stack
        time.sleep(pause)


def left_over(account: Account, stack: Stack) -> Iterator[str]:
    """What of the stack is there, one line each."""
    for item in resources_of(account, stack.stack_id):
        if item.physical_id and item.status not in _GONE:
            why = f" ({item.reason})" if item.reason else ""
            yield f"{item.kind} {item.physical_id}: {item.status}{why}"


def _event(data: dict[str, Any]) -> Event:
    return Event(
        event_id=data["EventId"],
        logical_id=data["LogicalResourceId"],
        physical_id=data.get("PhysicalResourceId", ""),
        kind=data["ResourceType"],
        status=data["ResourceStatus"],
        reason=data.get("ResourceStatusReason", ""),
    )
