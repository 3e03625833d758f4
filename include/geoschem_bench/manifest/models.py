"""What a job writes: one JSON document per run of one benchmark.

Schema history
    1.0  2026-11  first version. Keeps the sections of the earlier system (`benchmark_id`,
                  `configuration`, `run_summary`, `performance_metrics`, `simulation_details`)
                  and adds the rest.
    1.1  2026-11  `provenance` for what was read from a log; model version, compiler, meteorology
                  and levels; what a log cannot say may be null.

A reader refuses other majors. A missing number is null, never 0. Unknown keys are let pass, so
that an older reader can load a newer minor.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from geoschem_bench.errors import Reason

SCHEMA_VERSION = "1.1"

Number = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**12)]
ShortText = Annotated[str, Field(max_length=2000)]
Timers = Annotated[dict[Annotated[str, Field(max_length=100)], Seconds], Field(max_length=200)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class Part(BaseModel):
    """Frozen; numbers are numbers, not text."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class RunSummary(Part):
    """The whole process, from start to upload."""

    start_time: ShortText | None
    """ISO 8601 with zone; null only where a log does not say."""
    end_time: ShortText | None
    duration_seconds: Seconds | None
    """Of the whole job: set-up, calibration, warm-ups, repetitions."""
    instance_type: ShortText | None
    """Observed; null where this is no EC2 instance."""
    architecture: ShortText | None
    processor_type: ShortText | None
    omp_num_threads: Count | None


class PerformanceMetrics(Part):
    """Headline numbers: the median over the timed repetitions."""

    wall_seconds: Seconds | None = None
    cpu_seconds: Seconds | None = None
    """User and system, of the timed part of the whole process tree."""
    cpu_efficiency: Number | None = None
    """CPU seconds / (wall seconds × threads)."""
    peak_memory_gib: Number | None = None
    throughput_days_per_day: Number | None = None
    hours_per_sim_day: Number | None = None
    null_reason: ShortText | None = None
    """Why throughput is null where a repetition succeeded."""


class SimulationDetails(Part):
    """What was simulated."""

    application: ShortText
    simulation_type: ShortText
    resolution: ShortText
    region: ShortText | None = None
    simulated_days: Number | None
    model_version: ShortText | None = None
    """As the model prints it: `14.7.0`."""
    compiler: ShortText | None = None
    meteorology: ShortText | None = None
    levels: Count | None = None
    is_synthetic_input: bool | None = None
    """Whether the model read made-up meteorology; null where nobody said."""
    grid: dict[str, Any] = Field(default_factory=dict)
    """Cells by dimension, tracers, mechanism."""
    field_sha256: ShortText | None = None
    """Of the final field: the same whatever the number of threads."""
    checks: dict[str, Any] = Field(default_factory=dict)
    """Scientific checks made on the result, such as the relative drift of mass."""


class Requested(Part):
    """What the suite asked for."""

    instance_type: ShortText | None
    threads: Count | None
    mpi_ranks: Count | None = None
    nodes: Count | None = 1
    """Null only where a log of GCHP does not say."""
    vcpus: Count | None = None
    memory_mib: Count | None = None


class Observed(Part):
    """Where the job ran and what it was given."""

    platform: Literal["aws", "sandbox", "unknown"]
    instance_type: ShortText | None
    architecture: ShortText | None
    cpu_model: ShortText | None
    vcpus: Count | None
    physical_cores: Count | None
    memory_mib: Count | None
    granted_vcpus: Count | None = None
    threads: Count | None
    """Used, which is less than requested where fewer CPUs were granted."""


class Environment(Part):
    """What else may explain a number. Recorded, compared, never identity."""

    kernel: ShortText | None = None
    image: ShortText | None = None
    threads_per_core: Count | None = None
    packages: dict[str, str] = Field(default_factory=dict)
    openmp: dict[str, str] = Field(default_factory=dict)
    ec2: dict[str, str] | None = None
    """Instance type, region, zone, instance id from IMDSv2 (or as the importer of a log was
    told); null off EC2."""
    batch: dict[str, str] = Field(default_factory=dict)
    """AWS_BATCH_* variables of the job."""
    memory_method: ShortText | None = None
    cpu_method: ShortText | None = None
    clock: ShortText | None = None


class Calibration(Part):
    """A short fixed measurement of the machine, made before the workload."""

    version: ShortText
    threads: Count
    triad_gb_per_s: Number
    compute_gflop_per_s: Number
    seconds: Seconds


class Repetition(Part):
    """One run of the workload."""

    number: Annotated[int, Field(ge=1)]
    """1-based, warm-ups and timed repetitions counted apart."""
    warmup: bool
    wall_seconds: Seconds
    cpu_user_seconds: Seconds | None
    cpu_system_seconds: Seconds | None
    process_cpu_seconds: Seconds | None = None
    """Of the whole process tree, set-up included, as wait4 accounts it."""
    setup_seconds: Seconds | None = None
    """Before the timed part: processes, imports, initial fields."""
    peak_memory_gib: Number | None = None
    timers: Timers = Field(default_factory=dict)
    """Seconds by component of the timed part."""


class Outcome(Part):
    """How it ended."""

    status: Literal["succeeded", "failed"]
    reason: Annotated[Reason, Field(strict=False)] | None = None
    message: Annotated[str, Field(max_length=20_000)] | None = None
    exit_code: int | None = None


class Provenance(Part):
    """Where the numbers come from when no job of ours measured them."""

    kind: Literal["log"]
    submission: Annotated[int, Field(ge=1)] = 1
    """Counts up when the same log is imported again with other facts beside it."""
    source: ShortText
    """Name of the file, without its folder."""
    sha256: ShortText
    """Of the log, unpacked."""
    wall_clock: ShortText | None
    """What gave the wall seconds: timers, time -v, stamps, throughput, time loop."""
    wall_uncertainty_seconds: Seconds | None
    facts: Annotated[dict[str, Any], Field(max_length=50)] = Field(default_factory=dict)
    """What the importer said and the log cannot: instance type, region, threads, and so on."""
    notes: Annotated[tuple[ShortText, ...], Field(max_length=100)] = ()


class Manifest(Part):
    """The document. Its presence in S3 means that everything beside it is complete."""

    schema_version: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    benchmark_id: Identifier
    configuration: dict[str, Any]
    """The configJson that was run, completed."""
    defaults_filled: tuple[str, ...] = ()
    """Dotted keys of the configuration that were not given."""
    run_summary: RunSummary
    performance_metrics: PerformanceMetrics
    simulation_details: SimulationDetails
    workload: Literal["model", "proxy"]
    requested: Requested
    observed: Observed
    environment: Environment
    calibration: Calibration | None = None
    repetitions: Annotated[tuple[Repetition, ...], Field(max_length=1000)] = ()
    timers: Timers = Field(default_factory=dict)
    """Median seconds by component over the timed repetitions."""
    outcome: Outcome
    provenance: Provenance | None = None
    """None where a job of ours measured."""

    @property
    def plan(self) -> dict[str, Any] | None:
        """What the planner wrote; None for a job submitted by hand."""
        plan = self.configuration.get("plan")
        return plan if isinstance(plan, dict) else None

    @property
    def started(self) -> datetime | None:
        """Start of the job, with zone; None where a log does not say."""
        start = self.run_summary.start_time
        return datetime.fromisoformat(start) if start else None

    def to_json(self) -> bytes:
        """As it is stored: UTF-8, indented for people, no NaN."""
        return self.model_dump_json(indent=1).encode()
