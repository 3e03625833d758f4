"""What runs must have in common for what is learnt of some to hold for others."""

from __future__ import annotations

from dataclasses import dataclass, replace

from geoschem_bench.analysis.samples import Sample
from geoschem_bench.analysis.setups import Provenance, Simulation


@dataclass(frozen=True)
class Scope:
    """One simulation of one model version, measured by the same people.

    Machines and factors may differ within it.
    """

    simulation: Simulation
    provenance: Provenance
    model_version: str | None
    """None also where a scope is of all versions: `of_all_versions`."""
    is_smoke: bool = False

    @property
    def label(self) -> str:
        """`fullchem at 4x5, 7 simulated days (gc-classic 12.1.1), published`."""
        one = self.simulation
        days = f"{one.simulated_days:g} simulated day{'' if one.simulated_days == 1 else 's'}"
        region = f" over {one.region}" if one.region != "global" else ""
        version = f" {self.model_version}" if self.model_version else ""
        work = [one.workload] if one.workload not in ("model", one.application) else []
        words = [
            f"{one.simulation_type} at {one.resolution}{region}",
            f"{days} ({one.application}{version})",
            *work,
            *(["published"] if self.provenance == "published" else []),
            *(["smoke"] if self.is_smoke else []),
        ]
        return ", ".join(words)

    @property
    def order(self) -> tuple[object, ...]:
        """To sort by."""
        return tuple(vars(self.simulation).values()), self.provenance, self.model_version or "", \
            self.is_smoke  # fmt: skip

    def of_all_versions(self) -> Scope:
        """The same of whatever model version."""
        return replace(self, model_version=None)


def scope_of(sample: Sample) -> Scope:
    """The scope that this sample is in."""
    setup = sample.setup
    return Scope(setup.simulation, setup.provenance, setup.model_version, sample.is_smoke)
