"""The stack in the sandbox, deployed from the template that is deployed on AWS."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox import settings
from geoschem_bench.sandbox.credentials import Credentials
from geoschem_bench.sandbox.files import read_json
from geoschem_bench.sandbox.settings import Folders
from geoschem_bench.wiring.settings import DEFAULT_REGION

if TYPE_CHECKING:
    from boto3.session import Session
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
_FILES = ("config_file", "credentials_file")
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_HALF_MADE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
"""States that a stack only leaves by being deleted. What data it made stays."""
_CANNOT_GO = (
    f"{STACK} of the sandbox is half made, and cannot be deleted to be made anew: {{why}}. Remove "
    "what stands in its way, or give up all that the sandbox stores: geoschem-bench sandbox down, "
    "and delete the folder sandbox of its state (rm -rf .geoschem-bench/sandbox)"
)


def deploy(
    endpoint: str,
    region: str,
    queues: Collection[str] = (),
    *,
    credentials: Credentials,
    bucket: str = settings.DEFAULT_BUCKET,
) -> None:
    """Creates or updates the stack.

    Args:
        endpoint: URL of the sandbox.
        region: What it stands for.
        queues: Queues wanted besides the established ones. A queue named
            `geos-chem-<type, dot as dash>[-spot]-queue` gets an environment of this type, as do
            earlier ones; any other name gets one of all types.
        credentials: The sandbox's key.
        bucket: Its name.

    Raises:
        SandboxError: the template is missing, or cannot be deployed.
    """
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    types, others = _sorted_out(queues)
    # A proxy for the outside must not see loopback; a first deployment takes its time
    config = Config(proxies={}, read_timeout=120, retries={"max_attempts": 0})
    options: dict[str, Any] = {"endpoint_url": endpoint, "region_name": region, "config": config}
    try:
        session = _session(credentials)
        with closing(session.client("cloudformation", **options)) as cloudformation:
            outputs = _deploy_stack(cloudformation, types, bucket)
        if others:
            with closing(session.client("batch", **options)) as batch:
                _create_queues(batch, others, outputs)
    except (ClientError, BotoCoreError) as error:
        raise SandboxError(f"{TEMPLATE} cannot be deployed in the sandbox: {error}") from error


def is_deployed(
    folders: Folders, queues: Collection[str] = (), *, region: str = DEFAULT_REGION
) -> bool:
    """Whether the stack that the sandbox keeps is what `deploy` would make it: it asks nobody."""
    types, others = _sorted_out(queues)
    try:
        kept = read_json(folders.root / "stacks" / f"{STACK}.json")
        given, status, template = kept["parameters"], kept["status"], kept["template"]
    except (FileNotFoundError, ValueError, LookupError, TypeError):  # the server says what is wrong
        return False
    wanted = _parameters(given, types, settings.DEFAULT_BUCKET)
    # A file without a region is of an older sandbox, which may have made the stack elsewhere
    is_here = kept.get("region") == region
    is_current = is_here and status in _GOOD and given == {**given, **wanted}
    return not others and is_current and template == _template()


def _session(credentials: Credentials) -> Session:
    """One that looks into nobody's files: they are for AWS, and their profile may be none."""
    import boto3  # a quarter of a second, which only those who deploy shall pay
    import botocore.session

    own = botocore.session.Session()
    for name, value in (("profile", None), *((it, os.devnull) for it in _FILES)):
        own.get_component("config_store").set_config_variable(name, value)
    own.set_credentials(credentials.access_key, credentials.secret_key)
    return boto3.session.Session(botocore_session=own)


def _sorted_out(queues: Collection[str]) -> tuple[list[tuple[str, bool]], list[str]]:
    """Instance types that queues are named after, and queues of other names."""
    types = {queue: _type_of(queue) for queue in queues if queue not in settings.DEFAULT_QUEUES}
    others = [queue for queue, kind in types.items() if kind is None]
    return [kind for kind in types.values() if kind], others


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
        if present is not None:
            raise SandboxError(_CANNOT_GO.format(why=_failures(client)))
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
    # Another text may well mean the same
    if client.describe_change_set(ChangeSetName=made["Id"])["Status"] != "FAILED":
        client.execute_change_set(ChangeSetName=made["Id"], StackName=STACK)
    client.delete_change_set(ChangeSetName=made["Id"], StackName=STACK)


def _check(client: CloudFormationClient, present: Any) -> None:  # noqa: ANN401 - boto3's own
    if present is not None and present["StackStatus"] in _GOOD:
        return
    raise SandboxError(
        f"{TEMPLATE} cannot be deployed in the sandbox: {present and present['StackStatus']}; "
        f"{_failures(client)}"
    )


def _failures(client: CloudFormationClient) -> str:
    events = client.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = {  # the last of each resource
        each["LogicalResourceId"]: each.get("ResourceStatusReason")
        for each in reversed(events)
        if each["ResourceStatus"].endswith("_FAILED") and each["LogicalResourceId"] != STACK
    }
    return "; ".join(f"{name}: {why}" for name, why in failed.items()) or "no resource says why"


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
