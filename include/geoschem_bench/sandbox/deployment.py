"""The stack in the sandbox: bucket, table, environments, queues and job definitions."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from geoschem_bench.planning.placement import DEFAULT_ENVIRONMENTS, DEFAULT_INSTANCES
from geoschem_bench.sandbox import settings
from geoschem_bench.sandbox.credentials import Credentials
from geoschem_bench.sandbox.definitions import JOB_DEFINITIONS, TABLE_DEFINITION

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_DEFAULT_TYPES = {
    environment: DEFAULT_INSTANCES[architecture]
    for architecture, environment in DEFAULT_ENVIRONMENTS.items()
}
_QUEUE = re.compile(r"geos-chem-(?P<type>.+?)(?P<spot>-spot)?-queue")
_TYPE = re.compile(r"(u-[^-]+|[^-]+)-(.+)")
"""`c7g-metal-48xl`: the family ends at the first dash, except in `u-6tb1-metal`."""
_MOST_VCPUS = 4096
"""More than any instance type has, so that every suite can be tried."""


def deploy(
    endpoint: str,
    region: str,
    queues: Collection[str] = (),
    *,
    credentials: Credentials,
    bucket: str = settings.DEFAULT_BUCKET,
) -> None:
    """Makes everything that is missing; what is there already is left as it is.

    Args:
        endpoint: URL of the sandbox.
        region: The region that the sandbox stands for.
        queues: Queues wanted besides the established ones. A queue named
            `geos-chem-<type, dot as dash>[-spot]-queue` gets an environment of this type.
        credentials: The sandbox's key.
        bucket: The name of the bucket.
    """
    import boto3  # a quarter of a second, which only those who deploy shall pay
    from botocore.config import Config

    options: dict[str, Any] = {
        "endpoint_url": endpoint,
        "region_name": region,
        "aws_access_key_id": credentials.access_key,
        "aws_secret_access_key": credentials.secret_key,
        "config": Config(proxies={}),  # a proxy for the outside must not see loopback
    }
    with (
        closing(boto3.client("s3", **options)) as s3,
        closing(boto3.client("dynamodb", **options)) as dynamodb,
        closing(boto3.client("batch", **options)) as batch,
    ):
        _create_bucket(s3, bucket, region)
        _create_table(dynamodb)
        _create_queues(batch, [*settings.DEFAULT_QUEUES, *queues])
        for definition in JOB_DEFINITIONS:
            _register(batch, definition)


def _create_bucket(s3: S3Client, bucket: str, region: str) -> None:
    if bucket in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        return
    if region == "us-east-1":  # the one region that must not be named
        s3.create_bucket(Bucket=bucket)
        return
    constraint: Any = {"LocationConstraint": region}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=constraint)


def _create_table(dynamodb: DynamoDBClient) -> None:
    if settings.TABLE not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(**TABLE_DEFINITION)


def _create_queues(batch: BatchClient, queues: Collection[str]) -> None:
    environments = batch.describe_compute_environments()["computeEnvironments"]
    known = {each["computeEnvironmentName"] for each in environments}
    present = {each["jobQueueName"] for each in batch.describe_job_queues()["jobQueues"]}
    for queue in dict.fromkeys(queues):
        environment = queue.removesuffix("-queue")
        if environment not in known:
            batch.create_compute_environment(**_environment(queue, environment))
        if queue not in present:
            order: Any = [{"order": 1, "computeEnvironment": environment}]
            batch.create_job_queue(
                jobQueueName=queue, priority=1, state="ENABLED", computeEnvironmentOrder=order
            )


def _environment(queue: str, name: str) -> dict[str, Any]:
    found = _QUEUE.fullmatch(queue)
    is_spot = bool(found and found["spot"])
    return {
        "computeEnvironmentName": name,
        "type": "MANAGED",
        "state": "ENABLED",
        "computeResources": {
            "type": "SPOT" if is_spot else "EC2",
            "allocationStrategy": (
                "SPOT_CAPACITY_OPTIMIZED" if is_spot else "BEST_FIT_PROGRESSIVE"
            ),
            "minvCpus": 0,
            "maxvCpus": _MOST_VCPUS,
            "instanceTypes": [_instance_type(name, found["type"] if found else "")],
            "subnets": ["subnet-sandbox"],
            "securityGroupIds": ["sg-sandbox"],
            "instanceRole": "geos-chem-sandbox",
        },
    }


def _instance_type(environment: str, dashed: str) -> str:
    default = _DEFAULT_TYPES.get(environment.removesuffix("-spot"))
    found = _TYPE.fullmatch(dashed)
    # A name that tells no type: let Batch choose.
    return default or (f"{found[1]}.{found[2]}" if found else "optimal")


def _register(batch: BatchClient, wanted: Mapping[str, Any]) -> None:
    """Registers a definition unless its latest revision already says the same."""
    name = wanted["jobDefinitionName"]
    answer = batch.describe_job_definitions(jobDefinitionName=name, status="ACTIVE")
    revisions = sorted(answer["jobDefinitions"], key=lambda each: each["revision"])
    if not revisions or not _says(revisions[-1], wanted):
        batch.register_job_definition(**wanted)


def _says(actual: Any, wanted: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether `actual` holds all of `wanted`; AWS adds defaults to what it was given."""
    if isinstance(wanted, Mapping):
        return all(key in actual and _says(actual[key], value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return len(actual) == len(wanted) and all(map(_says, actual, wanted))
    return bool(actual == wanted)
