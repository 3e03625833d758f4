"""Following a stack: when it rests, and what is no failure of it."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from geoschem_bench.aws.stack import watching
from geoschem_bench.aws.stack.watching import events_of, follow
from geoschem_bench.errors import StackError
from tests.aws.stack.fakes import Fake, Pages, raises, refusal, stack


def event(number, status, kind="AWS::CloudFormation::Stack", physical="arn:tiny"):
    return {"EventId": str(number), "LogicalResourceId": "tiny", "PhysicalResourceId": physical,
            "ResourceType": kind, "ResourceStatus": status}  # fmt: skip


class CloudFormation:
    """Answers one state after the other: status, and events newest first; the last stays."""

    def __init__(self, *states):
        self.states = list(states)

    def get_paginator(self, _):
        return Pages([{"StackEvents": self.states[0][1]}])

    def describe_stacks(self, StackName):  # noqa: N803 - as boto3
        status = self.states[0][0]
        if len(self.states) > 1:
            self.states.pop(0)
        return {"Stacks": [stack(status)]}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)


def followed(client):
    told: list[Any] = []
    found = follow(Fake(cloudformation=client), "arn:tiny", {"0"}, told.append)
    return found.status, [each.event_id for each in told]


def test_an_old_status_is_not_taken_for_the_end():
    old = event(0, "UPDATE_COMPLETE")
    begun = [event(1, "UPDATE_IN_PROGRESS"), old]
    nested = [event(2, "UPDATE_COMPLETE", physical="arn:nested"), *begun]
    done = [event(3, "UPDATE_COMPLETE"), *nested]
    client = CloudFormation(
        ("UPDATE_COMPLETE", [old]),
        ("UPDATE_COMPLETE", begun),
        ("UPDATE_COMPLETE", nested),
        ("UPDATE_IN_PROGRESS", nested),
        ("UPDATE_COMPLETE", done),
    )
    assert followed(client) == ("UPDATE_COMPLETE", ["1", "2", "3"])


def test_it_is_not_waited_for_ever(monkeypatch):
    monkeypatch.setattr(watching, "_STILL_SECONDS", -1)
    with pytest.raises(StackError, match="no event says that AWS began"):
        followed(CloudFormation(("UPDATE_COMPLETE", [event(0, "UPDATE_COMPLETE")])))
    late = [event(1, "UPDATE_IN_PROGRESS"), event(0, "UPDATE_COMPLETE")]
    assert followed(CloudFormation(("UPDATE_COMPLETE", late)))[0] == "UPDATE_COMPLETE"


@pytest.mark.parametrize("code", ["Throttling", "ExpiredToken"])
def test_a_refusal_to_tell_is_no_failure_of_the_stack(code):
    client: Any = CloudFormation(("UPDATE_IN_PROGRESS", []))
    client.describe_stacks = raises(refusal(code, "no"))
    with pytest.raises(StackError, match=r"AWS goes on.*describe-stack-events"):
        followed(client)


def test_no_page_behind_the_first_event_seen_is_read():
    pages = Pages([{"StackEvents": [event(2, "B"), event(1, "A")]},
                   {"StackEvents": [event(0, "OLD")]}])  # fmt: skip
    account = Fake(cloudformation=SimpleNamespace(get_paginator=lambda _: pages))
    assert [each.event_id for each in events_of(account, "arn:tiny", {"1"})] == ["2"]
    assert pages.read == 1
