"""The stack in the sandbox, deployed from the template that is deployed on AWS."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox import settings
from geoschem_bench.sandbox.credentials import Credentials

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_cloudformation import CloudFormationClient

STACK = "BenchmarkingStack"
TEMPLATE = Path(__file__).resolve().parents[3] / "infra" / f"{STACK}.template.json"
MOST_VCPUS = 4096
"""More than any instance type has, so that every suite can be tried."""
_QUEUE = re.compile(r"geos-chem-(?P<type>.+?)(?P<spot>-spot)?-queue")
_TYPE = re.compile(r"(u-[^-]+|[^-]+)-(.+)")
"""`c7g-metal-48xl`: the family ends at the first dash, except in `u-6tb1-metal`."""
_LISTS = ("CampaignInstanceTypes", "CampaignSpotInstanceTypes")
_CAPABILITIES: Any = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_HALF_MADE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
"""States that a stack only leaves by being deleted. What data it made stays."""


def deploy(
    endpoint: str,
    region: str,
    queues: Collection[str] = (),
    *,
    credentials: Credentials,
    bucket: str = settings.DEFAULT_BUCKET,
) -> None:
    """Creates or updates the stack; where nothing changes, one question is all that is asked.

    Args:
        endpoint: URL of the sandbox.
        region: The region that the sandbox stands for.
        queues: Queues wanted besides the established ones. A queue named
            `geos-chem-<type, dot as dash>[-spot]-queue` gets an environment of this type, as do
            those that were wanted before; any other name gets one of all types.
        credentials: The sandbox's key.
        bucket: The name of the bucket.

    Raises:
        SandboxError: the template is missing, or cannot be deployed.
    """
    import boto3  # a quarter of a second, which only those who deploy shall pay
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    options: dict[str, Any] = {
        "endpoint_url": endpoint,
        "region_name": region,
        "aws_access_key_id": credentials.access_key,
        "aws_secret_access_key": credentials.secret_key,
        # A proxy for the outside must not see loopback; a first deployment takes its time
        "config": Config(proxies={}, read_timeout=120, retries={"max_attempts": 0}),
    }
    types = {queue: _type_of(queue) for queue in queues if queue not in settings.DEFAULT_QUEUES}
    others = [queue for queue, kind in types.items() if kind is None]
    try:
        with closing(boto3.client("cloudformation", **options)) as cloudformation:
            outputs = _deploy_stack(cloudformation, [t for t in types.values() if t], bucket)
        if others:
            with closing(boto3.client("batch", **options)) as batch:
                _create_queues(batch, others, outputs)
    except (ClientError, BotoCoreError) as error:
        raise SandboxError(f"{TEMPLATE} cannot be deployed in the sandbox: {error}") from error


def _type_of(queue: str) -> tuple[str, bool] | None:
    """Instance type and whether it is spot, where the queue's name says so."""
    named = _QUEUE.fullmatch(queue)
    found = _TYPE.fullmatch(named["type"]) if named else None
    return (f"{found[1]}.{found[2]}", bool(named and named["spot"])) if found else None


def _deploy_stack(
    client: CloudFormationClient, types: list[tuple[str, bool]], bucket: str
) -> dict[str, str]:
    """Brings the stack up to date; its outputs."""
    text = _template()
    present = _present(client)
    if present is not None and present["StackStatus"] in _HALF_MADE:
        client.delete_stack(StackName=STACK)
        present = _present(client)
    given = {
        each["ParameterKey"]: each["ParameterValue"]
        for each in (present or {}).get("Parameters", [])
    }
    wanted = _parameters(given, types, bucket)
    is_current = (
        present is not None
        and present["StackStatus"] in _GOOD
        and all(given.get(name) == value for name, value in wanted.items())
        and _deployed(client) == json.loads(text)
    )
    if not is_current:
        _change(client, text, wanted, is_new=present is None)
        present = _present(client)
        _check(client, present)
    return {each["OutputKey"]: each["OutputValue"] for each in (present or {}).get("Outputs", [])}


def _deployed(client: CloudFormationClient) -> Any:  # noqa: ANN401 - a document
    """The template of the stack; boto3 reads JSON for us."""
    return client.get_template(StackName=STACK)["TemplateBody"]


