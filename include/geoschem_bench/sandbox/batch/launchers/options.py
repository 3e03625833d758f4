"""From Batch's words for a container to Docker's."""

from __future__ import annotations

import resource
from typing import Any

from docker.types import LogConfig, Ulimit

from geoschem_bench.sandbox.batch.shelf import Document

_MIB = 2**20
_SHARES_PER_VCPU, _LEAST_SHARES, _MOST_SHARES = 1024, 2, 262_144
_MOST = 32_768
"""Podman's service lowers its own limit of processes to this; it cannot grant more than it has."""


def host_options(container: Document, vcpus: int) -> dict[str, Any]:
    """The arguments of `create_host_config`."""
    linux = container.get("linuxParameters", {})
    given = {
        "shm_size": _bytes(linux.get("sharedMemorySize")),
        "init": linux.get("initProcessEnabled"),
        "tmpfs": {each["containerPath"]: _tmpfs(each) for each in linux.get("tmpfs", [])},
        "read_only": container.get("readonlyRootFilesystem"),
        "ulimits": _ulimits(container),
    }
    return {
        "network_mode": "host",  # the sandbox answers on loopback only
        "cpu_shares": min(max(_LEAST_SHARES, vcpus * _SHARES_PER_VCPU), _MOST_SHARES),
        # Whole logs in a file of the engine, whatever the engine's own choice is.
        "log_config": LogConfig(type="json-file", config={}),
        **_memory(container),
        **{name: value for name, value in given.items() if value},
    }


def _memory(container: Document) -> dict[str, int]:
    """As on an instance of Batch there is no swap: what is over the limit is killed."""
    for requirement in container["resourceRequirements"]:
        if requirement["type"] == "MEMORY":
            limit = int(requirement["value"]) * _MIB
            return {"mem_limit": limit, "memswap_limit": limit}
    return {}


def _ulimits(container: Document) -> list[Ulimit]:
    """The job's, if it names some, and then always those of files and processes.

    Podman would otherwise forget the ones that it is configured with, and ask for the most that
    any kernel grants, which not every computer lets it have.
    """
    named = {
        each["name"]: (int(each["softLimit"]), int(each["hardLimit"]))
        for each in container.get("ulimits", [])
    }
    if not named:
        return []
    limits = {"nofile": _own(resource.RLIMIT_NOFILE), "nproc": _own(resource.RLIMIT_NPROC), **named}
    return [Ulimit(name=name, soft=soft, hard=hard) for name, (soft, hard) in limits.items()]


def _own(kind: int) -> tuple[int, int]:
    _, hard = resource.getrlimit(kind)
    granted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    return granted, granted


def _tmpfs(mount: Document) -> str:
    return ",".join([*mount.get("mountOptions", []), f"size={mount['size']}m"])


def _bytes(mebibytes: int | None) -> int | None:
    return mebibytes * _MIB if mebibytes else None
