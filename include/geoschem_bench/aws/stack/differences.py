"""How adopted parts of AWS Batch differ from ours, what follows, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch_resources import (
    DEFAULT_LOG_GROUP,
    Definition,
    Environment,
    Queue,
)
from geoschem_bench.aws.refusals import message_of
from geoschem_bench.catalog import Catalog

PROGRAM = "geoschem-bench-runner"
PARAMETERS = ("Ref::configJson", "Ref::outputPath")
OPTIONS = ("--benchmark", "--output-path")


@dataclass(frozen=True)
class Difference:
    """One."""

    subject: str
    what: str
    consequence: str
    cure: str
    is_fatal: bool = False
    """Nothing works with it."""


def of_queue(queue: Queue, environments: Mapping[str, Environment]) -> Iterator[Difference]:
    """How this queue differs."""
    name = f"queue {queue.name}"
    if not queue.is_usable:
        yield Difference(
            name,
            f"{queue.state} and {queue.status}: {queue.reason}",
            "it takes no job",
            f"aws batch update-job-queue --job-queue {queue.name} --state ENABLED, or mend its "
            "environment",
            is_fatal=True,
        )
    for missing in sorted(set(queue.environments) - set(environments)):
        yield Difference(
            name,
            f"its environment {missing} is not there",
            "jobs wait in RUNNABLE for ever",
            "give the queue an environment: aws batch update-job-queue --job-queue "
            f"{queue.name} --compute-environment-order order=1,computeEnvironment=NAME",
            is_fatal=True,
        )
    if not queue.has_time_limits:
        yield Difference(
            name,
            "no jobStateTimeLimitActions",
            "a job that cannot be placed waits in RUNNABLE until the benchmark's own "
            "runnable_minutes are over, and one submitted by hand for ever",
            f"aws batch update-job-queue --job-queue {queue.name} --job-state-time-limit-actions "
            "reason=MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT,state=RUNNABLE,"
            "maxTimeSeconds=3600,action=CANCEL",
        )


def of_environment(
    account: Account, environment: Environment, catalog: Catalog
) -> Iterator[Difference]:
    """How this environment differs."""
    name = f"environment {environment.name}"
    update = f"aws batch update-compute-environment --compute-environment {environment.name}"
    if not environment.is_usable:
        yield Difference(
            name,
            f"{environment.state} and {environment.status}: {environment.reason}",
            "it starts no instance; jobs wait in RUNNABLE for ever",
            f"mend what AWS names, then {update} --state ENABLED",
            is_fatal=True,
        )
    if why := environment.obstacle or environment.doubt:
        yield Difference(
            name,
            why,
            "no benchmark runs there" if environment.obstacle else "a job may land on any type",
            "a MANAGED environment of EC2 instances: geoschem-bench stack up",
            is_fatal=bool(environment.obstacle),
        )
        return
    yield from _of_types(environment, catalog, name, update)
    yield from _of_metadata(account, environment, name, update)


def _of_types(
    environment: Environment, catalog: Catalog, name: str, update: str
) -> Iterator[Difference]:
    architectures = environment.architectures(catalog)
    if len(architectures) > 1:
        yield Difference(
            name,
            f"mixed architectures: {', '.join(environment.types)}",
            "an image of one architecture fails with 'exec format error' on half of the hosts",
            f"one environment and queue per architecture: {update} --compute-resources "
            "instanceTypes=ONE_TYPE",
            is_fatal=True,
        )
    elif "unknown" in architectures:
        yield Difference(
            name,
            f"types that the catalogue does not know: {', '.join(environment.types)}",
            "their architecture is not known, so no benchmark can be sent there",
            "geoschem-bench catalog refresh",
            is_fatal=True,
        )
    if _is_several(environment):
        yield Difference(
            name,
            f"several instance types: {', '.join(environment.types)}",
            "a job lands on any of them; one that is not its own type fails as wrong_instance",
            f"{update} --compute-resources instanceTypes=ONE_TYPE, or an environment per type: "
            "geoschem-bench stack up",
        )


def of_definition(definition: Definition) -> Iterator[Difference]:
    """How this job definition differs."""
    name = f"definition {definition.name}"
    register = "register a revision (aws batch register-job-definition)"
    command = " ".join(definition.command)
    if definition.unsupported:
        yield Difference(
            name,
            f"{definition.unsupported} are not supported",
            "what its jobs run is not known, nor can it be told what to run",
            f"{register} with containerProperties (of several nodes: container)",
            is_fatal=True,
        )
        return
    if missing := [text for text in PARAMETERS + OPTIONS if text not in definition.command]:
        yield Difference(
            name,
            f"its command does not hold {', '.join(missing)}: {command or 'none'}",
            "the job never learns what to run or where to write",
            f"{register} with command {PROGRAM} --benchmark Ref::configJson --output-path "
            "Ref::outputPath",
            is_fatal=True,
        )
    elif PROGRAM not in definition.command[0]:
        yield Difference(
            name,
            f"its command is not {PROGRAM}'s: {command}",
            "another program writes other files, which cannot be loaded",
            f"{register} with an image of container/build.sh and our command",
        )
    if definition.vcpus and definition.vcpus % 2 == 0:
        yield Difference(
            name,
            f"it asks for {definition.vcpus:g} vCPUs, all of an instance",
            "submitted by hand a job may wait in RUNNABLE for ever "
            "(MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT); our runs ask for one less themselves",
            f"{register} with {definition.vcpus - 1:g} vCPUs and 15/16 of the memory",
        )
    yield from _of_limits(definition, name, register)


def _of_limits(definition: Definition, name: str, register: str) -> Iterator[Difference]:
    if "stack" not in definition.ulimits:
        yield Difference(
            name,
            "no ulimit for the stack",
            "GEOS-Chem dies of a segmentation fault in its first step",
            f"{register} with ulimits name=stack,softLimit=-1,hardLimit=-1",
        )
    if definition.timeout_seconds is None:
        yield Difference(
            name,
            "no time limit",
            "a job submitted by hand that hangs is paid for until somebody looks; our runs "
            "bring their own limit",
            f"{register} with --timeout attemptDurationSeconds=86400",
        )
    if definition.log_group == DEFAULT_LOG_GROUP:
        yield Difference(
            name,
            f"its logs go to {DEFAULT_LOG_GROUP}, which every job of the account shares",
            "they are kept, and paid for, for ever, unless that group has a retention",
            f"aws logs put-retention-policy --log-group-name {DEFAULT_LOG_GROUP} "
            "--retention-in-days 90",
        )


def _is_several(environment: Environment) -> bool:
    """Families and Batch's own words stand for several, too."""
    return len(environment.types) != 1 or "." not in environment.types[0]


