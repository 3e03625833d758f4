"""What a suite says, checked and frozen. Key names are those of the YAML file.

Only what one value can be is checked here; what values must be together is in `checks`, so that
one mistake does not hide another.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from croniter import croniter
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from geoschem_bench import units
from geoschem_bench.catalog import normalise_architecture
from geoschem_bench.suite import names

PHASES = ("phase_1", "phase_2", "phase_3", "phase_4")
PHASE_TITLES = {
    "phase_1": "Single node",
    "phase_2": "Multi node",
    "phase_3": "Specialised",
    "phase_4": "Real world",
}
LOCAL = "local"
"""The instance type that means this computer."""

PurchaseOption = Literal["on_demand", "spot"]
Occasion = Literal["finish", "failure", "deadline"]
OCCASIONS: tuple[Occasion, ...] = ("finish", "failure", "deadline")
"""When people are told of a run."""


def _one_of(
    given: str,
    found: str | None,
    allowed: tuple[str, ...],
    what: str,
    aliases: tuple[str, ...] = (),
) -> str:
    if found is None:
        raise PydanticCustomError(
            "unknown_name",
            "is {given}, which is no {what}; allowed: {allowed}{hint}",
            {
                "given": repr(given),
                "what": what,
                "allowed": ", ".join(allowed),
                "hint": names.likeliest(given, (*allowed, *aliases)),
            },
        )
    return found


def _simulation(value: str) -> str:
    allowed = names.SIMULATIONS
    return _one_of(value, names.normalise_simulation(value, "14.6") or None, allowed,
                   "simulation of GEOS-Chem", ("transport", "tropchem"))  # fmt: skip


def _resolution(value: str) -> str:
    allowed = (*names.LATLON_RESOLUTIONS, *names.CUBED_SPHERE_RESOLUTIONS)
    return _one_of(value, names.normalise_resolution(value), allowed, "grid of GEOS-Chem")


def _architecture(value: str) -> str:
    return _one_of(value, normalise_architecture(value), ("arm64", "x86_64"), "architecture")


def _region(value: str) -> str:
    found = {region.lower(): region for region in names.NESTED_REGIONS}.get(value.lower())
    return _one_of(value, found, names.NESTED_REGIONS, "nested region")


def _timezone(value: str) -> str:
    allowed = available_timezones()
    if value not in allowed:
        raise PydanticCustomError(
            "timezone", "is {given}, which is no time zone; write UTC or, say, Europe/Berlin{hint}",
            {"given": repr(value), "hint": names.likeliest(value, allowed)},
        )  # fmt: skip
    return value


def _cron(value: str) -> str:
    if not croniter.is_valid(value, second_at_beginning=False) or len(value.split()) > 5:
        raise PydanticCustomError(
            "cron", "is {given}, which is no cron expression; write five fields, such as "
            "'30 3 * * *' for 03:30 every day, or null", {"given": repr(value)},
        )  # fmt: skip
    return value


def _days(value: float) -> float:
    if not math.isfinite(value) or units.steps_in(value) is None:
        raise PydanticCustomError(
            "days", "is {given}; a positive number of days is needed, a multiple of 20 minutes "
            "(0.25 is six hours, 1 one day)", {"given": str(value)},
        )  # fmt: skip
    return value


def _as_tuple(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


_NOT_MEASURED = ("id", "description", "metrics_focus", "repetitions")
Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Texts = Annotated[
    tuple[Name, ...],
    BeforeValidator(_as_tuple, json_schema_input_type=Name | tuple[Name, ...]),
]
Occasions = Annotated[
    tuple[Occasion, ...],
    BeforeValidator(_as_tuple, json_schema_input_type=Occasion | tuple[Occasion, ...]),
]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class Section(BaseModel):
    """Frozen, and no key that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def as_config(self) -> dict[str, Any]:
        """The section as JSON-ready data, without what was not said."""
        return self.model_dump(mode="json", exclude_none=True)


class Domain(Section):
    """Where on the globe, and how fine."""

    type: Literal["global", "nested"] = "global"
    resolution: Annotated[str, AfterValidator(_resolution)]
    """`4x5` … for GC-Classic, `c24` … for GCHP."""
    region: Annotated[str, AfterValidator(_region)] | None = None


class Duration(Section):
    """Model time."""

    days: Annotated[float, AfterValidator(_days)]
    """Simulated days: positive, a multiple of 20 minutes."""


