"""The cgroup's own account of memory, where the cgroup holds this job and nothing else.

Needs version 2 and a `memory.peak` that can be set back (Linux 6.12), since otherwise it holds the
peak of everything since the container's start and not of one repetition. It counts the page cache
too, which is why its name goes into the manifest.
"""

from __future__ import annotations

import os
from pathlib import Path

from geoschem_bench_runner.measurement.process_tree import tree

MOUNT = Path("/sys/fs/cgroup")
METHOD = "cgroup v2 memory.peak, set back before each repetition"


def own_cgroup(mount: Path = MOUNT, membership: Path = Path("/proc/self/cgroup")) -> Path | None:
    """The folder of this process's cgroup; None where there is no version 2."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("0::"):
            folder = mount / line.removeprefix("0::").lstrip("/")
            return folder if (folder / "cgroup.procs").is_file() else None
    return None


def holds_only(folder: Path, allowed: set[int]) -> bool:
    """Whether every process in the cgroup and those below it is one of `allowed`.

    A process of another namespace shows as 0, which is never allowed.
    """
    try:
        files = [folder / "cgroup.procs", *folder.glob("**/cgroup.procs")]
        return all({int(pid) for pid in file.read_text().split()} <= allowed for file in files)
    except OSError:
        return False


class PeakFile:
    """`memory.peak`, counting from now on."""

    def __init__(self, folder: Path) -> None:
        """Open and set back. Raises OSError where the kernel cannot."""
        self._descriptor = os.open(folder / "memory.peak", os.O_RDWR)
        try:
            os.write(self._descriptor, b"reset")
        except OSError:
            os.close(self._descriptor)
            raise

    def read(self) -> int:
        """Bytes at the peak since opening; closes."""
        try:
            return int(os.pread(self._descriptor, 64, 0))
        finally:
            os.close(self._descriptor)


def peak_file() -> PeakFile | None:
    """The peak of this job's own cgroup; None where the cgroup is not ours alone or cannot say."""
    folder = own_cgroup()
    if folder is None or not holds_only(folder, set(tree(os.getpid()))):
        return None
    try:
        return PeakFile(folder)
    except OSError:
        return None


def oom_kills() -> int | None:
    """How often the kernel killed for memory in our cgroup so far; None where it does not say."""
    folder = own_cgroup()
    try:
        lines = (folder / "memory.events").read_text().splitlines() if folder else []
    except OSError:
        return None
    counts = dict(line.split() for line in lines)
    return int(counts["oom_kill"]) if "oom_kill" in counts else None
