"""How many vCPUs the account may have at once, and how many it has."""

from __future__ import annotations

from collections.abc import Iterable

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.doctor.quotas import Quota, granted, quota_of
from geoschem_bench.catalog import Catalog

__all__ = ["Quota", "granted_vcpus", "quota_of", "request_command", "vcpus_in_use"]

_SERVICE = "ec2"
_ALIVE = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]


def granted_vcpus(account: Account, quota: Quota) -> float:
    """What the account may have."""
    return granted(account, quota)[0]


def vcpus_in_use(account: Account, quota: Quota, catalog: Catalog) -> int:
    """How many vCPUs the instances of this account have that count against the quota now."""
    pages = account.client("ec2").get_paginator("describe_instances").paginate(Filters=_ALIVE)
    found = (i for page in pages for r in page["Reservations"] for i in r["Instances"])
    return sum(
        _vcpus_of(instance, catalog)
        for instance in found
        if quota_of(instance["InstanceType"], is_spot=instance.get("InstanceLifecycle") == "spot")
        == quota
    )


def _vcpus_of(instance: dict[str, object], catalog: Catalog) -> int:
    """As the quota counts: the type's, also where some cores are switched off."""
    known = catalog.get(str(instance["InstanceType"]))
    if known is not None:
        return known.vcpus
    options = instance.get("CpuOptions")
    cpus: dict[str, int] = options if isinstance(options, dict) else {}
    return cpus.get("CoreCount", 0) * cpus.get("ThreadsPerCore", 1)


def request_command(quota: Quota, vcpus: int, region: str) -> str:
    """The command that asks AWS for more."""
    return (
        f"aws service-quotas request-service-quota-increase --service-code {_SERVICE} "
        f"--quota-code {quota.code} --desired-value {vcpus} --region {region}"
    )


def largest_together(needs: Iterable[int], at_once: int) -> int:
    """How many vCPUs the largest have that run at the same time."""
    return sum(sorted(needs, reverse=True)[:at_once])