class Hardware(Section):
    """What to run on. Sizes describe one instance (node) and are checked against the catalogue."""

    instance_type: Name
    """As AWS names it (`c7g.4xlarge`), or `local`: this computer, for the proxy only."""
    processor_type: Name | None = None
    architecture: Annotated[str, AfterValidator(_architecture)] | None = None
    vcpus: Count | None = None
    memory_gb: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """GiB, which AWS's own pages call GB."""
    nodes: Annotated[int, Field(ge=1, le=1000)] = 1
    cores_per_node: Count | None = None
    network: Literal["efa", "tcp"] | None = None
    threads: Count | None = None
    """OpenMP threads; not said: the instance's physical cores."""
    mpi_ranks: Count | None = None
    """MPI ranks (GCHP), a multiple of 6; not said: the most that suit grid and cores."""


class Source(Section):
    """Which model source code."""

    version: Name | None = None
    commit: Name | None = None
    repository: Name | None = None


class Timesteps(Section):
    """Model time steps in seconds."""

    transport_seconds: Count | None = None
    chemistry_seconds: Count | None = None


class Benchmark(Section):
    """One performance benchmark, complete: after defaults and matrix."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    description: Text = ""
    application: names.Application
    simulation_type: Annotated[str, AfterValidator(_simulation)]
    domain: Domain
    duration: Duration
    hardware: Hardware
    metrics_focus: Texts = ()
    warmups: Annotated[int, Field(ge=0, le=20)] = 1
    """Runs made first and not counted: the first run reads cold input."""
    repetitions: Annotated[int, Field(ge=1, le=100)] = 3
    purchase_option: PurchaseOption = "on_demand"
    source: Source | None = None
    run_directory: Text | None = None
    input: Text | None = None
    compiler_flags: Text | None = None
    levels: Literal[47, 72] | None = None
    meteorology: Literal["MERRA-2", "GEOS-FP", "GEOS-IT", "GCAP2"] | None = None
    timesteps: Timesteps | None = None
    diagnostics: bool | None = None

    @property
    def config_sha256(self) -> str:
        """Identity of what is measured; a change starts a new series.

        Words about it, and how often it is repeated, are no part of it.
        """
        config = {k: v for k, v in self.as_config().items() if k not in _NOT_MEASURED}
        return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


class SuiteHeader(Section):
    """How a suite is run: its `suite:` block."""

    title: Text = ""
    schedule: Annotated[str, AfterValidator(_cron)] | None = None
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    region: Name = "us-west-2"
    budget_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    over_budget: Literal["stop", "approve"] = "stop"
    purchase_option: PurchaseOption = "on_demand"
    spot_fallback: Literal["on_demand", "none"] = "on_demand"
    queues: dict[Name, Name] = Field(default_factory=dict)
    """Queue by instance type or by architecture, where it is not the established one."""
    warmups: Annotated[int, Field(ge=0, le=20)] = 1
    repetitions: Annotated[int, Field(ge=1, le=100)] = 3
    max_concurrent: Annotated[int, Field(ge=1, le=1000)] = 10
    keep_warm: bool = False
    """Keep as many instances as the phase can use while it runs, also when they idle."""
    runnable_minutes: Count = 60
    late_minutes: Count = 60
    deadline_hours: Annotated[float, Field(gt=0, le=8760)] | None = None
    """People are told of a run that is not over so long after it was queued; it goes on."""
    notify: Occasions = OCCASIONS
    """Which messages of a run are sent."""
    retention_days: Count = 365
    price_max_age_days: Count = 90
    order: Literal["as_written", "interleaved"] = "as_written"


class Suite(BaseModel):
    """One suite file, read, expanded and checked."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The file's stem."""
    sha256: str
    """Of the file's bytes."""
    header: SuiteHeader
    phases: dict[str, tuple[Benchmark, ...]]
    warnings: tuple[str, ...] = ()

    @property
    def dag_id(self) -> str:
        """The Airflow DAG of this suite."""
        return dag_id_of(self.name)

    @property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        """All of them, in the order of the file."""
        return tuple(b for phase in PHASES for b in self.phases[phase])

    def benchmark(self, benchmark_id: str) -> Benchmark:
        """The one of that id (KeyError where there is none)."""
        return {b.id: b for b in self.benchmarks}[benchmark_id]

    def select(self, phases: tuple[str, ...]) -> Self:
        """The same suite with only those phases filled."""
        kept = {name: self.phases[name] if name in phases else () for name in PHASES}
        return self.model_copy(update={"phases": kept})


TAKEN_NAMES = ("cleanup", "intake", "reports")
"""Of DAGs that are no suite's."""
TAKEN_FOLDER = "runs"
"""Of the reports in S3, beside those of each suite."""


def dag_id_of(stem: str) -> str:
    """DAG id of a suite file: `graviton-vs-x86` → `geoschem_bench_graviton_vs_x86`.

    A file of any name must be shown in Airflow, also one whose name no suite may have.
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", stem)[:200]
    return "geoschem_bench_" + (f"{name}_suite" if name in TAKEN_NAMES else name)
