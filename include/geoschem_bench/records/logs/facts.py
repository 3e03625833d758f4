"""What a person adds to a log, and the names under which a log is filed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from geoschem_bench import units
from geoschem_bench.model_logs import LogError, ModelRun
from geoschem_bench.planning import run_id_by_hand
from geoschem_bench.pricing import PurchaseOption
from geoschem_bench.suite import names

_UNDATED = "00000000T000000Z"
_LONGEST_ID = 64
_SHORT = {"gc-classic": "GCC", "gchp": "GCHP"}


class LogFacts(BaseModel):
    """What a log cannot say and a person can. None: nobody said, and nothing is assumed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    benchmark_id: str | None = None
    simulation_type: str | None = None
    """This and the next three only where the log is silent: timers without their log."""
    resolution: str | None = None
    simulated_days: float | None = None
    model_version: str | None = None
    instance_type: str | None = None
    aws_region: str | None = None
    purchase_option: PurchaseOption | None = None
    threads: int | None = None
    nodes: int | None = None
    compiler: str | None = None
    is_cold: bool | None = None
    is_synthetic_input: bool | None = None
    factors: dict[str, str] = Field(default_factory=dict)

    def said(self) -> dict[str, Any]:
        """Only what was said, as it is stored."""
        return {name: value for name, value in self.model_dump().items() if value not in (None, {})}

    def after(self, before: LogFacts) -> LogFacts:
        """These, and what was said before and is not said otherwise now."""
        factors = {**before.factors, **self.factors}
        return LogFacts.model_validate({**before.said(), **self.said(), "factors": factors})


def derived_id(run: ModelRun, name: str) -> str:
    """`GCC-14-7-0-fullchem-4x5-7d`: what the log says of the simulation, as a benchmark id."""
    simulation, resolution, days = simulation_of_log(run, name)
    where = f"{resolution}-{run.region}" if run.region else resolution
    length = f"{days:g}d" if days >= 1 else f"{days * units.HOURS_PER_DAY:g}h"
    words = (_SHORT[run.application], run.model_version, simulation, where, length)
    text = "-".join(word for word in words if word)
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:_LONGEST_ID]


def with_facts(run: ModelRun, facts: LogFacts) -> ModelRun:
    """The run with what its importer says of the simulation, where the log itself is silent."""
    version = run.model_version or facts.model_version
    simulation, resolution = facts.simulation_type or "", facts.resolution or ""
    named = names.normalise_simulation(simulation, version) or simulation or None
    return replace(
        run,
        model_version=version,
        simulation_type=run.simulation_type or named,
        resolution=run.resolution or names.normalise_resolution(resolution) or resolution or None,
        simulated_days=run.simulated_days or facts.simulated_days,
    )


def log_run_id(started: datetime | None, sha256: str) -> str:
    """Run id of an imported log: its start and its contents, so that it is filed once only.

    Sixteen digits of the checksum: of ten thousand logs two with the same eight are no wonder.
    """
    stamp = _UNDATED if started is None else run_id_by_hand(started.replace(tzinfo=UTC), "")[:-1]
    return f"{stamp}-{sha256[:16]}"


def simulation_of_log(run: ModelRun, name: str) -> tuple[str, str, float]:
    """Simulation, resolution, simulated days. Raises LogError where the log is silent."""
    if run.simulation_type is None or run.resolution is None or not run.simulated_days:
        silent = [what for what, said in (("simulation", run.simulation_type), ("resolution",
                  run.resolution), ("simulated days", run.simulated_days)) if not said]  # fmt: skip
        options = ", ".join(f"--{what.split()[-1]}" for what in silent)
        raise LogError(name, f"does not say the {' and the '.join(silent)}; give {options}")
    return run.simulation_type, run.resolution, run.simulated_days
