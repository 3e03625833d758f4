"""Roles, one per actor, each with what it does and no more.

AWS Batch itself works through its service-linked role AWSServiceRoleForBatch, which AWS makes at
the first compute environment of an account.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_iam as iam

from infra.benchmarking_stack.names import INPUT_BUCKET

Statement = dict[str, Any]


def allow(sid: str, actions: Sequence[str], *resources: str, **more: Any) -> Statement:  # noqa: ANN401 - conditions
    """One statement. `more` holds its Condition."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources) if len(resources) > 1 else resources[0],
        **more,
    }


def read_input() -> Statement:
    """GEOS-Chem's public input data, which lie in another account."""
    bucket = f"arn:aws:s3:::{INPUT_BUCKET}"  # it is in this partition alone
    return allow("Input", ["s3:GetObject", "s3:ListBucket"], bucket, f"{bucket}/*")


def owned(service: str, resource: str) -> str:
    """Resources of this account and region in a policy, where a partition need not be named."""
    return Fn.sub(f"arn:*:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")


def role(
    stack: Stack, name: str, trusted: Statement, statements: Sequence[Statement]
) -> iam.CfnRole:
    """A role whose policy is part of it; CloudFormation names it, so two regions do not clash."""
    return iam.CfnRole(
        stack,
        name,
        assume_role_policy_document=document(trusted),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name=name.lower(), policy_document=document(*statements)
            )
        ],
    )


def document(*statements: Statement) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def service(name: str, condition: dict[str, Any] | None = None) -> Statement:
    """Trust in an AWS service."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": name},
        "Action": "sts:AssumeRole",
    }
    return trust | ({"Condition": condition} if condition else {})


def own_tasks() -> Statement:
    """Trust in ECS tasks of this account, and of no other on its behalf."""
    return service(
        "ecs-tasks.amazonaws.com", {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    )


def this_account() -> Statement:
    """Trust in whoever of this account may assume the role."""
    root = Fn.sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")
    return {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
