"""What every type of resource has in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from geoschem_bench.sandbox.batch.logs import LogStore
from geoschem_bench.sandbox.batch.state import BatchState

Properties = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """The account and region that resources are made in."""

    account: str
    region: str
    client: Callable[[str], Any]
    """A boto3 client of a service of this sandbox."""
    batch: BatchState
    logs: LogStore

    def arn(self, service: str, what: str) -> str:
        """The ARN of a resource of this region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{what}"


@dataclass(frozen=True)
class Wanted:
    """A resource that is to be made."""

    logical_id: str
    name: str
    """For types that have names: CloudFormation's own, unless the properties say one."""
    properties: Properties
    stack_tags: Mapping[str, str] = field(default_factory=dict)

    def tags(self) -> dict[str, str]:
        """The stack's and its own; a list of Key and Value, or a map."""
        given = self.properties.get("Tags") or {}
        own = given if isinstance(given, Mapping) else {t["Key"]: t["Value"] for t in given}
        return {**self.stack_tags, **own}

    def tag_list(self) -> list[dict[str, str]]:
        """The tags as most services want them."""
        return [{"Key": key, "Value": str(value)} for key, value in self.tags().items()]

    def only(self, *names: str) -> Properties:
        """Those properties that the template says, of these."""
        return {name: self.properties[name] for name in names if name in self.properties}


@dataclass(frozen=True)
class Made:
    """A resource that exists."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


Change = Callable[[Place, Made, Properties, Wanted], Made]
"""From the old properties to those that are wanted."""


@dataclass(frozen=True)
class Type:
    """How resources of one type are made, changed and deleted."""

    create: Callable[[Place, Wanted], Made]
    delete: Callable[[Place, Made, Properties], None]
    update: Change | None = None
    """None: every change makes a new one."""
    fixed: tuple[str, ...] = ()
    """Properties whose change replaces it."""
    name: str | None = None
    """The property that names it, if it has names."""
    adopt: Callable[[Place, Wanted], Made | None] | None = None
    """Takes one that is there already, whoever made it; for imports."""
    is_single: bool = False
    """It cannot be there twice: the old one goes before the new one is made."""
    is_kept: bool = False
    """It has files of its own, so a restart need not make it again."""

    def must_replace(self, old: Properties, new: Properties) -> bool:
        """Whether this change needs a new resource."""
        if self.update is None:
            return not self.is_single
        return any(old.get(name) != new.get(name) for name in self.fixed)
