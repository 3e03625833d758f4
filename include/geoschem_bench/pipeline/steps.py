"""The steps from a suite to its analysis; each works from what the step before it stored."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from geoschem_bench.analysis import Analysis, analyse, latest_submissions
from geoschem_bench.pipeline.index import note_loaded
from geoschem_bench.pipeline.stored import (
    address_of,
    analysis_of,
    costs_of,
    plan_of,
    read_plan,
)
from geoschem_bench.planning import PlannedBenchmark, Routes, RunRequest, plan_suite, run_prefix
from geoschem_bench.pricing import Estimate, PriceSource, estimate_of
from geoschem_bench.recommendation import Recommendation, recommend
from geoschem_bench.records import (
    COSTS_FILE,
    LOAD_FILE,
    LoadSummary,
    ObjectStore,
    ResultsStore,
    RunCosts,
    RunPlanFile,
    load_prefix,
    sum_costs,
)
from geoschem_bench.suite import Suite


@dataclass(frozen=True)
class Loaded:
    """What a load has found, for whoever acts on it: `extra` of its asset's event."""

    benchmark_run_id: str
    suite: str | None
    phase: str | None
    """None where it was the whole run."""
    succeeded: int
    """Benchmarks, by their last submission."""
    failed: int
    without_result: int
    """Planned, and neither a manifest nor a record of its job has been found."""
    cost_usd: float | None
    """None where any part of it is not known, and where nothing is billed."""
    manifests: str
    """`s3://…/`, the prefix that they lie under."""

    def as_extra(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


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
    objects.put(address_of(bucket, plan.benchmark_run_id, "plan.json"), plan.to_json())
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
        retention_days=suite.header.retention_days,
    )


def load_phase(
    run_id: str,
    phase: str,
    bucket: str,
    objects: ObjectStore,
    store: ResultsStore,
    prices: PriceSource | None = None,
) -> Loaded:
    """File what a phase has left so far, while the run goes on.

    What left nothing gets no row yet: only at the end of the run is it known that nothing comes.

    Raises:
        NotFoundError: no benchmark of the phase has left anything.
    """
    plan = read_plan(run_id, bucket, objects)
    of_phase = tuple(item for item in plan.benchmarks if item.phase == phase)
    prefix = f"{run_prefix(bucket, run_id)}{phase}/"
    summary = load_prefix(prefix, objects, store, prices)
    note_loaded(run_id, bucket, objects, store)
    costs = _sum(plan.model_copy(update={"benchmarks": of_phase}), summary, prices, None)
    return _loaded(plan, phase, len(of_phase), summary, costs, prefix)


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
    prefix = run_prefix(bucket, run_id)
    summary = load_prefix(prefix, objects, store, prices)
    plan = plan_of(run_id, bucket, objects)
    if plan is not None and not plan.dry_run:
        costs = _sum(plan, summary, prices, costs_of(run_id, bucket, objects))
        objects.put(address_of(bucket, run_id, COSTS_FILE), costs.to_json())
    objects.put(address_of(bucket, run_id, LOAD_FILE), summary.to_json())
    if plan is None or not plan.dry_run:
        note_loaded(run_id, bucket, objects, store)
    return summary


def loaded_run(run_id: str, bucket: str, objects: ObjectStore, summary: LoadSummary) -> Loaded:
    """What the load of a planned run has found, in short."""
    plan, costs = read_plan(run_id, bucket, objects), costs_of(run_id, bucket, objects)
    prefix = run_prefix(bucket, run_id)
    return _loaded(plan, None, len(plan.benchmarks), summary, costs, prefix)


def _sum(
    plan: RunPlanFile, summary: LoadSummary, prices: PriceSource | None, before: RunCosts | None
) -> RunCosts:
    run_id = plan.benchmark_run_id
    jobs = {(name, n): job for (run, name, n), job in summary.jobs.items() if run == run_id}
    return sum_costs(plan, jobs, summary.results, prices, before)


def _loaded(
    plan: RunPlanFile,
    phase: str | None,
    planned: int,
    summary: LoadSummary,
    costs: RunCosts | None,
    prefix: str,
) -> Loaded:
    latest, _ = latest_submissions(summary.results)
    succeeded = sum(result.status == "succeeded" for result in latest)
    return Loaded(
        benchmark_run_id=plan.benchmark_run_id,
        suite=plan.suite,
        phase=phase,
        succeeded=succeeded,
        failed=len(latest) - succeeded,
        without_result=max(0, planned - len(latest)),
        cost_usd=costs.usd if costs and costs.is_complete else None,
        manifests=prefix,
    )


def analyse_run(run_id: str, bucket: str, objects: ObjectStore, store: ResultsStore) -> Analysis:
    """Statistics of the run's results, stored as `analysis.json`."""
    analysis = analyse(store.of_run(run_id), plan_of(run_id, bucket, objects))
    objects.put(address_of(bucket, run_id, "analysis.json"), analysis.to_json())
    return analysis


def recommend_run(
    run_id: str, bucket: str, objects: ObjectStore, store: ResultsStore
) -> list[Recommendation]:
    """What follows from the analysis, stored as `recommendation.json`."""
    results = store.of_run(run_id)
    answers = recommend(analysis_of(run_id, bucket, objects, results).latest(results))
    body = json.dumps([answer.model_dump(mode="json") for answer in answers], indent=1)
    objects.put(address_of(bucket, run_id, "recommendation.json"), body.encode())
    return answers
