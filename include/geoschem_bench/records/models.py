"""What is known of one submission of one benchmark, as it is stored, compared and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from geoschem_bench.errors import Reason
from geoschem_bench.pricing import Price, PurchaseOption


def _with_zone(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("has no time zone")
    return text


Instant = Annotated[str, AfterValidator(_with_zone)]
"""ISO 8601 with zone."""


class JobRecord(BaseModel):
    """`job.json`: what AWS Batch knew of the job, written by whoever waited for it."""

    model_config = ConfigDict(frozen=True)

    benchmark_id: str
    benchmark_run_id: str
    phase: str
    submission: int
    batch_job_id: str | None = None
    """None where nothing was submitted."""
    job_name: str | None = None
    job_queue: str | None = None
    status: str
    """As Batch spells it, or NOT_SUBMITTED, or UNKNOWN where Batch knows it no more."""
    status_reason: str | None = None
    container_reason: str | None = None
    exit_code: int | None = None
    attempts: int = 0
    created_at: Instant | None = None
    started_at: Instant | None = None
    stopped_at: Instant | None = None
    reason: Reason | None = None
    """Why it failed; None where it succeeded."""
    message: str | None = None
    log_stream: str | None = None
    log_tail: tuple[str, ...] = ()


class Result(BaseModel):
    """One row: one submission of one benchmark, succeeded or not. A missing number is None."""

    model_config = ConfigDict(frozen=True)

    # which
    benchmark_id: str
    benchmark_run_id: str
    submission: int
    phase: str | None
    suite: str | None
    description: str = ""
    config_sha256: str | None
    """Identity of what was measured; None where no configuration is known."""
    # what
    workload: Literal["model", "proxy"] | None
    """None where nothing ran."""
    application: str
    simulation_type: str
    resolution: str
    region: str | None
    simulated_days: float
    model_version: str | None = None
    compiler: str | None = None
    meteorology: str | None = None
    levels: int | None = None
    factors: dict[str, str] = Field(default_factory=dict)
    """What else was varied, in the words of whoever did: `container: singularity`."""
    # where
    requested_instance_type: str | None
    observed_instance_type: str | None
    platform: str | None
    machine_class: str | None
    """Instance type on AWS; elsewhere CPU model and count. Part of a series' identity."""
    architecture: str | None
    cpu_model: str | None
    vcpus: int | None
    physical_cores: int | None
    memory_mib: int | None
    threads: int | None
    """OpenMP threads (the proxy's processes) in use."""
    threads_requested: int | None
    mpi_ranks: int | None
    nodes: int | None
    """None where a log of GCHP does not say."""
    purchase_option: PurchaseOption | None
    """None where nobody said."""
    aws_region: str | None = None
    # how it went
    started_at: str | None
    queue_seconds: float | None
    status: Literal["succeeded", "failed"]
    reason: Reason | None
    message: str | None
    exit_code: int | None
    log_tail: tuple[str, ...] = ()
    # the numbers: one value per timed repetition, in their order
    wall_seconds: tuple[float, ...] = ()
    cpu_seconds: tuple[float, ...] = ()
    peak_memory_gib: tuple[float, ...] = ()
    warmup_wall_seconds: tuple[float, ...] = ()
    timers: dict[str, float] = Field(default_factory=dict)
    """Median seconds by component."""
    cpu_efficiency: float | None = None
    throughput_days_per_day: float | None = None
    hours_per_sim_day: float | None = None
    cost_usd_per_sim_day: float | None = None
    price: Price | None = None
    """What the cost was computed with; kept, so that an old cost stays what it was."""
    null_reason: str | None = None
    """Why throughput and cost are null."""
    cost_null_reason: str | None = None
    """Why the cost alone is null: no price is known."""
    is_smoke: bool = True
    """Too short or too synthetic to rank or extrapolate."""
    is_cold: bool | None = None
    """Whether input was read for the first time; None where it is not known."""
    wall_clock: str | None = None
    """What gave the wall seconds, where it was not our own runner: timers, time -v, stamps."""
    wall_uncertainty_seconds: float | None = None
    calibration: dict[str, Any] | None = None
    field_sha256: str | None = None
    memory_method: str | None = None
    # from where
    origin: Literal["measured", "log", "published"] = "measured"
    """By a job of ours, read from somebody's log, or published by others."""
    source: str | None = None
    """Name of the log, or the publication; None where a job of ours measured."""
    notes: tuple[str, ...] = ()
    """What a reader must know of these numbers."""
    output_path: str
    """`s3://…/`, the folder of the manifest; empty for what was published."""
    manifest_sha256: str | None
    """None where there is no manifest."""

    @property
    def run_key(self) -> str:
        """Sort key of the table."""
        return f"{self.benchmark_run_id}#{self.submission}"

    @property
    def simulation_key(self) -> str:
        """`<workload>/<application>/<simulation>/<resolution>/<region|global>`."""
        return "/".join(
            (self.workload or "none", self.application, self.simulation_type, self.resolution,
             self.region or "global")
        )  # fmt: skip

    @property
    def month(self) -> str:
        """`2026-11`, of the run id: when the run was due; `0000-00` for a log without a date."""
        return f"{self.benchmark_run_id[:4]}-{self.benchmark_run_id[4:6]}"
