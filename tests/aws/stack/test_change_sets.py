"""What only waited is forgotten, and nothing else with it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from geoschem_bench.aws.stack import changes
from geoschem_bench.aws.stack.changes import ChangeSet, discard
from geoschem_bench.cli.stack import up
from tests.aws.stack.conftest import TINY
from tests.aws.stack.fakes import Fake, Pages, raises, refusal, stack

pytestmark = pytest.mark.usefixtures("cleared")


def stacks(aws):
    found = aws("cloudformation").describe_stacks()["Stacks"]
    return {each["StackName"]: each["StackStatus"] for each in found}


class CloudFormation:
    """One stack in review, and the change sets of it that others made."""

    def __init__(self, others=(), status="REVIEW_IN_PROGRESS"):
        summaries = [{"ChangeSetId": each, "StackId": "arn:tiny"} for each in others]
        self.pages = Pages([{"Summaries": summaries}])
        self.status, self.deleted = status, []

    def get_paginator(self, _):
        return self.pages

    def describe_stacks(self, **_):
        return {"Stacks": [stack(self.status)]}

    def delete_change_set(self, **_):
        return {}

    def delete_stack(self, StackName):  # noqa: N803 - as boto3
        self.deleted.append(StackName)


def discarded(client, made_stack=True):
    discard(Fake(cloudformation=client), ChangeSet("ours", "arn:tiny", True, made_stack, ()))
    return client.deleted


def test_only_an_empty_stack_that_we_made_and_nobody_else_waits_for_goes():
    assert discarded(CloudFormation()) == ["arn:tiny"]
    assert discarded(CloudFormation(["ours"])) == ["arn:tiny"]
    assert discarded(CloudFormation(["theirs"])) == []
    assert discarded(CloudFormation(), made_stack=False) == []
    assert discarded(CloudFormation(status="CREATE_IN_PROGRESS")) == []


def test_who_may_not_list_change_sets_deletes_no_stack():
    client: Any = CloudFormation()
    client.pages.paginate = raises(refusal("AccessDenied"))
    assert discarded(client) == []


def test_a_change_set_that_is_still_being_made_is_forgotten_a_little_later(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    client: Any = CloudFormation()
    refused = [refusal("InvalidChangeSetStatus")] * 2

    def delete(**_):
        if refused:
            raise refused.pop()

    client.delete_change_set = delete
    assert discarded(client) == ["arn:tiny"]


def test_a_stack_in_review_that_was_there_before_stays(terminal, tiny, aws):
    aws("cloudformation").create_change_set(
        StackName="tiny", ChangeSetName="theirs", ChangeSetType="CREATE",
        TemplateBody=json.dumps(TINY), Parameters=[{"ParameterKey": "Owner",
                                                    "ParameterValue": "they"}],
    )  # fmt: skip
    terminal(f"stack up tiny --template {tiny} --owner me --dry-run")
    assert stacks(aws) == {"tiny": "REVIEW_IN_PROGRESS"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, BrokenPipeError])
@pytest.mark.parametrize(("where", "what"), [(up, "_show"), (changes, "_waited")])
def test_who_stops_in_between_leaves_nothing(terminal, tiny, aws, monkeypatch, where, what, error):
    def stop(*_):
        assert stacks(aws) == {"tiny": "REVIEW_IN_PROGRESS"}
        raise error

    monkeypatch.setattr(where, what, stop)
    assert terminal(f"stack up tiny --template {tiny} --owner me --yes").code
    assert stacks(aws) == {}
