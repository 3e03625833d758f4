"""The image that this program is in, as its build wrote it down, and what is installed."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from typing import Any

BUILT_WITH = {
    "target": "GEOSCHEM_BENCH_IMAGE_TARGET",
    "version": "GEOSCHEM_BENCH_IMAGE_VERSION",
    "revision": "GEOSCHEM_BENCH_IMAGE_REVISION",
    "base": "GEOSCHEM_BENCH_IMAGE_BASE",
}
"""Variables that container/Dockerfile sets; the image's labels say the same."""


def image_facts(environment: Mapping[str, str]) -> dict[str, Any]:
    """Name, labels, operating system. Outside an image all but the system is None."""
    told = {fact: environment.get(variable) or None for fact, variable in BUILT_WITH.items()}
    return {
        "name": environment.get("GEOSCHEM_BENCH_IMAGE") or None,
        **told,
        "operating_system": operating_system(),
    }


def operating_system() -> str | None:
    """As /etc/os-release names it; None where there is none."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return None


def installed() -> dict[str, str]:
    """Every Python package with its version."""
    return {
        found.metadata["Name"]: found.version
        for found in sorted(
            importlib.metadata.distributions(), key=lambda found: found.metadata["Name"].lower()
        )
    }
