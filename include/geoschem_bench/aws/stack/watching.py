"""Carrying a change out, and saying what happens while it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import asking, code_of, message_of
from geoschem_bench.aws.stack.changes import ChangeSet
from geoschem_bench.aws.stack.reading import Stack, find_stack, resources_of, unprotect_command
from geoschem_bench.errors import AccessError, StackError

_CANCELLED = "Resource creation cancelled"
_STACK = "AWS::CloudFormation::Stack"
_STILL_SECONDS = 60
"""That a stack may seem to rest before its events say so."""


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


def events_of(account: Account, stack: str, seen: Collection[str] = ()) -> list[Event]:
    """Events of the stack that are newer than any of those seen, oldest first."""
    with asking(account.region, account.profile):
        paginator = account.client("cloudformation").get_paginator("describe_stack_events")
        told = (
            _event(data)
            for page in paginator.paginate(StackName=stack)
            for data in page["StackEvents"]
        )
        found = list(takewhile(lambda event: event.event_id not in seen, told))
    return found[::-1]


def unwatched(name: str, region: str) -> str:
    """What to say where we stop looking while AWS works."""
    return (f"No longer watched; AWS goes on. To see: aws cloudformation describe-stack-events "
            f"--stack-name {name} --region {region}")  # fmt: skip


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
                f"protected: {unprotect_command(stack.name, account.region)}"
            ) from error
    return follow(account, stack.stack_id, seen, tell)


def follow(account: Account, stack_id: str, seen: set[str], tell: Callable[[Event], None]) -> Stack:
    """Tell new events until the stack rests.

    Raises:
        StackError: AWS no longer answers us, or the stack is not there; what AWS does goes on.
    """
    try:
        return _followed(account, stack_id, seen, tell)
    except AccessError as error:  # a throttle, a session that ended: no failure of the stack
        raise StackError(f"{error}\n{unwatched(stack_id, account.region)}") from error


def _followed(
    account: Account, stack_id: str, seen: set[str], tell: Callable[[Event], None]
) -> Stack:
    pause = 0.2 if account.endpoint_url else 3.0
    last, deadline = "", time.monotonic() + _STILL_SECONDS
    while True:
        for event in events_of(account, stack_id, seen):
            seen.add(event.event_id)
            tell(event)
            is_own = event.kind == _STACK and event.physical_id == stack_id
            last = event.status if is_own else last
        stack = find_stack(account, stack_id)
        if stack is None:
            raise StackError(f"the stack {stack_id} is no longer there; somebody removed it")
        if stack.is_moving:
            deadline = time.monotonic() + _STILL_SECONDS
        elif last == stack.status:  # else this may be how it was before we asked for anything
            return stack
        elif time.monotonic() > deadline:
            return _rested(account, stack, last)
        time.sleep(pause)


def _rested(account: Account, stack: Stack, last: str) -> Stack:
    if last:
        return stack
    raise StackError(f"stack {stack.name} is {stack.status}, and for {_STILL_SECONDS} s no event "
                     f"says that AWS began. {unwatched(stack.name, account.region)}")  # fmt: skip


def left_over(account: Account, stack: Stack) -> Iterator[str]:
    """What of the stack is there, one line each."""
    for item in resources_of(account, stack.stack_id):
        if item.physical_id and not item.is_gone:
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
