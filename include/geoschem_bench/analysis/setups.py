"""What a run was: all that two runs must have in common to be repetitions of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geoschem_bench.records import Result

Provenance = Literal["own", "published"]


@dataclass(frozen=True)
class Simulation:
    """What was simulated: only equal simulations are compared."""

    workload: str
    application: str
    simulation_type: str
    resolution: str
    region: str
    """`global` where there is none."""
    simulated_days: float


@dataclass(frozen=True)
class Setup:
    """Identity of a sample. Not in it: how the instance was bought, which asks nothing of it."""

    simulation: Simulation
    provenance: Provenance
    """`own`: by a job of ours or read from somebody's log; `published`: by others."""
    model_version: str | None
    compiler: str | None
    meteorology: str | None
    levels: int | None
    instance_type: str | None
    """As observed; None off AWS, and where it is not known."""
    machine_class: str | None
    nodes: int | None
    """None where a log of GCHP does not say."""
    threads: int | None
    mpi_ranks: int | None
    factors: tuple[tuple[str, str], ...]
    """By name."""
    config_sha256: str | None
    """Of measured runs only: a log has no configuration to be told apart by."""

    lone_log: tuple[str, str] | None = None
    """Name and run id of a log of which nobody said on what machine or with how many threads it
    ran: two such runs may be of anything, and are no repetitions of each other."""

    wall_clock: str | None = None
    """What gave the seconds of a log or a publication: clocks may include more or less of a run.
    None: our own runner's, or not known."""

    @property
    def node_count(self) -> int:
        """For costs, which only a known instance type has, whose nodes are known with it."""
        return self.nodes or 1

    @property
    def machine(self) -> str | None:
        """Instance type; elsewhere the machine class."""
        return self.instance_type or self.machine_class


def setup_of(result: Result) -> Setup:
    """The setup that this result is a run of."""
    return Setup(
        simulation=Simulation(
            workload=result.workload or "none",
            application=result.application,
            simulation_type=result.simulation_type,
            resolution=result.resolution,
            region=result.region or "global",
            simulated_days=result.simulated_days,
        ),
        provenance="published" if result.origin == "published" else "own",
        model_version=result.model_version,
        compiler=result.compiler,
        meteorology=result.meteorology,
        levels=result.levels,
        instance_type=result.observed_instance_type,
        machine_class=result.machine_class,
        nodes=result.nodes,
        threads=result.threads,
        mpi_ranks=result.mpi_ranks,
        factors=tuple(sorted(result.factors.items())),
        config_sha256=result.config_sha256 if result.origin == "measured" else None,
        lone_log=_lone_log(result),
        wall_clock=result.wall_clock if result.origin != "measured" else None,
    )


def _lone_log(result: Result) -> tuple[str, str] | None:
    parallel = result.mpi_ranks if result.application == "gchp" else result.threads
    machine = result.observed_instance_type or result.machine_class
    if result.origin != "log" or (machine and parallel):
        return None
    return result.source or "", result.benchmark_run_id
