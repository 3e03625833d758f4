"""Whether the account may have as many vCPUs as the benchmarks need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch_resources import Environment
from geoschem_bench.aws.doctor.finding import Finding, failed, ok, skipped, unknown
from geoschem_bench.aws.doctor.patient import Patient
from geoschem_bench.aws.refusals import code_of, explained

_STANDARD = re.compile(r"[acdhimrtz]\d|im\d|is\d")
_SERVICE = "ec2"
_CONSOLE = "Service Quotas in the console"


@dataclass(frozen=True)
class Quota:
    """A limit of vCPUs that run at once."""

    code: str
    title: str


_STANDARD_ON_DEMAND = Quota("L-1216C47A", "Running On-Demand Standard instances")
_STANDARD_SPOT = Quota("L-34B43A08", "All Standard Spot Instance Requests")
_X_ON_DEMAND = Quota("L-7295265B", "Running On-Demand X instances")
_X_SPOT = Quota("L-E3A00192", "All X Spot Instance Requests")


@dataclass(frozen=True)
class Need:
    """vCPUs that must fit at once, and for what."""

    quota: Quota
    vcpus: int
    what: str


def quota_of(instance_type: str, *, is_spot: bool) -> Quota | None:
    """The quota that counts for a type; None for one that we do not know."""
    if instance_type.startswith("hpc"):
        return None if is_spot else Quota("L-F7808C92", "Running On-Demand HPC instances")
    if _STANDARD.match(instance_type):
        return _STANDARD_SPOT if is_spot else _STANDARD_ON_DEMAND
    if re.match(r"x\d", instance_type):
        return _X_SPOT if is_spot else _X_ON_DEMAND
    return None


def quotas(patient: Patient) -> Iterator[Finding]:
    """Each quota against the largest single need; environments against their own maximum."""
    needs, unclear = _needs(patient)
    listing = patient.command(f"service-quotas list-service-quotas --service-code {_SERVICE}")
    for what in sorted(unclear):
        yield unknown("quotas", f"{what} is not known here", listing,
                      "look it up there, or name one type that the catalogue has")  # fmt: skip
    largest: dict[Quota, Need] = {}
    for need in needs:
        if need.quota not in largest or need.vcpus > largest[need.quota].vcpus:
            largest[need.quota] = need
    for need in largest.values():
        yield _judged(patient, need)
    yield from _beyond_maximum(patient)
    if not largest and not unclear:
        yield skipped("quotas", "no instance type is wanted")


def _needs(patient: Patient) -> tuple[list[Need], set[str]]:
    wanted = [*_of_suite(patient), *_of_environments(patient)]
    found, unclear = [], set(_unclear_sizes(patient))
    for name, is_spot, vcpus, what in wanted:
        quota = quota_of(name, is_spot=is_spot)
        if quota is None:
            unclear.add(f"which quota counts for {name}{' on spot' if is_spot else ''}")
        else:
            found.append(Need(quota, vcpus, what))
    return found, unclear


def _of_suite(patient: Patient) -> Iterator[tuple[str, bool, int, str]]:
    """Whole instances: that is what the quota counts."""
    for item in patient.planned:
        hardware = item.benchmark.hardware
        instance = patient.catalog.get(hardware.instance_type)
        if instance is not None and not item.unavailable:
            is_spot = item.benchmark.purchase_option == "spot"
            nodes = f"{hardware.nodes} x " if hardware.nodes > 1 else ""
            what = f"{item.id} ({nodes}{instance.name})"
            yield instance.name, is_spot, hardware.nodes * instance.vcpus, what


def _of_environments(patient: Patient) -> Iterator[tuple[str, bool, int, str]]:
    for environment in patient.environments.values():
        for name in environment.types:
            instance = patient.catalog.get(name)
            if instance is not None:
                what = f"one {name} of environment {environment.name}"
                yield name, environment.is_spot, instance.vcpus, what


def _unclear_sizes(patient: Patient) -> Iterator[str]:
    """Families, Batch's own words, and types that are newer than the catalogue."""
    for environment in patient.environments.values():
        for name in environment.types:
            if patient.catalog.get(name) is None:
                yield f"how many vCPUs {name} of environment {environment.name} needs at once"


