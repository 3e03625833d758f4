"""Tags on everything that can have them: whose it is, and until when."""

from __future__ import annotations

from aws_cdk import Fn, Stack, Tags

from infra.benchmarking_stack.names import PROJECT

FIXED = ("AWS::Batch::ComputeEnvironment", "AWS::EC2::PlacementGroup")
"""Types whose tags cannot be changed: another owner would be another environment, and its name is
taken. They have the tag that never changes; what they start has all (see the launch templates)."""
# The stack's own tags may not hold parameters
_NOT_THE_STACK = "aws:cdk:stack"


def all_tags() -> dict[str, str]:
    """Key → value (tokens)."""
    return {"project": PROJECT, "owner": Fn.ref("Owner"), "expires": Fn.ref("ExpiresOn")}


def put_on(stack: Stack) -> None:
    """Tag every resource of the stack; what CDK cannot tag does it by `all_tags`."""
    for key, value in all_tags().items():
        without = [_NOT_THE_STACK] if key == "project" else [_NOT_THE_STACK, *FIXED]
        Tags.of(stack).add(key, value, exclude_resource_types=without)
