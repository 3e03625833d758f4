"""This computer, described as an instance type (`instance_type: local`)."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path

from geoschem_bench.catalog.architectures import normalise_architecture
from geoschem_bench.catalog.model import InstanceType

LOCAL = "local"


@lru_cache(maxsize=1)
def local_instance() -> InstanceType:
    """This computer, as far as this process may use it. Measured once per process."""
    return describe_computer(Path("/"), platform.machine(), available_cpus())


def describe_computer(root: Path, machine: str, cpus: AbstractSet[int]) -> InstanceType:
    """The computer whose /proc and /sys lie under `root`, with these CPU numbers to use."""
    cores = _physical_cores(root, cpus) or len(cpus)
    return InstanceType(
        name=LOCAL,
        architecture=normalise_architecture(machine) or machine,
        vcpus=len(cpus),
        physical_cores=cores,
        threads_per_core=-(-len(cpus) // cores),
        memory_mib=_memory_mib(root),
        network="loopback",
        efa=False,
        maker=_maker(root),
        processor_family=None,
        usage_classes=(),
        regions=(),
    )


def available_cpus() -> AbstractSet[int]:
    """Numbers of the CPUs this process may run on (all, where the system does not say)."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return frozenset(range(os.cpu_count() or 1))


def _physical_cores(root: Path, cpus: AbstractSet[int]) -> int | None:
    """Distinct cores among `cpus`; None where the kernel does not tell (or says -1)."""
    cores = set()
    for cpu in cpus:
        topology = root / f"sys/devices/system/cpu/cpu{cpu}/topology"
        place = (_read(topology / "physical_package_id"), _read(topology / "core_id"))
        if not all(part.isdecimal() for part in place):
            return None
        cores.add(place)
    return len(cores)


def _memory_mib(root: Path) -> int:
    """MiB the kernel manages, rounded down: a little less than is built in."""
    found = re.search(r"^MemTotal:\s+(\d+) kB", _read(root / "proc/meminfo"), re.MULTILINE)
    if found:
        return int(found[1]) // 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20


def _maker(root: Path) -> str:
    """Who made the processor, from its vendor id.

    Arm's own id (0x41) means AWS on an EC2 instance only: processors of Ampere, NVIDIA and
    others carry it too.
    """
    cpuinfo = _read(root / "proc/cpuinfo")
    if "GenuineIntel" in cpuinfo:
        return "Intel"
    if "AuthenticAMD" in cpuinfo:
        return "AMD"
    on_ec2 = _read(root / "sys/devices/virtual/dmi/id/sys_vendor") == "Amazon EC2"
    arm = re.search(r"^CPU implementer\s*:\s*0x41$", cpuinfo, re.MULTILINE)
    return "AWS" if arm and on_ec2 else "unknown"


def _read(path: Path) -> str:
    """The file's text without surrounding blanks; empty where there is none."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
