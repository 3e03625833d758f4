"""What the steps of a run have stored beside it, read back."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from geoschem_bench.analysis import Analysis, analyse, latest_submissions
from geoschem_bench.errors import NotFoundError, StorageError
from geoschem_bench.planning import run_prefix
from geoschem_bench.records import (
    BUDGET_FILE,
    COSTS_FILE,
    LOAD_FILE,
    BudgetDecision,
    ObjectStore,
    Rejected,
    Result,
    ResultsStore,
    RunCosts,
    RunPlanFile,
    read_budget_decision,
    read_costs,
    read_run_plan,
)


def read_plan(run_id: str, bucket: str, objects: ObjectStore) -> RunPlanFile:
    """The plan of a run. Raises NotFoundError where there is no such run."""
    plan = plan_of(run_id, bucket, objects)
    if plan is None:
        raise NotFoundError(f"no run {run_id} in s3://{bucket}/runs/; `status` lists the runs")
    return plan


def plan_of(run_id: str, bucket: str, objects: ObjectStore) -> RunPlanFile | None:
    """The plan of a run, or None where there is none: jobs submitted by hand have none."""
    return read_run_plan(objects, address_of(bucket, run_id, "plan.json"))


def costs_of(run_id: str, bucket: str, objects: ObjectStore) -> RunCosts | None:
    """What the run's jobs have cost, as it was summed when the run was loaded."""
    return read_costs(objects, address_of(bucket, run_id, COSTS_FILE))


def decision_of(run_id: str, bucket: str, objects: ObjectStore) -> BudgetDecision | None:
    """Whether the run was let to spend; None before that was decided, and for dry runs."""
    return read_budget_decision(objects, address_of(bucket, run_id, BUDGET_FILE))


def closing_words(run_id: str, bucket: str, objects: ObjectStore) -> list[str]:
    """What is to be said of a run's money at its end."""
    decision, costs = decision_of(run_id, bucket, objects), costs_of(run_id, bucket, objects)
    said = [] if decision is None or decision.outcome == "within" else [decision.message]
    return [*said, costs.headline()] if costs else said


def failed_benchmarks(run_id: str, store: ResultsStore) -> Collection[str]:
    """Ids of the benchmarks whose last submission failed, with their reasons."""
    latest, _ = latest_submissions(store.of_run(run_id))
    return [f"{r.benchmark_id} ({r.reason})" for r in latest if r.status == "failed"]


def analysis_of(
    run_id: str, bucket: str, objects: ObjectStore, results: Sequence[Result]
) -> Analysis:
    """The stored analysis of a run, or a fresh one."""
    where = address_of(bucket, run_id, "analysis.json")
    raw = objects.get(where)
    try:
        if raw is not None:
            return Analysis.from_json(raw)
    except ValueError as error:
        raise StorageError(f"{where} is damaged; make the report anew") from error
    return analyse(results, plan_of(run_id, bucket, objects))


def rejected_of(run_id: str, bucket: str, objects: ObjectStore) -> list[Rejected]:
    """Manifests that could not be read when the run was loaded."""
    where = address_of(bucket, run_id, LOAD_FILE)
    raw = objects.get(where)
    try:
        return [Rejected(**item) for item in json.loads(raw)["rejected"]] if raw else []
    except (ValueError, TypeError, KeyError) as error:
        raise StorageError(f"{where} is damaged; load the run again") from error


def is_loaded(run_id: str, bucket: str, objects: ObjectStore) -> bool:
    """Whether the run has come to its end; a phase is loaded before that."""
    return objects.get(address_of(bucket, run_id, LOAD_FILE), limit=1) is not None


def address_of(bucket: str, run_id: str, name: str) -> str:
    """Of a file beside the run's phases."""
    return run_prefix(bucket, run_id) + name
