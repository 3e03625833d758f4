"""Instance types and the catalogue that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from geoschem_bench.catalog.closest import closest_names


@dataclass(frozen=True, slots=True)
class InstanceType:
    """One EC2 instance type, as EC2 describes it; per instance, so per node."""

    name: str
    """`c7g.4xlarge`; `local` for this computer."""
    architecture: str
    """`arm64` or `x86_64`."""
    vcpus: int
    """Hardware threads: what AWS sells and Batch counts."""
    physical_cores: int
    """Cores with arithmetic units of their own: half the vCPUs where two threads share one."""
    threads_per_core: int
    """Hardware threads per physical core, as the instance starts (1 or 2)."""
    memory_mib: int
    """Memory, MiB (1 GiB = 1024 MiB)."""
    network: str
    """Network bandwidth in EC2's words: `Up to 15 Gigabit`; `loopback` for this computer."""
    efa: bool
    """Whether it has the Elastic Fabric Adapter, which MPI between nodes wants."""
    maker: str
    """Who made the processor: `AWS`, `Intel` or `AMD`; `unknown` only for this computer."""
    processor_family: str | None
    """`Graviton3`, `Genoa`…; None where our table does not know."""
    usage_classes: tuple[str, ...]
    """How it can be bought: `on-demand`, `spot`, `capacity-block`; sorted."""
    regions: tuple[str, ...]
    """Regions that offer it, sorted."""

    @property
    def family(self) -> str:
        """The name before the dot: `c7g`."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Catalog:
    """Instance types as they were on one day. Iterates over them sorted by name."""

    taken_on: date
    """Day the data were taken from EC2."""
    source: str
    """Where they were taken from, in words for a person."""
    instances: dict[str, InstanceType] = field(repr=False, hash=False)
    """By name, sorted by name. Build with `Catalog.of`."""

    @classmethod
    def of(cls, taken_on: date, source: str, instances: Iterable[InstanceType]) -> Catalog:
        """A catalogue of these types, in whatever order they come."""
        ordered = sorted(instances, key=lambda instance: instance.name)
        return cls(taken_on, source, {instance.name: instance for instance in ordered})

    def get(self, name: str) -> InstanceType | None:
        """The type of exactly this name, or None."""
        return self.instances.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self.instances

    def __len__(self) -> int:
        return len(self.instances)

    def __iter__(self) -> Iterator[InstanceType]:
        return iter(self.instances.values())

    def closest(self, name: str, count: int = 3) -> list[str]:
        """Names that someone who typed `name` likeliest meant, best first, at most `count`."""
        return closest_names(name, self.instances, count)

    def regions_of(self, name: str) -> tuple[str, ...]:
        """Regions that offer the type, sorted; empty for a type that is not in the catalogue."""
        instance = self.get(name)
        return instance.regions if instance else ()
