"""The steps of a run before and after its jobs, as plain functions.

Airflow's tasks and the command line call the same ones. Each works from what the step before it
stored, so each can be run again alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime

from geoschem_bench import __version__
from geoschem_bench.analysis import Analysis, analyse, latest_submissions
from geoschem_bench.errors import NotFoundError, StorageError
from geoschem_bench.planning import PlannedBenchmark, Routes, RunRequest, plan_suite, run_prefix
from geoschem_bench.pricing import Estimate, PriceSource, estimate_of
from geoschem_bench.recommendation import Recommendation, recommend
from geoschem_bench.records import (
    BUDGET_FILE,
    COSTS_FILE,
    BudgetDecision,
    LoadSummary,
    ObjectStore,
    Rejected,
    Result,
    ResultsStore,
    RunCosts,
    RunPlanFile,
    load_prefix,
    read_budget_decision,
    read_costs,
    read_run_plan,
    sum_costs,
)
from geoschem_bench.report import build_report
from geoschem_bench.suite import Suite

REPORT_FILES = {
    "report.html": "text/html; charset=utf-8",
    "results.csv": "text/csv; charset=utf-8",
    "results.json": "application/json",
}


def plan_run(
    suite: Suite,
    request: RunRequest,
    bucket: str,
    objects: ObjectStore,
    routes: Routes | None = None,
    *,
    in_sandbox: bool = False,
) -> RunPlanFile:
    """Place every benchmark of the phases asked for and write `plan.json`, with its estimate.

    Args:
        suite: As read.
        request: What this run is to do.
        bucket: Results bucket.
        objects: Where the plan is written.
        routes: Queues and definitions of an installation with other names than ours.
        in_sandbox: The jobs run on this computer, whatever instance they name: nothing is
            billed, but the plan is held to its budget as on AWS.
    """
    planned = tuple(
        item.with_repetitions(request.repetitions)
        for item in plan_suite(suite.select(request.phases), routes=routes)
    )
    estimate = estimate_of(suite, planned)
    plan = _plan_file(suite, request, bucket, planned, estimate)
    plan = plan.model_copy(update={"in_sandbox": in_sandbox})
    objects.put(_address(bucket, plan.benchmark_run_id, "plan.json"), plan.to_json())
    return plan


def _plan_file(
    suite: Suite,
    request: RunRequest,
    bucket: str,
    planned: tuple[PlannedBenchmark, ...],
    estimate: Estimate,
) -> RunPlanFile:
    return RunPlanFile(
        benchmark_run_id=request.benchmark_run_id,
        suite=suite.name,
        suite_sha256=suite.sha256,
        dag_id=request.dag_id,
        dag_run_id=request.dag_run_id,
        run_after=request.run_after.isoformat(),
        bucket=bucket,
        phases=request.phases,
        dry_run=request.dry_run,
        repetitions=request.repetitions,
        benchmarks=planned,
        warnings=(*suite.warnings, *estimate.warnings),
        estimate=estimate,
    )


def load_run(
    run_id: str,
    bucket: str,
    objects: ObjectStore,
    store: ResultsStore,
    prices: PriceSource | None = None,
) -> LoadSummary:
    """File the run's manifests and failures in the table; `load.json` says what was done.

    What its jobs have cost is in `costs.json`.
    """
    summary = load_prefix(run_prefix(bucket, run_id), objects, store, prices)
    objects.put(_address(bucket, run_id, "load.json"), summary.to_json())
    plan = _plan_of(run_id, bucket, objects)
    if plan is not None and not plan.dry_run:
        jobs = {(name, n): job for (run, name, n), job in summary.jobs.items() if run == run_id}
        costs = sum_costs(plan, jobs, summary.results, prices, costs_of(run_id, bucket, objects))
        objects.put(_address(bucket, run_id, COSTS_FILE), costs.to_json())
    return summary


def analyse_run(run_id: str, bucket: str, objects: ObjectStore, store: ResultsStore) -> Analysis:
    """Statistics of the run's results, stored as `analysis.json`."""
    analysis = analyse(store.of_run(run_id), _plan_of(run_id, bucket, objects))
    objects.put(_address(bucket, run_id, "analysis.json"), analysis.to_json())
    return analysis


