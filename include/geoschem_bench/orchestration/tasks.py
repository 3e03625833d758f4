"""The tasks of a suite's DAG before and after its jobs; `dags/` puts them in order.

`pipeline` brings numpy, scipy and matplotlib, so it is imported where a task runs and not where a
DAG is parsed, which happens for every task.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import PokeReturnValue, TaskGroup, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from geoschem_bench.errors import Reason, UserError
from geoschem_bench.orchestration.job_records import job_record
from geoschem_bench.orchestration.run_context import Parts, is_too_late, run_request
from geoschem_bench.planning import RUN_ID_MARK, output_path, plan_suite
from geoschem_bench.suite import LOCAL, Suite
from geoschem_bench.wiring import routes_of

PLAN = "plan"
_GATE_SECONDS = 900
_BAD_STATES = ("failed", "upstream_failed")


def make_plan(suite: Suite) -> Any:  # noqa: ANN401 - Airflow's task object
    """Resolve the suite for this run and write `plan.json`."""

    @task(task_id=PLAN)
    def plan() -> str:
        from geoschem_bench import pipeline

        context, parts = get_current_context(), Parts()
        if is_too_late(context, suite.header.late_minutes):
            raise AirflowSkipException(
                f"starts over {suite.header.late_minutes} minutes after its time; trigger it by "
                "hand if it is still wanted"
            )
        request = run_request(context)
        _check_place(suite.select(request.phases), parts)
        written = pipeline.plan_run(suite, request, parts.bucket, parts.objects, routes_of())
        print(f"{RUN_ID_MARK}{written.benchmark_run_id}")  # noqa: T201 - into the task's log
        for warning in written.warnings:
            print(f"warning: {warning}")  # noqa: T201
        return written.benchmark_run_id

    return plan()


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


def open_gates(suite: Suite, plan: Any) -> Any:  # noqa: ANN401
    """Wait until every queue of the suite, with its compute environments, can take jobs."""

    @task.short_circuit(task_id="submits", ignore_downstream_trigger_rules=False)
    def submits() -> bool:
        return not run_request(get_current_context()).dry_run

    planned = plan_suite(suite, routes=routes_of())
    queues = sorted({item.job_queue for item in planned if not item.unavailable})
    submitting = submits()
    plan >> submitting
    with TaskGroup("gates", tooltip="Queues and compute environments are VALID and ENABLED"):
        gates = [_queue_gate(queue, suite) for queue in queues]
        ready = EmptyOperator(task_id="ready")
    submitting >> (gates or ready)
    if gates:
        gates >> ready
    return ready


def _queue_gate(queue: str, suite: Suite) -> Any:  # noqa: ANN401
    @task.sensor(task_id=queue, poke_interval=15, timeout=_GATE_SECONDS, retries=0)
    def gate() -> PokeReturnValue:
        parts = Parts()
        state = parts.jobs.queue_state(queue)
        print(state.message)  # noqa: T201 - into the task's log
        if state.is_broken:
            _record_refusal(suite, state.message, parts)
            raise AirflowFailException(state.message)
        return PokeReturnValue(is_done=state.is_ready)

    return gate()


def _record_refusal(suite: Suite, message: str, parts: Parts) -> None:
    """No benchmark of the run will be submitted; its result shall say why."""
    request = run_request(get_current_context())
    run_id, failure = request.benchmark_run_id, (Reason.MISCONFIGURED, f"not submitted: {message}")
    for item in plan_suite(suite.select(request.phases), routes=routes_of()):
        record = job_record(item, run_id, 1, None, failure)
        address = output_path(parts.bucket, run_id, item.phase, item.id, 1) + "job.json"
        parts.objects.put(address, record.model_dump_json(indent=1).encode())


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
            "rejected": len(summary.rejected),
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
    """The run's end: failed when anything failed, although everything else went on."""

    @task(task_id="verdict", trigger_rule=TriggerRule.ALL_DONE)
    def verdict() -> None:
        from geoschem_bench import pipeline

        context = get_current_context()
        ti, dag_run = context["ti"], context["dag_run"]
        states = ti.get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id])
        bad = sorted(t for t, state in states[dag_run.run_id].items() if state in _BAD_STATES)
        loaded = ti.xcom_pull(task_ids="load")
        if loaded is not None:
            # A job can succeed and its manifest still be unreadable or another's
            bad += [f"{loaded[what]} {what}" for what in ("rejected", "conflicts") if loaded[what]]
            bad += pipeline.failed_benchmarks(_run_that_submitted(), Parts().store)
        if bad:
            raise AirflowFailException(f"failed: {', '.join(bad)}")

    return verdict()


def _run_that_submitted() -> str:
    """The run's id; skips the task where the plan failed, was skipped or was a dry run."""
    context = get_current_context()
    run_id = context["ti"].xcom_pull(task_ids=PLAN)
    if run_id is None or run_request(context).dry_run:
        raise AirflowSkipException("nothing was submitted in this run")
    return str(run_id)
