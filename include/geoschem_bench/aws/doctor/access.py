"""Who we are, where, and whether that place has what is needed."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from botocore.exceptions import ClientError

from geoschem_bench.aws.batch_resources import architecture_of
from geoschem_bench.aws.doctor.finding import Finding, failed, ok, skipped, unknown
from geoschem_bench.aws.doctor.patient import Patient
from geoschem_bench.aws.refusals import code_of
from geoschem_bench.aws.stack.failures import next_step
from geoschem_bench.aws.stack.reading import READY, find_stack, our_stacks
from geoschem_bench.errors import AccessError
from geoschem_bench.suite.names import likeliest

_AT_ONCE = 100
_ENABLED = ("opt-in-not-required", "opted-in")


def identity(patient: Patient) -> Iterator[Finding]:
    """Whether AWS knows us."""
    command = patient.command("sts get-caller-identity")
    try:
        who = patient.account.identity()
    except AccessError as error:
        yield failed("identity", str(error), command, "credentials that AWS knows: aws configure, "
                     "aws sso login, or --profile NAME")  # fmt: skip
        return
    yield ok("identity", f"account {who.account}, {who.arn}", command)


def region(patient: Patient) -> Iterator[Finding]:
    """Whether the region exists and is enabled in this account."""
    name = patient.region
    home = patient.account.home
    command = patient.command("ec2 describe-regions --all-regions", home)
    ec2 = patient.account.client("ec2", home)
    try:
        found = ec2.describe_regions(RegionNames=[name], AllRegions=True)["Regions"]
    except ClientError as error:
        if code_of(error) != "InvalidParameterValue":
            raise
        found = []
    if not found:
        known = {each for instance in patient.catalog for each in instance.regions}
        yield failed("region", f"AWS has no region '{name}'{likeliest(name, known)}", command,
                     "--region NAME, or AWS_DEFAULT_REGION")  # fmt: skip
    elif found[0].get("OptInStatus") not in _ENABLED:
        enable = patient.command(f"account enable-region --region-name {name}", home)
        yield failed("region", f"{name} is not enabled in this account", command,
                     f"{enable} (minutes to hours), or another --region")  # fmt: skip
    else:
        yield ok("region", f"{name} is enabled", command)


def stack(patient: Patient) -> Iterator[Finding]:
    """Whether the stack that this folder is connected to is there and whole."""
    name, region = patient.stack, patient.region
    if not name:
        yield skipped("stack", "no stack of ours is connected")
        return
    command = patient.command(f"cloudformation describe-stacks --stack-name {name}")
    found = find_stack(patient.account, name)
    if found is None:
        names = ", ".join(each.name for each in our_stacks(patient.account)) or "none"
        yield failed("stack", f"no stack {name} in {region} of this account (of ours there: "
                     f"{names}): another account or region than it was made in, or removed",
                     command, "--profile or --region of the stack; or make it: geoschem-bench "
                     f"stack up {name}; or forget it: geoschem-bench stack disconnect")  # fmt: skip
    elif found.is_moving:
        yield failed("stack", f"{name} is {found.status}: AWS works on it", command,
                     "wait, then ask again")  # fmt: skip
    elif found.status not in READY:
        yield failed("stack", f"{name} is {found.status}: {found.reason or 'no reason given'}",
                     command, next_step(found, region))  # fmt: skip
    else:
        yield ok("stack", f"{name} is {found.status}", command)


def instance_types(patient: Patient) -> Iterator[Finding]:
    """Whether the region, and the zones of the environments, offer the types."""
    held = {name for e in patient.environments.values() for name in e.types}
    wanted = held | patient.wanted_types
    names = {name for name in wanted if "." in name}
    offered = _offered(patient, names, "region")
    command = patient.command("ec2 describe-instance-type-offerings --filters "
                              f"Name=instance-type,Values={','.join(sorted(names))}")  # fmt: skip
    bad = False
    for name in sorted(names - offered.keys()):
        bad = True
        where = ", ".join(patient.catalog.regions_of(name)) or "no region that we know"
        yield failed(f"instance type {name}", f"not offered in {patient.region}; it is in: {where}",
                     command, "another --region, or another type (suite: hardware.instance_type; "
                     "stack: --set …InstanceType…=TYPE)")  # fmt: skip
    for family in sorted(wanted - names):
        bad = True
        yield _of_family(patient, family)
    zones = list(_missing_zones(patient))
    yield from zones
    if not bad and not zones:
        there = ", ".join(sorted(wanted)) or "none is wanted"
        yield ok("instance types", f"offered in {patient.region}: {there}", command)


def _of_family(patient: Patient, family: str) -> Finding:
    """A family or one of Batch's own words: what it starts is not for us to say."""
    is_known = architecture_of(family, patient.catalog) is not None
    why = "several types, and AWS Batch chooses: whether the region offers them is not known"
    holders = [e.name for e in patient.environments.values() if family in e.types]
    names = " ".join(holders)
    return unknown(
        f"instance types {family}",
        why if is_known else "neither a type nor a family that we know",
        patient.command(f"batch describe-compute-environments --compute-environments {names}"),
        "name one type in the environment: "
        + patient.command(
            f"batch update-compute-environment --compute-environment {(*holders, 'NAME')[0]} "
            "--compute-resources instanceTypes=ONE_TYPE"
        ),
    )


def _missing_zones(patient: Patient) -> Iterator[Finding]:
    """A type may be in the region and in none of the zones of its environment's subnets."""
    types = {t for e in patient.environments.values() for t in e.types if "." in t}
    offered = _offered(patient, types, "availability-zone")
    for environment in patient.environments.values():
        there = [patient.subnets[s] for s in environment.subnets if s in patient.subnets]
        zones = {data["AvailabilityZone"] for data in there}
        for name in environment.types:
            if zones and offered.get(name) and not zones & offered[name]:
                yield failed(
                    f"instance type {name}",
                    f"offered in {', '.join(sorted(offered[name]))}, but environment "
                    f"{environment.name} has subnets in {', '.join(sorted(zones))} only",
                    patient.command("ec2 describe-instance-type-offerings --location-type "
                                    "availability-zone "
                                    f"--filters Name=instance-type,Values={name}"),
                    "a subnet in one of those zones (our stack: another region, or another type)",
                )  # fmt: skip


def _offered(patient: Patient, names: Collection[str], location: str) -> dict[str, set[str]]:
    """Where each type is offered; those that are not are left out."""
    paginator = patient.account.client("ec2").get_paginator("describe_instance_type_offerings")
    found: dict[str, set[str]] = {}
    ordered = sorted(names)
    for start in range(0, len(ordered), _AT_ONCE):
        filters = [{"Name": "instance-type", "Values": ordered[start : start + _AT_ONCE]}]
        for page in paginator.paginate(LocationType=location, Filters=filters):
            for offer in page["InstanceTypeOfferings"]:
                found.setdefault(offer["InstanceType"], set()).add(offer["Location"])
    return found
