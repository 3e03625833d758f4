"""Taking a stack away: what it will be, said before it is done."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch import BatchJobs, Job
from geoschem_bench.aws.batch_resources import environments_named, queues_named
from geoschem_bench.aws.refusals import asking, code_of, message_of
from geoschem_bench.aws.stack.reading import (
    Resource,
    Stack,
    need_stack,
    resources_of,
    unprotect_command,
)
from geoschem_bench.aws.stack.template import is_retained
from geoschem_bench.errors import StackError

JOB_PREFIX = "gsb-"
"""Names of this program's jobs begin with it."""
_DATA = {
    "AWS::S3::Bucket": "bucket",
    "AWS::DynamoDB::Table": "table",
}
_MOST_SECONDS = 120
"""That AWS Batch takes to disable an environment; CloudFormation tries again after that."""


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
    given_up: tuple[Resource, ...]
    """That stay and are no data: retained, or skipped by an earlier deletion."""


def plan_removal(account: Account, name: str) -> Removal:
    """Everything that would be done. Changes nothing.

    Raises:
        NotFoundError: there is no such stack.
        StackError: it is not ours, it is protected, or AWS works on it now.
    """
    stack = need_stack(account, name)
    parts = [item for item in resources_of(account, stack.stack_id) if not item.is_gone]
    _check_may_go(account, stack, parts)
    retained = _kept_ids(account, stack)
    stay = [p for p in parts if p.logical_id in retained or p.status == "DELETE_SKIPPED"]
    go = [item for item in parts if item not in stay and item.physical_id]
    made = [item for item in stay if item.physical_id and item.status != "CREATE_FAILED"]
    jobs = _living_jobs(account, _names(go, "AWS::Batch::JobQueue"))
    return Removal(
        stack=stack,
        jobs=tuple(job for job in jobs if job.name.startswith(JOB_PREFIX)),
        foreign=tuple(job for job in jobs if not job.name.startswith(JOB_PREFIX)),
        environments=tuple(_names(go, "AWS::Batch::ComputeEnvironment")),
        resources=tuple(go),
        # never what it failed to make: a name that was taken may be of somebody else's data
        kept=tuple(Kept(_DATA[p.kind], p.physical_id) for p in made if p.kind in _DATA),
        given_up=tuple(item for item in made if item.kind not in _DATA),
    )


def _check_may_go(account: Account, stack: Stack, parts: Sequence[Resource]) -> None:
    name = stack.name
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
    if stack.is_protected:
        raise StackError(
            f"stack {name} is protected: AWS does not delete it, and nothing was touched. Take the "
            f"protection off, then try again: {unprotect_command(name, account.region)}"
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
        if environment.status not in ("DELETING", "DELETED"):
            with asking(account.region, account.profile):
                said = _disabled(batch, name)
            yield f"{name}: {said}"
    for name in _still_updating(account, removal.environments):
        yield f"{name}: still UPDATING after {_MOST_SECONDS} s"


def _disabled(batch: Any, name: str) -> str:  # noqa: ANN401 - boto3's own
    try:
        batch.update_compute_environment(
            computeEnvironment=name, state="DISABLED", computeResources={"minvCpus": 0}
        )
    except ClientError as error:  # one that is broken goes with the stack all the same
        if code_of(error) != "ClientException":
            raise
        return f"left as it is, {message_of(error)}"
    return "DISABLED, at least 0 vCPUs"


def _still_updating(account: Account, names: Sequence[str]) -> list[str]:
    """Those that AWS Batch still works on when we no longer wait: it deletes none of them."""
    deadline = time.monotonic() + _MOST_SECONDS
    while True:
        with asking(account.region, account.profile):
            found = environments_named(account.client("batch"), names)
        busy = [name for name, each in found.items() if each.status == "UPDATING"]
        if not busy or time.monotonic() > deadline:
            return busy
        time.sleep(0.2 if account.endpoint_url else 3.0)


def _living_jobs(account: Account, queues: Sequence[str]) -> list[Job]:
    with asking(account.region, account.profile):
        found = queues_named(account.client("batch"), queues)
        there = [name for name, queue in found.items() if queue.status != "DELETED"]
        return _jobs(account).living(there)


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
    return {name for name, item in template.get("Resources", {}).items() if is_retained(item)}
