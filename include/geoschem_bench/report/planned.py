"""What the run set out to do, beside what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geoschem_bench.records import Result, RunPlanFile
from geoschem_bench.report.formats import DASH, duration, number
from geoschem_bench.suite import PHASE_TITLES, PHASES


@dataclass(frozen=True)
class PlannedRow:
    """One planned benchmark."""

    benchmark_id: str
    phase: str
    asked: str
    queue: str
    threads: str
    requests: str
    time_limit: str
    came_of_it: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Planned:
    """The plan."""

    rows: tuple[PlannedRow, ...]
    phases: tuple[tuple[str, str], ...]
    """Phase with its title, and what became of it."""
    warnings: tuple[str, ...]


def planned_of(
    plan: RunPlanFile | None, results: Sequence[Result], *, is_going_on: bool = False
) -> Planned | None:
    """The plan as the page shows it; None where there is none."""
    if plan is None:
        return None
    states = {result.benchmark_id: result.status for result in results}
    absent = "none yet" if is_going_on else "no result"
    return Planned(
        rows=tuple(_row(plan, index, states, absent) for index in range(len(plan.benchmarks))),
        phases=tuple((f"{name}: {PHASE_TITLES[name]}", _phase(plan, name)) for name in PHASES),
        warnings=plan.warnings,
    )


def _phase(plan: RunPlanFile, phase: str) -> str:
    count = sum(item.phase == phase for item in plan.benchmarks)
    if phase not in plan.phases:
        return "not asked for: skipped"
    return f"{count} benchmark{'' if count == 1 else 's'}" if count else "empty"


def _row(plan: RunPlanFile, index: int, states: Mapping[str, str], absent: str) -> PlannedRow:
    item = plan.benchmarks[index]
    missing = "not submitted" if plan.dry_run or item.phase not in plan.phases else absent
    hardware = item.benchmark.hardware
    nodes = f"{hardware.nodes} × " if hardware.nodes > 1 else ""
    ranks = f", {item.mpi_ranks} MPI ranks" if item.mpi_ranks else ""
    unavailable = (f"Cannot run: {item.unavailable}",) if item.unavailable else ()
    return PlannedRow(
        benchmark_id=item.id,
        phase=item.phase,
        asked=nodes + hardware.instance_type,
        queue=item.job_queue or DASH,
        threads=f"{item.threads}{ranks}",
        requests=f"{item.vcpus} vCPUs, {number(item.memory_mib / 1024)} GiB",
        time_limit=duration(item.timeout_seconds),
        came_of_it=states.get(item.id, missing),
        notes=(*unavailable, *item.notes),
    )
