"""Names that the stack needs and that somebody else has: found before anything is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import asking, code_of
from geoschem_bench.aws.stack.template import Template
from geoschem_bench.aws.stack.wishes import MULTINODE, ON_DEMAND, SPOT
from geoschem_bench.planning.placement import DEFAULT_ENVIRONMENTS

REPOSITORY = "geos-chem"
LOG_GROUPS = "/geoschem-bench/"
"""Ours begin with it."""
_AT_ONCE = 100
_ABSENT = (
    "ResourceNotFoundException",
    "RepositoryNotFoundException",
    "404",
    "NoSuchBucket",
    "NotFound",
)


@dataclass(frozen=True)
class Taken:
    """A name that is in use, outside of this stack."""

    kind: str
    name: str
    keeps_data: bool
    """The template retains it: an earlier stack may have left it, and this one can adopt it."""

    def cure(self, region: str) -> str:
        """The command that gets it out of the way; empty where there is more to decide."""
        command = {
            "image repository": f"aws ecr delete-repository --repository-name {self.name} --force",
            "log group": f"aws logs delete-log-group --log-group-name {self.name}",
        }.get(self.kind, "")
        return command and f"{command} --region {region}"


def environment_names(values: Mapping[str, str]) -> list[str]:
    """The compute environments that a stack of these parameters has."""
    names = [f"{name}{spot}" for name in DEFAULT_ENVIRONMENTS.values() for spot in ("", "-spot")]
    for parameter, suffix in ((ON_DEMAND, ""), (SPOT, "-spot"), (MULTINODE, "")):
        types = [part.strip() for part in values.get(parameter, "").split(",") if part.strip()]
        names += [f"geos-chem-{name.replace('.', '-')}{suffix}" for name in types]
    return list(dict.fromkeys(names))


def taken_names(
    account: Account, template: Template, values: Mapping[str, str], own: set[str]
) -> list[Taken]:
    """Names in use that the stack would need.

    Args:
        account: Where it is to be.
        template: What is to be.
        values: Every parameter's value.
        own: Names of what the stack has already.
    """
    has_batch = template.makes("AWS::Batch::ComputeEnvironment")
    environments = environment_names(values) if has_batch else []
    with asking(account.region, account.profile):
        found = [*_environments(account, environments), *_queues(account, environments)]
        found += _kept(account, template, values)
    return [taken for taken in found if taken.name not in own]


def _environments(account: Account, names: list[str]) -> Iterator[Taken]:
    batch = account.client("batch")
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        answer = batch.describe_compute_environments(computeEnvironments=some)
        for item in answer["computeEnvironments"]:
            yield Taken("compute environment", item["computeEnvironmentName"], False)


def _queues(account: Account, environments: list[str]) -> Iterator[Taken]:
    batch, names = account.client("batch"), [f"{name}-queue" for name in environments]
    for start in range(0, len(names), _AT_ONCE):
        answer = batch.describe_job_queues(jobQueues=names[start : start + _AT_ONCE])
        for item in answer["jobQueues"]:
            yield Taken("job queue", item["jobQueueName"], False)


def _kept(account: Account, template: Template, values: Mapping[str, str]) -> Iterator[Taken]:
    repositories, tables = account.client("ecr"), account.client("dynamodb")
    groups, buckets = account.client("logs"), account.client("s3")
    table, bucket = values.get("TableName", ""), values.get("BucketName", "")
    has_images = template.makes("AWS::ECR::Repository")
    if has_images and _is_there(repositories.describe_repositories, repositoryNames=[REPOSITORY]):
        yield Taken("image repository", REPOSITORY, template.keeps("AWS::ECR::Repository"))
    if table and _is_there(tables.describe_table, TableName=table):
        yield Taken("table", table, template.keeps("AWS::DynamoDB::Table"))
    if bucket and _is_there(buckets.head_bucket, Bucket=bucket):
        yield Taken("bucket", bucket, template.keeps("AWS::S3::Bucket"))
    keeps_logs = template.keeps("AWS::Logs::LogGroup")
    for page in groups.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=LOG_GROUPS):
        names = [group["logGroupName"] for group in page["logGroups"]]
        yield from (
            Taken("log group", name, keeps_logs) for name in names if f'"{name}"' in template.body
        )


def _is_there(call: Callable[..., Any], **request: Any) -> bool:  # noqa: ANN401 - boto3's own
    try:
        call(**request)
    except ClientError as error:
        if code_of(error) in _ABSENT:
            return False
        if code_of(error) == "403":  # a bucket of another account: its name is taken, too
            return True
        raise
    return True


def refusal_of(taken: Sequence[Taken], region: str) -> str:
    """What is in the way, and the ways around it."""
    listed = "\n".join(f"  {each.kind} {each.name}" for each in taken)
    lines = [f"names that the stack needs are taken in {region}:\n{listed}"]
    rest = [each for each in taken if not each.keeps_data]
    if len(rest) < len(taken):
        lines.append(
            "left by an earlier stack, or another's: take the data over (--adopt-data), name "
            "others (--set TableName=…, --set BucketName=…), or delete them"
        )
    if cures := [each.cure(region) for each in rest if each.cure(region)]:
        listed = "\n".join(f"  {cure}" for cure in cures)
        lines.append(f"no stack can adopt these; delete what nobody needs:\n{listed}")
    if any(not each.cure(region) for each in rest):
        lines.append(
            "an earlier installation: work with what is there (geoschem-bench stack connect "
            "--use-existing --queue … --job-definition … --bucket …), remove it, or use another "
            "--region"
        )
    return "\n".join(lines)