def _of_metadata(
    account: Account, environment: Environment, name: str, update: str
) -> Iterator[Difference]:
    """Whether its hosts still answer the first version of the instance metadata service."""
    try:
        tokens = _tokens(account, environment)
    except ClientError as error:
        why = message_of(error)
        yield Difference(name, f"its launch template is not to be read: {why}", "whether its "
                         "hosts answer IMDSv1 is not known", "allow "
                         "ec2:DescribeLaunchTemplateVersions")  # fmt: skip
        return
    if tokens != "required":
        yield Difference(
            name,
            "its hosts answer IMDSv1",
            "whatever makes a job fetch an address can read the host's role",
            f"a launch template with HttpTokens=required, HttpPutResponseHopLimit=2, then {update} "
            "--compute-resources launchTemplate={launchTemplateName=NAME}",
        )


def _tokens(account: Account, environment: Environment) -> str | None:
    template = environment.launch_template
    if not template:
        return None
    named = {"LaunchTemplateId": template.get("launchTemplateId"),
             "LaunchTemplateName": template.get("launchTemplateName")}  # fmt: skip
    answer = account.client("ec2").describe_launch_template_versions(
        **{key: value for key, value in named.items() if value},
        Versions=[template.get("version") or "$Default"],
    )
    found = answer["LaunchTemplateVersions"]
    options = found[0]["LaunchTemplateData"].get("MetadataOptions", {}) if found else {}
    return options.get("HttpTokens")
