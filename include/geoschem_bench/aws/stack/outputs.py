"""A stack's outputs → settings and an Airflow connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.stack.failures import next_step
from geoschem_bench.aws.stack.reading import BUCKET_OUTPUT, READY, TABLE_OUTPUT, Stack, need_stack
from geoschem_bench.aws.stack.wishes import DEFAULTS
from geoschem_bench.errors import StackError
from geoschem_bench.planning.placement import (
    DEFAULT_ENVIRONMENTS,
    DEFAULT_INSTANCES,
    JOB_DEFINITION,
    MULTINODE_JOB_DEFINITION,
)
from geoschem_bench.planning.routes import SPOT_SUFFIX

AIRFLOW_CONNECTION = "geoschem_bench_aws"
TOPIC_OUTPUT = "NotificationTopicArn"
_DEFINITIONS = {
    "JobDefinitionName": JOB_DEFINITION,
    "MultinodeJobDefinitionName": MULTINODE_JOB_DEFINITION,
}


@dataclass(frozen=True)
class AirflowConnection:
    """The connection that an Airflow of the person's own needs."""

    name: str
    extra: Mapping[str, str]

    @property
    def command(self) -> str:
        """For Airflow's command line."""
        return (
            f"airflow connections add {self.name} --conn-type aws "
            f"--conn-extra '{json.dumps(self.extra)}'"
        )

    @property
    def variable(self) -> tuple[str, str]:
        """For Airflow's environment: name and value."""
        value = json.dumps({"conn_type": "aws", "extra": dict(self.extra)})
        return f"AIRFLOW_CONN_{self.name.upper()}", value


def ready_stack(account: Account, name: str) -> Stack:
    """The stack, all of it there.

    Raises:
        NotFoundError: there is none of that name; which there are.
        StackError: it is half made, or no stack of ours.
    """
    stack = need_stack(account, name)
    if stack.is_moving or stack.status == "REVIEW_IN_PROGRESS":
        raise StackError(
            f"stack {name} is {stack.status}: not all of it is there. Wait until AWS is done: aws "
            f"cloudformation wait stack-create-complete --stack-name {name} --region "
            f"{account.region} (stack-update-complete for a change), or make it: geoschem-bench "
            f"stack up {name}"
        )
    if stack.status not in READY:
        why = f": {stack.reason}" if stack.reason else ""
        raise StackError(
            f"stack {name} is {stack.status}{why}; nothing to connect to. "
            f"{next_step(stack, account.region).capitalize()}"
        )
    missing = [each for each in (BUCKET_OUTPUT, TABLE_OUTPUT) if not stack.outputs.get(each)]
    if missing:
        raise StackError(
            f"stack {name} has no output {' and '.join(missing)}, so it is not of this program's "
            f"template, or of an older one. See: aws cloudformation describe-stacks --stack-name "
            f"{name} --region {account.region}; bring it up to date: geoschem-bench stack up "
            f"{name}; resources that others made: geoschem-bench stack connect --use-existing"
        )
    return stack


def environment_of(stack: Stack, account: Account) -> dict[str, str]:
    """What this program needs to know of the stack, as environment variables."""
    environment = {
        "GEOSCHEM_BENCH_BUCKET": stack.outputs[BUCKET_OUTPUT],
        "GEOSCHEM_BENCH_TABLE": stack.outputs[TABLE_OUTPUT],
        "AWS_DEFAULT_REGION": account.region,
    }
    queues, definitions = _queues(stack), _definitions(stack)
    optional = {
        "GEOSCHEM_BENCH_QUEUES": queues,
        "GEOSCHEM_BENCH_JOB_DEFINITIONS": definitions,
        # by its name: an ARN holds the account's id
        "GEOSCHEM_BENCH_TOPIC": stack.outputs.get(TOPIC_OUTPUT, "").rpartition(":")[2],
        "AWS_PROFILE": account.profile,
        "AWS_ENDPOINT_URL": account.endpoint_url,
    }
    return environment | {name: value for name, value in optional.items() if value}


def airflow_connection(account: Account, role: str | None) -> AirflowConnection:
    """Region, and the role of an Airflow. The sandbox has one key and no roles."""
    extra = {"region_name": account.region}
    if role and not account.endpoint_url:
        extra["role_arn"] = role
    return AirflowConnection(AIRFLOW_CONNECTION, extra)


def _queues(stack: Stack) -> str:
    """Where a type goes elsewhere than its name says: the stack's default types are others."""
    pairs = {}
    for architecture, parameter in DEFAULTS.items():
        usual = DEFAULT_INSTANCES[architecture]
        chosen = stack.parameters.get(parameter) or usual
        if chosen != usual:
            own = f"geos-chem-{usual.replace('.', '-')}"
            for spot in ("", SPOT_SUFFIX):
                pairs[chosen + spot] = f"{DEFAULT_ENVIRONMENTS[architecture]}{spot}-queue"
                pairs[usual + spot] = f"{own}{spot}-queue"
    return ",".join(f"{key}={value}" for key, value in pairs.items())


def _definitions(stack: Stack) -> str:
    """Only where they have other names than planning gives them."""
    names = {key: _name(stack.outputs.get(key, "")) or usual for key, usual in _DEFINITIONS.items()}
    if names == _DEFINITIONS:
        return ""
    single, several = names.values()
    pairs = {**dict.fromkeys(DEFAULTS, single), "multinode": several}
    return ",".join(f"{key}={value}" for key, value in pairs.items())


def _name(reference: str) -> str:
    """The name alone: an ARN holds the account's id, and a revision would soon be an old one."""
    return reference.rsplit("/", 1)[-1].partition(":")[0]