def recommend_run(
    run_id: str, bucket: str, objects: ObjectStore, store: ResultsStore
) -> list[Recommendation]:
    """What follows from the analysis, stored as `recommendation.json`."""
    results = store.of_run(run_id)
    answers = recommend(analysis_of(run_id, bucket, objects, results).latest(results))
    body = json.dumps([answer.model_dump(mode="json") for answer in answers], indent=1)
    objects.put(_address(bucket, run_id, "recommendation.json"), body.encode())
    return answers


def publish_run(
    run_id: str, bucket: str, objects: ObjectStore, store: ResultsStore
) -> dict[str, bytes]:
    """Write the report and its data beside the run; the same files by name."""
    results = store.of_run(run_id)
    analysis = analysis_of(run_id, bucket, objects, results)
    report = build_report(
        _plan_of(run_id, bucket, objects),
        results,
        _rejected(run_id, bucket, objects),
        analysis,
        recommend(analysis.latest(results)),
        costs=costs_of(run_id, bucket, objects),
        decision=decision_of(run_id, bucket, objects),
        made_at=datetime.now(UTC),
        version=__version__,
    )
    files = dict(zip(REPORT_FILES, (report.html, report.csv, report.json), strict=True))
    for name, body in files.items():
        objects.put(_address(bucket, run_id, name), body, REPORT_FILES[name])
    return files


def read_plan(run_id: str, bucket: str, objects: ObjectStore) -> RunPlanFile:
    """The plan of a run. Raises NotFoundError where there is no such run."""
    plan = _plan_of(run_id, bucket, objects)
    if plan is None:
        raise NotFoundError(f"no run {run_id} in s3://{bucket}/runs/; `status` lists the runs")
    return plan


def costs_of(run_id: str, bucket: str, objects: ObjectStore) -> RunCosts | None:
    """What the run's jobs have cost, as it was summed when the run was loaded."""
    return read_costs(objects, _address(bucket, run_id, COSTS_FILE))


def decision_of(run_id: str, bucket: str, objects: ObjectStore) -> BudgetDecision | None:
    """Whether the run was let to spend; None before that was decided, and for dry runs."""
    return read_budget_decision(objects, _address(bucket, run_id, BUDGET_FILE))


def closing_words(run_id: str, bucket: str, objects: ObjectStore) -> list[str]:
    """What is to be said of a run's money at its end."""
    decision, costs = decision_of(run_id, bucket, objects), costs_of(run_id, bucket, objects)
    said = [] if decision is None or decision.outcome == "within" else [decision.message]
    return [*said, costs.headline()] if costs else said


def failed_benchmarks(run_id: str, store: ResultsStore) -> Collection[str]:
    """Ids of the benchmarks whose last submission failed, with their reasons."""
    latest, _ = latest_submissions(store.of_run(run_id))
    return [f"{r.benchmark_id} ({r.reason})" for r in latest if r.status == "failed"]


def _address(bucket: str, run_id: str, name: str) -> str:
    return run_prefix(bucket, run_id) + name


def analysis_of(run_id: str, bucket: str, objects: ObjectStore, results: list[Result]) -> Analysis:
    """The stored analysis of a run, or a fresh one."""
    raw = objects.get(_address(bucket, run_id, "analysis.json"))
    try:
        if raw is not None:
            return Analysis.from_json(raw)
    except ValueError as error:
        where = _address(bucket, run_id, "analysis.json")
        raise StorageError(f"{where} is damaged; make the report anew") from error
    return analyse(results, _plan_of(run_id, bucket, objects))


def _plan_of(run_id: str, bucket: str, objects: ObjectStore) -> RunPlanFile | None:
    return read_run_plan(objects, _address(bucket, run_id, "plan.json"))


def _rejected(run_id: str, bucket: str, objects: ObjectStore) -> list[Rejected]:
    raw = objects.get(_address(bucket, run_id, "load.json"))
    try:
        return [Rejected(**item) for item in json.loads(raw)["rejected"]] if raw else []
    except (ValueError, TypeError, KeyError) as error:
        where = _address(bucket, run_id, "load.json")
        raise StorageError(f"{where} is damaged; load the run again") from error
