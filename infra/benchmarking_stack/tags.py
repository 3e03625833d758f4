"""Tags on everything that can have them: whose it is, and until when."""

from __future__ import annotations

from aws_cdk import Fn, Stack, Tags

from infra.benchmarking_stack.names import PROJECT


def all_tags() -> dict[str, str]:
    """Key → value (tokens)."""
    return {"project": PROJECT, "owner": Fn.ref("Owner"), "expires": Fn.ref("ExpiresOn")}


def put_on(stack: Stack) -> None:
    """Tag every resource of the stack; what CDK cannot tag does it by `all_tags`."""
    for key, value in all_tags().items():
        # The stack's own tags may not hold parameters
        Tags.of(stack).add(key, value, exclude_resource_types=["aws:cdk:stack"])
