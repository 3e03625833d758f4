"""Roles of those who run jobs: the job, the agent that starts it, the instance."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Fn, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from infra.benchmarking_stack.roles import (
    Statement,
    allow,
    own_tasks,
    owned,
    read_input,
    role,
    service,
)
from infra.benchmarking_stack.storage import RUNS, Storage

IMAGE_LAYERS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)


@dataclass(frozen=True)
class JobRoles:
    """Tokens of ARNs."""

    job: str
    execution: str
    instance_profile: str


def build(
    stack: Stack, storage: Storage, repository: ecr.CfnRepository, log: logs.CfnLogGroup
) -> JobRoles:
    """The three roles."""
    job = role(stack, "JobRole", own_tasks(), _job(storage))
    execution = role(stack, "ExecutionRole", own_tasks(), _execution(repository, log))
    instance = role(stack, "InstanceRole", service("ec2.amazonaws.com"), _instance())
    profile = iam.CfnInstanceProfile(stack, "InstanceProfile", roles=[instance.ref])
    return JobRoles(job.attr_arn, execution.attr_arn, profile.attr_arn)


def _job(storage: Storage) -> list[Statement]:
    """What the benchmark program itself may do."""
    runs = Fn.sub(f"${{Bucket.Arn}}/{RUNS}*")
    own = ("s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload")
    only_runs = {"StringLike": {"s3:prefix": f"{RUNS}*"}}
    return [
        allow("Results", own, runs),
        allow("ListResults", ["s3:ListBucket"], storage.bucket_arn, Condition=only_runs),
        read_input(),
    ]


def _execution(repository: ecr.CfnRepository, log: logs.CfnLogGroup) -> list[Statement]:
    """What ECS does for a job: pull its image, write its log."""
    return [
        allow("Registry", ["ecr:GetAuthorizationToken"], "*"),
        allow("Image", IMAGE_LAYERS, repository.attr_arn),
        allow(
            "Log",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            log.attr_arn,
        ),
    ]


def _instance() -> list[Statement]:
    """What the ECS agent does; AWS Batch makes the cluster and its name."""
    cluster, container = owned("ecs", "cluster/*"), owned("ecs", "container-instance/*")
    actions = (
        "ecs:DeregisterContainerInstance",
        "ecs:Poll",
        "ecs:RegisterContainerInstance",
        "ecs:StartTelemetrySession",
        "ecs:SubmitAttachmentStateChanges",
        "ecs:SubmitContainerStateChange",
        "ecs:SubmitTaskStateChange",
        "ecs:UpdateContainerInstancesState",
    )
    registering = {"StringEquals": {"ecs:CreateAction": "RegisterContainerInstance"}}
    return [
        allow("Endpoint", ["ecs:DiscoverPollEndpoint", "ec2:DescribeTags"], "*"),
        allow("Agent", actions, cluster, container),
        allow("Tags", ["ecs:TagResource"], cluster, container, Condition=registering),
    ]
