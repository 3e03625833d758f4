"""CPMIP's measures of a model run, under CPMIP's names.

Balaji et al., "CPMIP: measurements of real computational performance of Earth system models in
CMIP6", Geosci. Model Dev. 10, 19-34, 2017 (doi 10.5194/gmd-10-19-2017).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from geoschem_bench import units
from geoschem_bench.analysis.samples import Sample
from geoschem_bench.records import Result

DAYS_PER_YEAR = 365

CoreKind = Literal["physical cores", "vCPUs"]


class Cpmip(BaseModel):
    """Of one run, or of the runs of a sample."""

    model_config = ConfigDict(frozen=True)

    sypd: float
    """Simulated years (of 365 days) per wall-clock day."""
    asypd: float | None
    """Actual SYPD: the wait in the queue counts too. None where it is not known."""
    chsy: float | None
    """Core-hours per simulated year; None where the cores are not known."""
    cores: int | None
    """Allocated, all nodes, in use or not: CPMIP's parallelization."""
    core_kind: CoreKind | None
    """Physical cores where they are known; a vCPU is half a core on most x86 types."""


def cpmip_of(result: Result) -> Cpmip | None:
    """Of one result; None for what failed, a proxy, or a smoke run."""
    if result.status != "succeeded" or not result.wall_seconds:
        return None
    return _cpmip([result], result.wall_seconds)


def cpmip_of_sample(sample: Sample) -> Cpmip | None:
    """Of a sample's runs, by their median seconds; None for a proxy or where one is a smoke run."""
    return _cpmip(sample.runs, sample.values)


def _cpmip(runs: Sequence[Result], seconds: Sequence[float]) -> Cpmip | None:
    first, wall = runs[0], statistics.median(seconds)
    if wall <= 0 or any(run.workload != "model" or run.is_smoke for run in runs):
        return None
    sypd = _years_per_day(first.simulated_days, wall)
    queues = [run.queue_seconds for run in runs if run.queue_seconds is not None]
    known = len(queues) == len(runs)
    cores, kind = _cores(first)
    return Cpmip(
        sypd=sypd,
        asypd=(
            _years_per_day(first.simulated_days, wall + statistics.median(queues))
            if known
            else None
        ),
        chsy=None if cores is None else cores * units.HOURS_PER_DAY / sypd,
        cores=cores,
        core_kind=kind,
    )


def _years_per_day(simulated_days: float, seconds: float) -> float:
    return units.throughput_days_per_day(simulated_days, seconds) / DAYS_PER_YEAR


def _cores(result: Result) -> tuple[int | None, CoreKind | None]:
    if result.nodes is None:
        return None, None
    if result.physical_cores:
        return result.physical_cores * result.nodes, "physical cores"
    if result.vcpus:
        return result.vcpus * result.nodes, "vCPUs"
    return None, None
