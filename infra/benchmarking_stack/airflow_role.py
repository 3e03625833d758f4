"""The role of Airflow, and of whoever runs benchmarks and reads results.

`stack doctor` looks at more than that: it is for who deploys.
"""

from __future__ import annotations

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_logs as logs

from infra.benchmarking_stack.names import JOB_DEFINITION, PREFIX, arn
from infra.benchmarking_stack.roles import Statement, allow, role, this_account
from infra.benchmarking_stack.storage import Storage


def build(
    stack: Stack,
    storage: Storage,
    repository: ecr.CfnRepository,
    log: logs.CfnLogGroup,
    topic: str,
) -> str:
    """The role; its ARN."""
    statements = [
        *_jobs(),
        *_results(storage),
        *_looks(repository, log),
        allow("Notify", ["sns:Publish"], topic),
    ]
    return role(stack, "AirflowRole", this_account(), statements).attr_arn


def _jobs() -> list[Statement]:
    jobs = arn("batch", "job/*")  # a job's id is not known before
    return [
        allow(
            "Submit",
            ["batch:SubmitJob"],
            arn("batch", f"job-definition/{JOB_DEFINITION}*"),
            arn("batch", f"job-queue/{PREFIX}*"),
        ),
        allow("Stop", ["batch:CancelJob", "batch:TagResource", "batch:TerminateJob"], jobs),
    ]


def _results(storage: Storage) -> list[Statement]:
    objects = Fn.sub("${Bucket.Arn}/*")
    indexes = Fn.sub("${Table.Arn}/index/*")
    return [
        allow("Objects", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], objects),
        allow("Bucket", ["s3:GetBucketLocation", "s3:ListBucket"], storage.bucket_arn),
        allow(
            "Table",
            ["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
            storage.table_arn,
            indexes,
        ),
    ]


def _looks(repository: ecr.CfnRepository, log: logs.CfnLogGroup) -> list[Statement]:
    image = ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:DescribeRepositories"]
    stack = ["cloudformation:DescribeStackResources", "cloudformation:DescribeStacks"]
    return [
        allow("Logs", ["logs:FilterLogEvents", "logs:GetLogEvents"], log.attr_arn),
        allow("Image", image, repository.attr_arn),
        allow("Stack", stack, Aws.STACK_ID),
        # None of these can be limited to a resource
        allow("Look", LOOKS, "*"),
    ]


LOOKS = (
    "batch:DescribeComputeEnvironments",
    "batch:DescribeJobDefinitions",
    "batch:DescribeJobQueues",
    "batch:DescribeJobs",
    "batch:ListJobs",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeRegions",
    "ec2:DescribeSpotPriceHistory",
    "pricing:GetProducts",
)
"""Reading calls, for planning and prices."""
