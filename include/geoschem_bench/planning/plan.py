"""Suite → what will be submitted where: the dry run, and what every later step works from."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from geoschem_bench.catalog import Catalog, InstanceType, load_catalog
from geoschem_bench.planning import placement
from geoschem_bench.planning.decomposition import most_ranks
from geoschem_bench.planning.routes import Routes
from geoschem_bench.planning.time_limits import timeout_seconds
from geoschem_bench.suite import LOCAL, PHASES, Benchmark, Suite, SuiteHeader
from geoschem_bench.suite.names import cells_per_face_edge


class PlannedBenchmark(BaseModel):
    """One benchmark, placed. All of it is known before a run exists."""

    model_config = ConfigDict(frozen=True)

    benchmark: Benchmark
    phase: str
    suite: str
    architecture: str
    job_queue: str
    job_definition: str
    vcpus: int
    """Requested of Batch."""
    memory_mib: int
    """Requested of Batch."""
    threads: int
    """OpenMP threads."""
    mpi_ranks: int | None
    timeout_seconds: int
    unavailable: str | None = None
    """Why it cannot run in this region; it then fails alone, at once."""
    notes: tuple[str, ...] = ()
    runnable_minutes: int = 60
    """How long the job may wait in RUNNABLE before somebody has to look why."""
    fallback_queue: str | None = None
    """Where a spot benchmark goes the second time, on demand; None: nowhere else."""

    @property
    def id(self) -> str:
        """The benchmark's id."""
        return self.benchmark.id

    def with_repetitions(self, repetitions: int | None) -> PlannedBenchmark:
        """The same with another number of timed repetitions, and the time for them."""
        if repetitions is None:
            return self
        benchmark = self.benchmark.model_copy(update={"repetitions": repetitions})
        seconds = timeout_seconds(benchmark)
        return self.model_copy(update={"benchmark": benchmark, "timeout_seconds": seconds})

    def on_demand(self) -> PlannedBenchmark:
        """The same on the fallback queue, where no spot market can take its instance away."""
        if self.fallback_queue is None:
            raise ValueError(f"{self.id} has no fallback queue")
        benchmark = self.benchmark.model_copy(update={"purchase_option": "on_demand"})
        changed = {"benchmark": benchmark, "job_queue": self.fallback_queue, "fallback_queue": None}
        return self.model_copy(update=changed)

    def config(self, run_id: str, submission: int) -> dict[str, Any]:
        """The configJson of one submission: the benchmark and its plan.

        Args:
            run_id: `benchmark_run_id`.
            submission: Counts up on a clear or a new attempt.
        """
        config = self.benchmark.as_config()
        config["plan"] = {
            "benchmark_run_id": run_id,
            "phase": self.phase,
            "suite": self.suite,
            "submission": submission,
            "config_sha256": self.benchmark.config_sha256,
            "threads": self.threads,
            "warmups": self.benchmark.warmups,
            "repetitions": self.benchmark.repetitions,
            "timeout_seconds": self.timeout_seconds,
        }
        if self.mpi_ranks is not None:
            config["plan"]["mpi_ranks"] = self.mpi_ranks
        return config

    def config_json(self, run_id: str, submission: int) -> str:
        """`config` as the job parameter."""
        return json.dumps(self.config(run_id, submission), separators=(",", ":"))


def plan_suite(
    suite: Suite, catalog: Catalog | None = None, routes: Routes | None = None
) -> tuple[PlannedBenchmark, ...]:
    """Every benchmark of the suite, in the order it asks for, with queue, requests and time limit.

    Args:
        suite: As read.
        catalog: Instance types; the package's own when not given.
        routes: Queues and definitions of an installation with other names than ours.
    """
    catalog, routes = catalog or load_catalog(), routes or Routes()
    planned: list[PlannedBenchmark] = []
    for phase in PHASES:
        placed = [_plan(b, phase, suite, catalog, routes) for b in suite.phases[phase]]
        planned += _interleaved(placed) if suite.header.order == "interleaved" else placed
    return tuple(planned)


def _interleaved(planned: Sequence[PlannedBenchmark]) -> Iterator[PlannedBenchmark]:
    """Architectures by turns, each in its own order: what drifts in time hits both alike."""
    lanes: dict[str, list[PlannedBenchmark]] = {}
    for each in planned:
        lanes.setdefault(each.architecture, []).append(each)
    for row in itertools.zip_longest(*lanes.values()):
        yield from (each for each in row if each is not None)


def _plan(
    benchmark: Benchmark, phase: str, suite: Suite, catalog: Catalog, routes: Routes
) -> PlannedBenchmark:
    instance = placement.instance_of(benchmark, catalog)
    is_gchp = benchmark.application == "gchp"
    ranks, notes = _ranks(benchmark, instance) if is_gchp else (None, ())
    return PlannedBenchmark(
        benchmark=benchmark,
        phase=phase,
        suite=suite.name,
        architecture=instance.architecture,
        job_queue=placement.queue_of(benchmark, instance, suite.header, routes),
        job_definition=placement.job_definition_of(benchmark, instance.architecture, routes),
        vcpus=placement.requested_vcpus(instance),
        memory_mib=placement.requested_memory_mib(instance),
        # GCHP is built without OpenMP: its parallelism is ranks
        threads=benchmark.hardware.threads or (1 if is_gchp else instance.physical_cores),
        mpi_ranks=ranks,
        timeout_seconds=timeout_seconds(benchmark),
        unavailable=_unavailable(instance, suite.header) or _unfit(is_gchp, ranks, benchmark),
        notes=notes,
        runnable_minutes=suite.header.runnable_minutes,
        fallback_queue=_fallback(benchmark, instance, suite.header, routes),
    )


def _fallback(
    benchmark: Benchmark, instance: InstanceType, header: SuiteHeader, routes: Routes
) -> str | None:
    """The on-demand queue of a spot benchmark whose suite allows it.

    None where both go to one queue, which the suite itself names: on spot it would be again.
    """
    if benchmark.purchase_option != "spot" or header.spot_fallback == "none":
        return None
    on_demand = benchmark.model_copy(update={"purchase_option": "on_demand"})
    queue = placement.queue_of(on_demand, instance, header, routes)
    return None if queue == placement.queue_of(benchmark, instance, header, routes) else queue


def _ranks(benchmark: Benchmark, instance: InstanceType) -> tuple[int | None, tuple[str, ...]]:
    hardware = benchmark.hardware
    if hardware.mpi_ranks:
        return hardware.mpi_ranks, ()
    cores = hardware.cores_per_node or instance.physical_cores
    resolution = benchmark.domain.resolution
    ranks = most_ranks(hardware.nodes, cores, cells_per_face_edge(resolution))
    if ranks is None:
        return None, ()
    total = hardware.nodes * cores
    note = (
        f"{ranks} MPI ranks on {total} cores: the most that suit {resolution} and a multiple of 6"
    )
    return ranks, (note,)


def _unavailable(instance: InstanceType, header: SuiteHeader) -> str | None:
    if instance.name == LOCAL or header.region in instance.regions:
        return None
    regions = ", ".join(instance.regions) or "no region we know"
    return f"{instance.name} is not offered in {header.region}; it is in: {regions}"


def _unfit(is_gchp: bool, ranks: int | None, benchmark: Benchmark) -> str | None:
    if not is_gchp or ranks is not None:
        return None
    hardware = benchmark.hardware
    return f"{hardware.nodes} x {hardware.instance_type} cannot hold the 6 MPI ranks GCHP needs"
