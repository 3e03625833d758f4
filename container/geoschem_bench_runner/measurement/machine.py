"""The machine as a program sees it: processor, cores, memory, kernel, versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CPU_FOLDER = Path("/sys/devices/system/cpu")
ARM_PARTS = {
    ("0x41", "0xd0c"): "Arm Neoverse-N1",
    ("0x41", "0xd40"): "Arm Neoverse-V1",
    ("0x41", "0xd4f"): "Arm Neoverse-V2",
}
"""Arm's /proc/cpuinfo names no model, only implementer and part."""
PACKAGES = ("geoschem-bench", "numpy", "musica", "boto3", "pydantic")
ARCHITECTURES = {"amd64": "x86_64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Machine:
    """Counts are of what this process may use; None where the system does not say."""

    architecture: str
    cpu_model: str | None
    vcpus: int
    physical_cores: int | None
    threads_per_core: int | None
    memory_mib: int | None
    kernel: str


def observe() -> Machine:
    """Look at this machine."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else _all_cpus()
    siblings = [_siblings(cpu) for cpu in usable]
    known = [group for group in siblings if group]
    cores = len(set(known)) if len(known) == len(siblings) else None
    machine = platform.machine()
    return Machine(
        architecture=ARCHITECTURES.get(machine.lower(), machine),
        cpu_model=cpu_model(_read(Path("/proc/cpuinfo"))),
        vcpus=len(usable),
        physical_cores=cores,
        threads_per_core=max(len(group) for group in known) if known else None,
        memory_mib=_memory_mib(_read(Path("/proc/meminfo"))),
        kernel=platform.release(),
    )


def cpu_model(cpuinfo: str) -> str | None:
    """The processor's name from the text of /proc/cpuinfo."""
    named = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    if named:
        return named[1].strip()
    implementer = re.search(r"^CPU implementer\s*:\s*(\S+)$", cpuinfo, re.MULTILINE)
    part = re.search(r"^CPU part\s*:\s*(\S+)$", cpuinfo, re.MULTILINE)
    if not implementer or not part:
        return None
    number = (implementer[1].lower(), part[1].lower())
    return ARM_PARTS.get(number, f"Arm implementer {number[0]} part {number[1]}")


def package_versions() -> dict[str, str]:
    """Versions of what the numbers depend on, with Python's own."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def openmp_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that steer threads: OMP_*, and those of the compilers' own run times."""
    prefixes = ("OMP_", "GOMP_", "KMP_")
    return {name: value for name, value in environment.items() if name.startswith(prefixes)}


def batch_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """AWS_BATCH_*: job, attempt, queue, compute environment."""
    return {name: v for name, v in environment.items() if name.startswith("AWS_BATCH_")}


def _all_cpus() -> set[int]:
    return set(range(os.cpu_count() or 1))


def _siblings(cpu: int) -> frozenset[int]:
    """The logical CPUs of a core, as the kernel lists them (`0,4` or `0-1`); empty if unknown."""
    text = _read(CPU_FOLDER / f"cpu{cpu}" / "topology" / "thread_siblings_list").strip()
    found: set[int] = set()
    for piece in filter(None, text.split(",")):
        first, _, last = piece.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def _memory_mib(meminfo: str) -> int | None:
    found = re.search(r"^MemTotal:\s*(\d+) kB", meminfo, re.MULTILINE)
    return int(found[1]) // 1024 if found else None


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
