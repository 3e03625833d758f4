"""What is examined, and what AWS says of it, asked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.batch_resources import (
    Definition,
    Environment,
    Queue,
    active_definition,
    environments_named,
    queues_named,
)
from geoschem_bench.catalog import Catalog, load_catalog
from geoschem_bench.planning import PlannedBenchmark, Routes
from geoschem_bench.suite import LOCAL


@dataclass(frozen=True)
class Patient:
    """An installation, by the names that the settings give."""

    account: Account
    bucket: str
    """Empty where none is named."""
    table: str
    queue_names: Sequence[str]
    definition_names: Sequence[str]
    stack: str = ""
    """Empty where no stack of ours is connected."""
    topic: str = ""
    """Name or ARN; empty where no message of a run goes to one."""
    planned: Sequence[PlannedBenchmark] = ()
    """Of the suite that is to run, if one is."""
    routes: Routes = field(default_factory=Routes)
    """Of an installation with other names than ours."""
    local_image: Callable[[str], str | None] | None = None
    """Architecture of an image on this computer, where the sandbox runs containers."""
    catalog: Catalog = field(default_factory=load_catalog)

    @property
    def region(self) -> str:
        """Where it is."""
        return self.account.region

    def command(self, text: str, region: str = "") -> str:
        """A command of `aws` for this profile and region, or for another region."""
        return self.with_profile(f"aws {text} --region {region or self.region}")

    def with_profile(self, command: str) -> str:
        """A command of `aws` that has its region, for this profile."""
        return command + (f" --profile {self.account.profile}" if self.account.profile else "")

    @cached_property
    def queues(self) -> Mapping[str, Queue]:
        """Those that exist."""
        return queues_named(self.account.client("batch"), self.queue_names)

    @cached_property
    def environments(self) -> Mapping[str, Environment]:
        """Those behind the queues that exist."""
        names = [name for queue in self.queues.values() for name in queue.environments]
        return environments_named(self.account.client("batch"), names)

    @cached_property
    def definitions(self) -> Mapping[str, Definition]:
        """Those that are active."""
        batch = self.account.client("batch")
        found = {name: active_definition(batch, name) for name in self.definition_names}
        return {name: each for name, each in found.items() if each is not None}

    @cached_property
    def subnets(self) -> Mapping[str, Mapping[str, Any]]:
        """Of all environments, as EC2 describes them; those that exist."""
        ids = sorted({each for e in self.environments.values() for each in e.subnets})
        if not ids:
            return {}
        filters = [{"Name": "subnet-id", "Values": ids}]  # an unknown id is no error there
        pages = (
            self.account.client("ec2").get_paginator("describe_subnets").paginate(Filters=filters)
        )
        return {data["SubnetId"]: data for page in pages for data in page["Subnets"]}

    @property
    def runs_in_the_sandbox(self) -> bool:
        """Whether the definitions say that their jobs do."""
        return any(each.is_of_the_sandbox for each in self.definitions.values())

    def planned_for(self, queue: str) -> list[PlannedBenchmark]:
        """Benchmarks of the suite that go to this queue."""
        return [
            item
            for item in self.planned
            if item.job_queue == queue and item.benchmark.hardware.instance_type != LOCAL
        ]

    @property
    def wanted_types(self) -> set[str]:
        """Types that the suite names."""
        names = {item.benchmark.hardware.instance_type for item in self.planned}
        return names - {LOCAL}
