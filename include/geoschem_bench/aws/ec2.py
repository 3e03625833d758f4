"""The instance catalogue, taken anew from EC2 (`geoschem-bench catalog refresh`).

Needs the permissions ec2:DescribeInstanceTypes and ec2:DescribeInstanceTypeOfferings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from geoschem_bench.catalog import Catalog, InstanceType, normalise_architecture
from geoschem_bench.catalog.processors import processor_family_of
from geoschem_bench.errors import UserError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import InstanceTypeInfoTypeDef, VCpuInfoTypeDef

SOURCE = "EC2 DescribeInstanceTypes and DescribeInstanceTypeOfferings"

_AT_ONCE = 100
"""Types asked for in one request; EC2 takes at most 200 values in one filter."""


def fetch_catalog(
    client_factory: Callable[[str], EC2Client],
    regions: Sequence[str],
    today: date,
    source: str = SOURCE,
) -> Catalog:
    """Every type that runs Linux on Arm or x86 and is offered in one of these regions.

    `client_factory` gives the EC2 client of a region; `today` becomes `taken_on`. Each type is
    described once, by the first region that offers it.
    """
    offered: dict[str, list[str]] = {}
    described: dict[str, InstanceTypeInfoTypeDef] = {}
    for region in sorted(set(regions)):
        try:
            client = client_factory(region)
            names = _offered_names(client)
            described.update(_describe(client, names - offered.keys()))
        except (ClientError, BotoCoreError) as error:
            raise UserError(_refusal(region, error)) from error
        for name in names:
            offered.setdefault(name, []).append(region)
    built = (_instance(info, offered[name]) for name, info in described.items())
    return Catalog.of(today, source, (instance for instance in built if instance))


def enabled_regions(client: EC2Client) -> list[str]:
    """Regions this account may use, sorted."""
    try:
        answer = client.describe_regions(AllRegions=False)
    except (ClientError, BotoCoreError) as error:
        raise UserError(_refusal(client.meta.region_name, error)) from error
    return sorted(region["RegionName"] for region in answer["Regions"])


def _offered_names(client: EC2Client) -> set[str]:
    pages = client.get_paginator("describe_instance_type_offerings").paginate(LocationType="region")
    return {offer["InstanceType"] for page in pages for offer in page["InstanceTypeOfferings"]}


def _describe(
    client: EC2Client, names: Collection[str]
) -> Iterator[tuple[str, InstanceTypeInfoTypeDef]]:
    """What EC2 says of these types. Asked by filter: a name it does not know is no error there."""
    paginator = client.get_paginator("describe_instance_types")
    ordered = sorted(names)
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        for page in paginator.paginate(Filters=[{"Name": "instance-type", "Values": some}]):
            for info in page["InstanceTypes"]:
                yield info["InstanceType"], info


def _instance(info: InstanceTypeInfoTypeDef, regions: Sequence[str]) -> InstanceType | None:
    """One type; None for one that cannot run our containers or whose cores are not told."""
    architecture = _architecture(info["ProcessorInfo"]["SupportedArchitectures"])
    threads = _threads_per_core(info["VCpuInfo"])
    if architecture is None or threads is None:
        return None
    name = info["InstanceType"]
    vcpus = info["VCpuInfo"]["DefaultVCpus"]
    network = info["NetworkInfo"]
    return InstanceType(
        name=name,
        architecture=architecture,
        vcpus=vcpus,
        physical_cores=info["VCpuInfo"].get("DefaultCores", vcpus // threads),
        threads_per_core=threads,
        memory_mib=info["MemoryInfo"]["SizeInMiB"],
        network=network["NetworkPerformance"],
        efa=network.get("EfaSupported", False),
        maker=_maker(info),
        processor_family=processor_family_of(name.partition(".")[0]),
        usage_classes=tuple(sorted(info["SupportedUsageClasses"])),
        regions=tuple(sorted(regions)),
    )


def _architecture(supported: Sequence[str]) -> str | None:
    """The 64-bit one. None for `arm64_mac` and `x86_64_mac`: those boot macOS only."""
    known = (normalise_architecture(text) for text in supported)
    return next((architecture for architecture in known if architecture), None)


def _threads_per_core(info: VCpuInfoTypeDef) -> int | None:
    """Threads per core; None where EC2 says neither it nor the cores nor a single choice.

    Such a type is left out. Cores = vCPUs would be a guess that makes a two-thread processor
    look twice as wide, and every default of threads and every cost per core rests on it.
    """
    if "DefaultThreadsPerCore" in info:
        return info["DefaultThreadsPerCore"]
    if "DefaultCores" in info:
        return info["DefaultVCpus"] // info["DefaultCores"]
    return 1 if info.get("ValidThreadsPerCore") == [1] else None


def _maker(info: InstanceTypeInfoTypeDef) -> str:
    maker = info["ProcessorInfo"].get("Manufacturer", "unknown")
    return "AWS" if maker in {"Amazon", "Amazon Web Services"} else maker


def _refusal(region: str, error: Exception) -> str:
    return (
        f"EC2 in {region} did not say which instance types it has: {error}. Check the credentials, "
        "the region's name and that it is enabled, and that the permissions "
        "ec2:DescribeInstanceTypes, ec2:DescribeInstanceTypeOfferings and ec2:DescribeRegions "
        "are there."
    )
