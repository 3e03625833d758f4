"""What a log says of one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from geoschem_bench.errors import Reason

Model = Literal["gc-classic", "gchp"]
WallClock = Literal["timers", "time -v", "stamps", "throughput", "time loop"]
"""`throughput` is of the whole run, initialisation and finalisation included; `time loop` is what
GCHP's last step gives, without either."""


@dataclass(frozen=True)
class ModelRun:
    """One run as its log tells it; None where the log does not say."""

    application: Model
    size_bytes: int
    """Of the unpacked log."""
    sha256: str
    """Of the unpacked log."""

    model_version: str | None = None
    compiler: str | None = None
    simulation_type: str | None = None
    """GEOS-Chem's own name; as printed where it is none of ours (`standard` of 12.x)."""
    resolution: str | None = None
    region: str | None = None
    """None for global; of a nested run the region's name, or `custom`."""
    meteorology: str | None = None
    levels: int | None = None

    simulated_start: datetime | None = None
    """Model time, naive."""
    simulated_end: datetime | None = None
    simulated_days: float | None = None
    started: datetime | None = None
    """The computer's clock, naive: its zone is not printed."""
    ended: datetime | None = None

    wall_seconds: float | None = None
    wall_clock: WallClock | None = None
    wall_uncertainty_seconds: float = 0.0
    """Half of what the clock's printed digits leave open, or a minute for minute stamps."""
    process_wall_seconds: float | None = None
    """`/usr/bin/time -v`: Elapsed."""
    cpu_user_seconds: float | None = None
    cpu_system_seconds: float | None = None
    peak_memory_gib: float | None = None
    memory_method: str | None = None
    threads: int | None = None
    """Only where the log prints it; never guessed from the CPU share."""
    mpi_ranks: int | None = None
    nodes: int | None = None

    timers: dict[str, float] = field(default_factory=dict)
    """Seconds by exact name, in printed order; a timer that did not run is absent."""
    total_timer: str | None = None
    """The one of `timers` that holds the whole run."""
    throughput_days_per_day: float | None = None
    """GCHP, last step: Avg, of the time loop alone (without initialisation)."""
    run_throughput_days_per_day: float | None = None
    """GCHP, last step: Run, of the components' run methods in that step."""
    model_throughput_days_per_day: float | None = None
    """GCHP, at the end: of the whole run, initialisation and finalisation included."""

    steps: int = 0
    last_step: datetime | None = None
    reason: Reason | None = None
    """None: the run succeeded."""
    message: str | None = None
    """Why it is judged failed, at most 500 characters."""
    notes: tuple[str, ...] = ()
    """What a reader of the numbers must know."""
