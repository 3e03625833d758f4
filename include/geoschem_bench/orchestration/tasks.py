"""The tasks of a suite's DAG before and after its jobs; `dags/` puts them in order.

`pipeline` brings numpy, scipy and matplotlib, so it is imported where a task runs and not where a
DAG is parsed, which happens for every task.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from geoschem_bench.errors import UserError
from geoschem_bench.orchestration.budget import may_spend
from geoschem_bench.orchestration.run_context import PARAMS, PLAN, Parts, is_too_late, run_request
from geoschem_bench.orchestration.turns import ORDER
from geoschem_bench.planning import RUN_ID_MARK
from geoschem_bench.suite import LOCAL, Suite
from geoschem_bench.suite.names import likeliest
from geoschem_bench.wiring import is_sandbox, routes_of

_LATE = "late"
"""XCom of `plan`: it has skipped the run itself."""
_BAD_STATES = ("failed", "upstream_failed")


def make_plan(suite: Suite) -> Any:  # noqa: ANN401 - Airflow's task object
    """Resolve the suite for this run and write `plan.json`."""

    @task(task_id=PLAN)
    def plan() -> str:
        from geoschem_bench import pipeline

        context, parts = get_current_context(), Parts()
        if is_too_late(context, suite.header.late_minutes):
            context["ti"].xcom_push(key=_LATE, value=True)
            raise AirflowSkipException(
                f"starts over {suite.header.late_minutes} minutes after its time; trigger it by "
                "hand if it is still wanted"
            )
        _check_conf(context)
        request = run_request(context)
        _check_place(suite.select(request.phases), parts)
        try:
            written = pipeline.plan_run(
                suite, request, parts.bucket, parts.objects, routes_of(), in_sandbox=is_sandbox()
            )
        except UserError as error:
            raise AirflowFailException(str(error)) from error
        order = [f"{planned.phase}.{planned.id}" for planned in written.benchmarks]
        context["ti"].xcom_push(key=ORDER, value=order)
        print(f"{RUN_ID_MARK}{written.benchmark_run_id}")  # noqa: T201 - into the task's log
        for warning in written.warnings:
            print(f"warning: {warning}")  # noqa: T201
        return written.benchmark_run_id

    return plan()


def _check_conf(context: Any) -> None:  # noqa: ANN401 - Airflow's context
    """Airflow ignores a word that it does not know: with `phasen` all phases would be paid for."""
    for name in context["dag_run"].conf or {}:
        if name not in PARAMS:
            raise AirflowFailException(
                f"conf: '{name}' is no param{likeliest(name, PARAMS)}; there are: "
                f"{', '.join(PARAMS)}. Nothing was submitted"
            )


def _check_place(suite: Suite, parts: Parts) -> None:
    """The sandbox stands for any region and is this computer; AWS is neither."""
    if parts.settings.endpoint_url is not None:
        return
    here, wanted = parts.settings.region, suite.header.region
    if here != wanted:
        raise AirflowFailException(
            f"suite.region is {wanted}, but queues and bucket are in {here}; set "
            f"AWS_DEFAULT_REGION={wanted}, or correct the suite"
        )
    local = [each.id for each in suite.benchmarks if each.hardware.instance_type == LOCAL]
    if local:
        raise AirflowFailException(
            f"{local[0]}: instance_type is 'local', this computer, but the run is for AWS; name a "
            "type of EC2, or run it in the sandbox: geoschem-bench stack disconnect, or unset "
            "GEOSCHEM_BENCH_BUCKET"
        )


def submits(after: Any) -> Any:  # noqa: ANN401
    """From here on jobs are submitted: the end of a dry run."""

    @task.short_circuit(task_id="submits", ignore_downstream_trigger_rules=False)
    def submits() -> bool:
        return may_spend(get_current_context())

    submitting = submits()
    after >> submitting
    return submitting


def load_results() -> Any:  # noqa: ANN401
    """Manifests and failures → the table; always, also after failed benchmarks."""

    @task(task_id="load", trigger_rule=TriggerRule.ALL_DONE)
    def load() -> dict[str, int]:
        from geoschem_bench import pipeline
        from geoschem_bench.pricing import load_prices

        parts, run_id = Parts(), _run_that_submitted()
        try:
            summary = pipeline.load_run(
                run_id, parts.bucket, parts.objects, parts.store, load_prices()
            )
        except UserError as error:
            raise AirflowFailException(str(error)) from error
        for rejected in summary.rejected:
            print(f"rejected: {rejected.address}: {rejected.why}")  # noqa: T201
        for key in summary.conflicts:
            print(f"conflict: another manifest is filed under {key}")  # noqa: T201
        return {
            "stored": len(summary.stored),
            "unchanged": len(summary.unchanged),
            "rejected": len(summary.blocking),
            "conflicts": len(summary.conflicts),
        }

    return load()


def analyse_results() -> Any:  # noqa: ANN401
    """Statistics of the run."""

    @task(task_id="analyse")
    def analyse() -> None:
        from geoschem_bench import pipeline

        parts = Parts()
        pipeline.analyse_run(_run_that_submitted(), parts.bucket, parts.objects, parts.store)

    return analyse()


def recommend_instances() -> Any:  # noqa: ANN401
    """What follows for the choice of an instance type."""

    @task(task_id="recommend")
    def recommend() -> None:
        from geoschem_bench import pipeline

        parts = Parts()
        pipeline.recommend_run(_run_that_submitted(), parts.bucket, parts.objects, parts.store)

    return recommend()


def publish_report() -> Any:  # noqa: ANN401
    """Report and data, beside the run in S3."""

    @task(task_id="publish")
    def publish() -> str:
        from geoschem_bench import pipeline

        parts, run_id = Parts(), _run_that_submitted()
        pipeline.publish_run(run_id, parts.bucket, parts.objects, parts.store)
        return f"s3://{parts.bucket}/runs/{run_id}/report.html"

    return publish()


def give_verdict() -> Any:  # noqa: ANN401
    """The run's end: failed when anything failed, although everything else went on.

    A teardown, as the janitor is: after a person has marked the run failed Airflow runs those
    alone, and takes the run for a success unless one of them fails.
    """

    @task(task_id="verdict")
    def verdict() -> None:
        from geoschem_bench import pipeline

        context = get_current_context()
        ti, dag_run = context["ti"], context["dag_run"]
        states = ti.get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id])
        found = states[dag_run.run_id]
        bad = sorted(name for name, state in found.items() if state in _BAD_STATES)
        was_late = ti.xcom_pull(task_ids=PLAN, key=_LATE)
        if found.get(PLAN) == "skipped" and not was_late:
            bad.append("the run was ended before its plan was made")
        if may_spend(context) and found.get("load") == "skipped":
            bad.append("the run was ended before its results were loaded")
        loaded = ti.xcom_pull(task_ids="load")
        if loaded is not None:
            # A job can succeed and its manifest still be unreadable or another's
            bad += [f"{loaded[what]} {what}" for what in ("rejected", "conflicts") if loaded[what]]
            bad += pipeline.failed_benchmarks(_run_that_submitted(), Parts().store)
        for line in _closing_words(context):
            print(line)  # noqa: T201
        if bad:
            raise AirflowFailException(f"failed: {', '.join(bad)}")

    return verdict().as_teardown(on_failure_fail_dagrun=True)


def _closing_words(context: Any) -> Iterable[str]:  # noqa: ANN401 - Airflow's context
    """What the run cost, beside its estimate and budget."""
    from geoschem_bench import pipeline

    run_id, parts = context["ti"].xcom_pull(task_ids=PLAN), Parts()
    return pipeline.closing_words(run_id, parts.bucket, parts.objects) if run_id else ()


def _run_that_submitted() -> str:
    """The run's id; skips the task where the plan failed, was skipped or was a dry run."""
    context = get_current_context()
    run_id = context["ti"].xcom_pull(task_ids=PLAN)
    if run_id is None or run_request(context).dry_run:
        raise AirflowSkipException("nothing was submitted in this run")
    return str(run_id)
