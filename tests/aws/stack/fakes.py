"""Clients that answer what a test says, for what no sandbox can be made to do."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


class Pages:
    """A paginator; every page that is read is counted."""

    def __init__(self, pages):
        self.pages, self.read = pages, 0

    def paginate(self, **_):
        for page in self.pages:
            self.read += 1
            yield page


class _Account(SimpleNamespace):
    region, profile, endpoint_url = "us-west-2", None, "http://127.0.0.1:1"

    def client(self, service):
        return getattr(self, service)


def Fake(**clients) -> Any:  # noqa: N802 - in the place of Account
    """An account whose clients are objects of the test."""
    return _Account(**clients)


def refusal(code, message="", operation="Call"):
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def raises(error):
    def call(**_):
        raise error

    return call


def part(logical, kind, physical, status="CREATE_COMPLETE"):
    return {"LogicalResourceId": logical, "ResourceType": kind, "PhysicalResourceId": physical,
            "ResourceStatus": status}  # fmt: skip


def stack(status="CREATE_COMPLETE", **more):
    return {"StackName": "tiny", "StackId": "arn:tiny", "StackStatus": status,
            "Tags": [{"Key": "project", "Value": "geoschem-bench"}]} | more  # fmt: skip


def cloudformation(parts, template, **more):
    pages = Pages([{"StackResourceSummaries": parts}])
    return SimpleNamespace(
        describe_stacks=lambda **_: {"Stacks": [stack(**more)]},
        get_paginator=lambda name: {"list_stack_resources": pages}[name],
        get_template=lambda **_: {"TemplateBody": json.dumps(template)},
    )