def granted(account: Account, quota: Quota) -> tuple[float, str]:
    """The quota's value, and whose it is. AWS applies one only where there is a usage or a wish."""
    client = account.client("service-quotas")
    asked = {"ServiceCode": _SERVICE, "QuotaCode": quota.code}
    try:
        return float(client.get_service_quota(**asked)["Quota"]["Value"]), "granted"
    except ClientError as error:
        if code_of(error) != "NoSuchResourceException":
            raise
    answer = client.get_aws_default_service_quota(**asked)
    return float(answer["Quota"]["Value"]), "by AWS's default (none is applied to this account)"


def _judged(patient: Patient, need: Need) -> Finding:
    quota, check = need.quota, f"quota {need.quota.code}"
    code = f"--service-code {_SERVICE} --quota-code {quota.code}"
    command = patient.command(f"service-quotas get-service-quota {code}")
    try:
        value, whose = granted(patient.account, quota)
    except ClientError as error:  # of one quota: the others may still be told
        why = explained(error, patient.region, patient.account.profile)
        return unknown(check, f"{quota.title}: {why}", command, f"see {_CONSOLE}, or mend that")
    if whose != "granted":
        command = patient.command(f"service-quotas get-aws-default-service-quota {code}")
    what = f"{quota.title}: {value:g} vCPUs {whose}, {need.vcpus} needed by {need.what}"
    if value >= need.vcpus:
        return ok(check, what + _note(patient, quota, value), command)
    ask = patient.command(
        f"service-quotas request-service-quota-increase {code} --desired-value {need.vcpus}"
    )
    return failed(
        check,
        f"{what}; its job would wait in RUNNABLE for ever",
        command,
        f"ask for more (hours to days): {ask}; or use a smaller instance type",
    )


def _note(patient: Patient, quota: Quota, granted: float) -> str:
    """Environments that may grow beyond it: no failure, their jobs only wait for each other."""
    larger = [e.name for e in patient.environments.values()
              if e.most_vcpus > granted and quota in _quotas_of(e)]  # fmt: skip
    return f"; fewer at once than {', '.join(larger)} would start" if larger else ""


def _quotas_of(environment: Environment) -> set[Quota | None]:
    return {quota_of(name, is_spot=environment.is_spot) for name in environment.types}


def _beyond_maximum(patient: Patient) -> Iterator[Finding]:
    """What an environment may never start, whatever the account may."""
    for environment in patient.environments.values():
        most, what = max(_needs_of(patient, environment), default=(0, ""))
        if environment.is_managed and most > environment.most_vcpus:
            name = environment.name
            named = f"--compute-environment {name} --compute-resources maxvCpus={most}"
            update = patient.command(f"batch update-compute-environment {named}")
            yield failed(
                f"maximum of {name}",
                f"at most {environment.most_vcpus} vCPUs, {most} needed by {what}",
                patient.command(
                    f"batch describe-compute-environments --compute-environments {name}"
                ),
                f"geoschem-bench stack up --set MaxvCpus={most}, or {update}",
            )


def _needs_of(patient: Patient, environment: Environment) -> Iterator[tuple[int, str]]:
    """What this environment must be able to start at once, each with its reason."""
    for queue in patient.queues.values():
        if environment.name not in queue.environments:
            continue
        for item in patient.planned_for(queue.name):
            instance = patient.catalog.get(item.benchmark.hardware.instance_type)
            if instance is not None:
                yield item.benchmark.hardware.nodes * instance.vcpus, item.id
    for name in environment.types:
        instance = patient.catalog.get(name)
        if instance is not None:
            yield instance.vcpus, f"one {name}"
