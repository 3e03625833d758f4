"""What was planned and left nothing behind: every planned benchmark has a row, with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from geoschem_bench.errors import Reason
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.records.building import result_of_failure
from geoschem_bench.records.models import JobRecord, Result
from geoschem_bench.records.run_files import (
    BUDGET_FILE,
    RunPlanFile,
    read_budget_decision,
    read_run_plan,
)
from geoschem_bench.records.stores import ObjectStore
from geoschem_bench.records.summing import NOT_SUBMITTED

Planned = dict[tuple[str, str], tuple[PlannedBenchmark, str]]
"""(run, benchmark) → its plan and the folder it was to write."""


def plan_above(prefix: str, objects: ObjectStore) -> Iterator[RunPlanFile]:
    """The plan of the run that a prefix inside it belongs to."""
    run = re.match(r"s3://[^/]+/runs/[^/]+/(?=.)", prefix)
    plan = read_run_plan(objects, run.group() + "plan.json") if run else None
    if plan:
        yield plan


def planned_by_run(plans: Iterable[RunPlanFile]) -> Planned:
    """(run, benchmark) → its plan and the folder it was to write, of runs that did submit."""
    return {
        (plan.benchmark_run_id, item.id): (item, plan.output_path(item))
        for plan in plans
        if not plan.dry_run
        for item in plan.benchmarks
    }


def absent_of(
    planned: Planned,
    found: list[Result],
    objects: ObjectStore,
) -> list[Result]:
    """A row for each benchmark that left nothing behind, with the reason where one is known."""
    seen = {(result.benchmark_run_id, result.benchmark_id) for result in found}
    absent = {key: value for key, value in planned.items() if key not in seen}
    refusals = {
        run: _refusal(folder, objects)
        for run, folder in {run: folder for (run, _), (_, folder) in absent.items()}.items()
    }
    return [
        result_of_failure(item, _never_submitted(item, run, refusals[run]), folder, run)
        for (run, _), (item, folder) in absent.items()
    ]


def _refusal(folder: str, objects: ObjectStore) -> str | None:
    """Why the budget let nothing of that run be submitted; None where it did."""
    top = folder.split("/phase_", 1)[0]
    decision = read_budget_decision(objects, f"{top}/{BUDGET_FILE}")
    return None if decision is None or decision.may_spend else decision.message


def _never_submitted(item: PlannedBenchmark, run: str, why: str | None) -> JobRecord | None:
    if why is None:
        return None
    return JobRecord(
        benchmark_id=item.id, benchmark_run_id=run, phase=item.phase, submission=1,
        status=NOT_SUBMITTED, reason=Reason.CANCELLED, message=why,
    )  # fmt: skip