def _template() -> str:
    """The text as `aws cloudformation deploy` would send it."""
    try:
        return TEMPLATE.read_text()
    except FileNotFoundError as error:
        raise SandboxError(
            f"{TEMPLATE} is missing: the sandbox deploys this file; it is part of the repository, "
            "so get it back (git checkout), or make it anew (python -m infra.app)"
        ) from error


def _present(client: CloudFormationClient) -> Any:  # noqa: ANN401 - boto3's own, or nothing
    found = [each for each in client.describe_stacks()["Stacks"] if each["StackName"] == STACK]
    is_made = bool(found) and found[0]["StackStatus"] != "REVIEW_IN_PROGRESS"
    return found[0] if is_made else None


def _parameters(
    given: dict[str, str], types: list[tuple[str, bool]], bucket: str
) -> dict[str, str]:
    lists = {}
    for name, is_spot in zip(_LISTS, (False, True), strict=True):
        before = [kind for kind in given.get(name, "").split(",") if kind]
        added = [kind for kind, spot in types if spot is is_spot]
        lists[name] = ",".join(sorted({*before, *added}))
    return {
        "BucketName": bucket,
        "TableName": settings.TABLE,
        "Platform": "sandbox",
        "StandIn": "proxy",
        "ImageUri": "geos-chem:latest",
        "Owner": "sandbox",
        "MaxvCpus": str(MOST_VCPUS),
        **lists,
    }


def _change(
    client: CloudFormationClient, text: str, wanted: dict[str, str], *, is_new: bool
) -> None:
    """By a change set, because only those take over what is there already.

    An older sandbox made bucket, table and queues itself; they go on as parts of the stack.
    """
    name = f"sandbox-{uuid.uuid4()}"
    made = client.create_change_set(
        StackName=STACK,
        ChangeSetName=name,
        ChangeSetType="CREATE" if is_new else "UPDATE",
        TemplateBody=text,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in wanted.items()
        ],
        Capabilities=_CAPABILITIES,
        ImportExistingResources=True,
    )
    client.execute_change_set(ChangeSetName=made["Id"], StackName=STACK)
    client.delete_change_set(ChangeSetName=made["Id"], StackName=STACK)


def _check(client: CloudFormationClient, present: Any) -> None:  # noqa: ANN401 - boto3's own
    if present is not None and present["StackStatus"] in _GOOD:
        return
    events = client.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [
        f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason')}"
        for each in events
        if each["ResourceStatus"].endswith("_FAILED") and each["LogicalResourceId"] != STACK
    ]
    raise SandboxError(
        f"{TEMPLATE} cannot be deployed in the sandbox: {present and present['StackStatus']}; "
        f"{'; '.join(failed) or 'no resource says why'}"
    )


def _create_queues(batch: BatchClient, queues: list[str], outputs: dict[str, str]) -> None:
    """Queues whose names tell no type: Batch may choose any."""
    environments = batch.describe_compute_environments()["computeEnvironments"]
    known = {each["computeEnvironmentName"]: each for each in environments}
    present = {each["jobQueueName"] for each in batch.describe_job_queues()["jobQueues"]}
    network: Any = _network(outputs)
    for queue in queues:
        environment = queue.removesuffix("-queue")
        if environment not in known:
            batch.create_compute_environment(**_environment(environment, network))
        elif known[environment]["computeResources"]["subnets"] != network["subnets"]:
            # Made in the network of a stack that was deleted since, or by an older sandbox
            batch.update_compute_environment(
                computeEnvironment=environment, computeResources=network
            )
        if queue not in present:
            order: Any = [{"order": 1, "computeEnvironment": environment}]
            batch.create_job_queue(
                jobQueueName=queue, priority=1, state="ENABLED", computeEnvironmentOrder=order
            )


def _network(outputs: dict[str, str]) -> dict[str, list[str]]:
    groups = [outputs["SecurityGroupId"]]
    return {"subnets": outputs["SubnetIds"].split(","), "securityGroupIds": groups}


def _environment(name: str, network: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "computeEnvironmentName": name,
        "type": "MANAGED",
        "state": "ENABLED",
        "computeResources": {
            "type": "EC2",
            "allocationStrategy": "BEST_FIT_PROGRESSIVE",
            "minvCpus": 0,
            "maxvCpus": MOST_VCPUS,
            "instanceTypes": ["optimal"],
            "instanceRole": "geos-chem-sandbox",
            **network,
        },
    }
