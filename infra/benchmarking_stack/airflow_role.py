"""The role of Airflow, and of whoever runs benchmarks and reads results.

`stack doctor` looks at more than that: it is for who deploys.
"""

from __future__ import annotations

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_logs as logs

from infra.benchmarking_stack.names import JOB_DEFINITION, PREFIX, PROJECT
from infra.benchmarking_stack.roles import Statement, allow, owned, read_input, role, this_account
from infra.benchmarking_stack.storage import RUNS, Storage


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
    jobs = owned("batch", "job/*")  # a job's id is not known before
    return [
        allow(
            "Submit",
            ["batch:GetJobQueueSnapshot", "batch:SubmitJob"],
            owned("batch", f"job-definition/{JOB_DEFINITION}*"),
            owned("batch", f"job-queue/{PREFIX}*"),
            jobs,
        ),
        allow("Stop", ["batch:TagResource", "batch:TerminateJob"], jobs),
        _warm(),
    ]


def _warm() -> Statement:
    """Suites that `keep_warm` raise an environment's minimum, and note in its tags who wants it."""
    return allow(
        "Warm",
        ["batch:TagResource", "batch:UntagResource", "batch:UpdateComputeEnvironment"],
        owned("batch", f"compute-environment/{PREFIX}*"),
        Condition={"ForAllValues:StringLike": {"aws:TagKeys": f"{PROJECT}-*"}},
    )


def _results(storage: Storage) -> list[Statement]:
    objects = Fn.sub("${Bucket.Arn}/*")
    # What `geoschem-bench clean` deletes when it is old, and nothing else
    erased = (Fn.sub(f"${{Bucket.Arn}}/{RUNS}*"), Fn.sub(f"${{Bucket.Arn}}/reports/{RUNS}*"))
    indexes = Fn.sub("${Table.Arn}/index/*")
    return [
        allow("Objects", ["s3:GetObject", "s3:PutObject"], objects),
        allow("Clean", ["s3:DeleteObject"], *erased),
        allow("Bucket", ["s3:ListBucket"], storage.bucket_arn),
        allow(
            "Table",
            [
                "dynamodb:DeleteItem",
                "dynamodb:DescribeTable",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
            ],
            storage.table_arn,
            indexes,
        ),
    ]


def _looks(repository: ecr.CfnRepository, log: logs.CfnLogGroup) -> list[Statement]:
    image = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [
        read_input(),
        allow("Logs", ["logs:GetLogEvents"], log.attr_arn),
        allow("Image", image, repository.attr_arn),
        allow("Stack", ["cloudformation:DescribeStacks"], Aws.STACK_ID),
        # Only a quota has a resource, and knowing one harms nobody
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
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcEndpoints",
    "pricing:GetProducts",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
)
"""Reading calls: for planning and prices, for gates, and for why a job waits."""
