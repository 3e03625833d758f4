"""What CloudFormation says of stacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import asking, code_of, message_of
from geoschem_bench.errors import NotFoundError

BUCKET_OUTPUT = "BenchmarkBucketName"
TABLE_OUTPUT = "BenchmarkTableName"
OUR_TAG = ("project", "geoschem-bench")
READY = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
         "IMPORT_ROLLBACK_COMPLETE")  # fmt: skip
"""States in which all that the outputs name is there."""


@dataclass(frozen=True)
class Stack:
    """One stack."""

    name: str
    stack_id: str
    status: str
    reason: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    is_protected: bool = False
    """AWS refuses to delete it until its termination protection is taken off."""

    @property
    def is_ours(self) -> bool:
        """Whether it was made from our template."""
        return BUCKET_OUTPUT in self.outputs or OUR_TAG in self.tags.items()

    @property
    def is_moving(self) -> bool:
        """Whether AWS works on it now."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


@dataclass(frozen=True)
class Resource:
    """One part of a stack."""

    logical_id: str
    physical_id: str
    kind: str
    """CloudFormation's type."""
    status: str
    reason: str

    @property
    def is_gone(self) -> bool:
        """Whether it was deleted. DELETE_SKIPPED was not: the stack no longer minds it."""
        return self.status == "DELETE_COMPLETE"

    @property
    def name(self) -> str:
        """The physical id, of an ARN its last part: the rest holds the account's id."""
        if not self.physical_id.startswith("arn:"):
            return self.physical_id
        return self.physical_id.split(":", 5)[-1].rsplit("/", 1)[-1]


def find_stack(account: Account, name: str) -> Stack | None:
    """The stack of this name or id; None where there is none."""
    with asking(account.region, account.profile):
        try:
            answer = account.client("cloudformation").describe_stacks(StackName=name)
        except ClientError as error:
            if code_of(error) == "ValidationError" and "does not exist" in message_of(error):
                return None
            raise
    return _stack(answer["Stacks"][0])


def our_stacks(account: Account) -> list[Stack]:
    """Every stack of the region that was made from our template."""
    with asking(account.region, account.profile):
        pages = account.client("cloudformation").get_paginator("describe_stacks").paginate()
        found = [_stack(data) for page in pages for data in page["Stacks"]]
    return sorted((stack for stack in found if stack.is_ours), key=lambda stack: stack.name)


def need_stack(account: Account, name: str) -> Stack:
    """The stack of this name. NotFoundError says which there are, and how to look elsewhere."""
    stack = find_stack(account, name)
    if stack is not None:
        return stack
    names = ", ".join(stack.name for stack in our_stacks(account)) or "none"
    raise NotFoundError(
        f"no stack '{name}' in {account.region} of this account; of ours there are here: {names}. "
        f"Another region: --region NAME, another account: --profile NAME; to look: aws "
        f"cloudformation describe-stacks --stack-name {name} --region NAME. To make it: "
        f"geoschem-bench stack up {name}"
    )


def unprotect_command(name: str, region: str) -> str:
    """What takes the termination protection off."""
    return ("aws cloudformation update-termination-protection --no-enable-termination-protection "
            f"--stack-name {name} --region {region}")  # fmt: skip


def resources_of(account: Account, name: str) -> list[Resource]:
    """The parts of a stack, of a deleted one by its id."""
    with asking(account.region, account.profile):
        paginator = account.client("cloudformation").get_paginator("list_stack_resources")
        return [
            _resource(data)
            for page in paginator.paginate(StackName=name)
            for data in page["StackResourceSummaries"]
        ]


def _stack(data: dict[str, Any]) -> Stack:
    return Stack(
        name=data["StackName"],
        stack_id=data["StackId"],
        status=data["StackStatus"],
        reason=data.get("StackStatusReason", ""),
        outputs={o["OutputKey"]: o["OutputValue"] for o in data.get("Outputs", [])},
        parameters={
            p["ParameterKey"]: p.get("ParameterValue", "") for p in data.get("Parameters", [])
        },
        tags={tag["Key"]: tag["Value"] for tag in data.get("Tags", [])},
        is_protected=bool(data.get("EnableTerminationProtection", False)),
    )


def _resource(data: dict[str, Any]) -> Resource:
    return Resource(
        logical_id=data["LogicalResourceId"],
        physical_id=data.get("PhysicalResourceId", ""),
        kind=data["ResourceType"],
        status=data["ResourceStatus"],
        reason=data.get("ResourceStatusReason", ""),
    )
