"""This computer, and others that are imitated by their /proc and /sys."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoschem_bench.catalog import local_instance
from geoschem_bench.catalog.local import available_cpus, describe_computer


def _computer(
    root: Path, cpuinfo: str, cores: dict[int, tuple[int, int]], vendor: str = ""
) -> Path:
    files = {"proc/cpuinfo": cpuinfo, "proc/meminfo": "MemFree: 1 kB\nMemTotal:  32768000 kB\n"}
    for cpu, (package, core) in cores.items():
        files[f"sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id"] = f"{package}\n"
        files[f"sys/devices/system/cpu/cpu{cpu}/topology/core_id"] = f"{core}\n"
    files["sys/devices/virtual/dmi/id/sys_vendor"] = vendor
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


TWO_BY_TWO = {0: (0, 0), 1: (0, 1), 2: (0, 0), 3: (0, 1)}


def test_two_threads_share_a_core(tmp_path):
    root = _computer(tmp_path, "vendor_id\t: GenuineIntel\n", TWO_BY_TWO)
    found = describe_computer(root, "x86_64", {0, 1, 2, 3})
    assert (found.vcpus, found.physical_cores, found.threads_per_core) == (4, 2, 2)
    assert (found.maker, found.memory_mib, found.architecture) == ("Intel", 32000, "x86_64")
    assert (found.name, found.family, found.network) == ("local", "local", "loopback")
    assert (found.usage_classes, found.regions, found.processor_family) == ((), (), None)


@pytest.mark.parametrize(
    ("cpus", "cores", "threads"), [({0, 2}, 1, 2), ({0, 1}, 2, 1), ({3}, 1, 1)]
)
def test_only_cpus_this_process_may_use_count(tmp_path, cpus, cores, threads):
    found = describe_computer(_computer(tmp_path, "", TWO_BY_TWO), "AMD64", cpus)
    assert (found.vcpus, found.physical_cores, found.threads_per_core) == (
        len(cpus),
        cores,
        threads,
    )


def test_the_same_core_number_in_two_sockets_is_two_cores(tmp_path):
    root = _computer(tmp_path, "vendor_id\t: AuthenticAMD\n", {0: (0, 0), 1: (1, 0)})
    found = describe_computer(root, "x86_64", {0, 1})
    assert (found.physical_cores, found.maker) == (2, "AMD")


def test_where_the_kernel_does_not_tell_every_vcpu_is_a_core(tmp_path):
    unknown = _computer(tmp_path, "", {0: (-1, -1), 1: (-1, -1)})
    assert describe_computer(unknown, "x86_64", {0, 1}).physical_cores == 2
    assert describe_computer(unknown, "x86_64", {7, 8, 9}).physical_cores == 3


@pytest.mark.parametrize(
    ("implementer", "vendor", "maker"),
    [
        ("0x41", "Amazon EC2", "AWS"),
        ("0x41", "GIGABYTE", "unknown"),
        ("0xc0", "Ampere", "unknown"),
    ],
)
def test_arm_is_aws_only_on_ec2(tmp_path, implementer, vendor, maker):
    root = _computer(tmp_path, f"processor\t: 0\nCPU implementer\t: {implementer}\n", {}, vendor)
    found = describe_computer(root, "aarch64", {0})
    assert (found.architecture, found.maker) == ("arm64", maker)


def test_without_proc_it_still_has_memory(tmp_path):
    assert describe_computer(tmp_path, "x86_64", {0}).memory_mib > 0


def test_this_computer():
    found = local_instance()
    assert found is local_instance()
    assert found.vcpus == len(available_cpus())
    assert 1 <= found.physical_cores <= found.vcpus
    assert found.memory_mib > 100
