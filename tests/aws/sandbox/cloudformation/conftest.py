"""Stacks that are gone after the test."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
names = (f"stack-{number}" for number in itertools.count())


class Stacks:
    """Creates, updates and looks at stacks."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.made: list[str] = []

    def create(self, template: dict[str, Any], name: str = "", **parameters: str) -> str:
        name = name or next(names)
        self.made.append(name)
        self.client.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Parameters=parameters_of(parameters),
            Capabilities=CAPABILITIES,
        )
        return name

    def update(self, name: str, template: dict[str, Any], **parameters: str) -> None:
        self.client.update_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Parameters=parameters_of(parameters),
            Capabilities=CAPABILITIES,
        )

    def delete(self, name: str) -> None:
        self.client.delete_stack(StackName=name)

    def detail(self, name: str) -> dict[str, Any]:
        [found] = self.client.describe_stacks(StackName=name)["Stacks"]
        return dict(found)

    def status(self, name: str) -> str:
        return str(self.detail(name)["StackStatus"])

    def outputs(self, name: str) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self.detail(name)["Outputs"]}

    def resources(self, name: str) -> dict[str, dict[str, Any]]:
        listed = self.client.describe_stack_resources(StackName=name)["StackResources"]
        return {each["LogicalResourceId"]: each for each in listed}


def parameters_of(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


@pytest.fixture(scope="session")
def aws(sandbox: Any, connect: Callable[..., Any]) -> Iterator[Callable[[str], Any]]:
    """A client of any service of the session's sandbox."""
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = connect(sandbox, service)
        return made[service]

    yield client
    for each in made.values():
        each.close()


@pytest.fixture
def stacks(sandbox: Any, connect: Callable[..., Any]) -> Iterator[Stacks]:
    with closing(connect(sandbox, "cloudformation")) as client:
        made = Stacks(client)
        yield made
        for name in reversed(made.made):
            made.delete(name)
