"""Taking a stack away: what it will be, said before it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch import FINISHED, BatchJobs, Job
from geoschem_bench.aws.batch_resources import environments_named
from geoschem_bench.aws.refusals import asking, message_of
from geoschem_bench.aws.stack.reading import Resource, Stack, need_stack, resources_of
from geoschem_bench.errors import StackError

JOB_PREFIX = "gsb-"
"""Names of this program's jobs begin with it."""
_DATA = {
    "AWS::S3::Bucket": "bucket",
    "AWS::DynamoDB::Table": "table",
    "AWS::ECR::Repository": "image repository",
    "AWS::Logs::LogGroup": "log group",
}
_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")


@dataclass(frozen=True)
class Kept:
    """Data that the template keeps when the stack goes."""

    kind: str
    name: str


@dataclass(frozen=True)
class Removal:
    """All that removing a stack means."""

    stack: Stack
    jobs: tuple[Job, ...]
    """Ours, and alive."""
    foreign: tuple[Job, ...]
    """In its queues, alive, and not ours: they die with the queue."""
    environments: tuple[str, ...]
    resources: tuple[Resource, ...]
    """That go with the stack."""
    kept: tuple[Kept, ...]


def plan_removal(account: Account, name: str) -> Removal:
    """Everything that would be done. Changes nothing.

    Raises:
        NotFoundError: there is no such stack.
        StackError: it is not ours, or AWS works on it now.
    """
    stack = need_stack(account, name)
    parts = [item for item in resources_of(account, stack.stack_id) if item.status not in _GONE]
    if not stack.is_ours and not any(item.kind.startswith("AWS::Batch::") for item in parts):
        raise StackError(
            f"stack {name} is not of this program: it has neither our outputs nor our tag, and no "
            f"part of AWS Batch. To remove it all the same: aws cloudformation delete-stack "
            f"--stack-name {name} --region {account.region}"
        )
    if stack.is_moving:
        raise StackError(
            f"stack {name} is {stack.status}: AWS works on it. Wait, then try again: aws "
            f"cloudformation describe-stacks --stack-name {name} --region {account.region}"
        )
    policies = _kept_ids(account, stack)
    kept = [item for item in parts if item.logical_id in policies and item.kind in _DATA]
    jobs = _living_jobs(account, _names(parts, "AWS::Batch::JobQueue"))
    return Removal(
        stack=stack,
        jobs=tuple(job for job in jobs if job.name.startswith(JOB_PREFIX)),
        foreign=tuple(job for job in jobs if not job.name.startswith(JOB_PREFIX)),
        environments=tuple(_names(parts, "AWS::Batch::ComputeEnvironment")),
        resources=tuple(item for item in parts if item not in kept and item.physical_id),
        kept=tuple(Kept(_DATA[item.kind], item.physical_id) for item in kept),
    )


def terminate_jobs(account: Account, removal: Removal) -> int:
    """End our jobs. How many that were."""
    return _jobs(account).terminate(removal.jobs, "geoschem-bench stack down")


def scale_to_zero(account: Account, removal: Removal) -> Iterator[str]:
    """No instance stays: what became of each environment that is there, as it is done."""
    batch = account.client("batch")
    with asking(account.region, account.profile):
        found = environments_named(batch, removal.environments)
    for name, environment in found.items():
        if environment.status in ("DELETING", "DELETED"):
            continue
        try:
            batch.update_compute_environment(
                computeEnvironment=name, state="DISABLED", computeResources={"minvCpus": 0}
            )
        except ClientError as error:  # one that is broken goes with the stack all the same
            yield f"{name}: left as it is, {message_of(error)}"
        else:
            yield f"{name}: DISABLED, at least 0 vCPUs"


def _living_jobs(account: Account, queues: Sequence[str]) -> list[Job]:
    with asking(account.region, account.profile):
        found = _jobs(account).named(queues, "")
    return [job for job in found if job.status not in FINISHED]


def _jobs(account: Account) -> BatchJobs:
    return BatchJobs(account.client("batch"), account.client("logs"))


def _names(parts: Sequence[Resource], kind: str) -> list[str]:
    return [item.name for item in parts if item.kind == kind and item.physical_id]


def _kept_ids(account: Account, stack: Stack) -> set[str]:
    """Logical ids that the template keeps when the stack is deleted."""
    with asking(account.region, account.profile):
        body: Any = account.client("cloudformation").get_template(
            StackName=stack.stack_id, TemplateStage="Original"
        )["TemplateBody"]
    try:
        template: Mapping[str, Any] = json.loads(body) if isinstance(body, str) else body
    except ValueError as error:
        raise StackError(f"the template of stack {stack.name} is no JSON, so what it keeps is not "
                         "known; delete the stack in the console") from error  # fmt: skip
    return {
        name
        for name, item in template.get("Resources", {}).items()
        if isinstance(item, Mapping) and str(item.get("DeletionPolicy", "")).startswith("Retain")
    }
