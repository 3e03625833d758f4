"""Queues and job definitions of an installation that does not have our names for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from geoschem_bench.catalog import ARCHITECTURES
from geoschem_bench.errors import SettingsError

MULTINODE = "multinode"
SPOT_SUFFIX = "-spot"
"""Behind a type or architecture: the queue is for spot, and no other serves spot."""


@dataclass(frozen=True)
class Routes:
    """What goes elsewhere than to the queue and definition that our own stack makes."""

    queues: Mapping[str, str] = field(default_factory=dict)
    """Job queue by instance type or architecture, each with `-spot` for spot; the type's wins."""
    job_definitions: Mapping[str, str] = field(default_factory=dict)
    """Job definition by architecture, or for `multinode`."""

    def queue(self, instance_type: str, architecture: str, *, spot: bool = False) -> str | None:
        """The queue of this installation, where one is named."""
        suffix = SPOT_SUFFIX if spot else ""
        return self.queues.get(instance_type + suffix) or self.queues.get(architecture + suffix)

    def job_definition(self, architecture: str, nodes: int) -> str | None:
        """The definition of this installation, where one is named."""
        return self.job_definitions.get(MULTINODE if nodes > 1 else architecture)


def parse_routes(queues: str, job_definitions: str) -> Routes:
    """Routes from `arm64=queue-a,arm64-spot=queue-b` and `arm64=one,multinode=two`.

    Raises:
        SettingsError: not of this form.
    """
    kinds = (*ARCHITECTURES, *(f"{name}{SPOT_SUFFIX}" for name in ARCHITECTURES))
    by_type = _pairs(queues, "GEOSCHEM_BENCH_QUEUES", kinds, types=True)
    known = (*ARCHITECTURES, MULTINODE)
    return Routes(by_type, _pairs(job_definitions, "GEOSCHEM_BENCH_JOB_DEFINITIONS", known))


def _pairs(text: str, name: str, known: Sequence[str], *, types: bool = False) -> dict[str, str]:
    pairs = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        key, _, value = (each.strip() for each in part.partition("="))
        if not key or not value:
            raise SettingsError(f"{name}: '{part}' is no pair; write arm64=NAME,x86_64=NAME")
        if key not in known and not (types and "." in key):
            or_type = " or an instance type" if types else ""
            raise SettingsError(f"{name}: '{key}' is none of {', '.join(known)}{or_type}")
        if key in pairs:
            raise SettingsError(f"{name}: {key} is there twice")
        pairs[key] = value
    return pairs
