"""The tasks of a suite's DAG before and after its jobs; `dags/` puts them in order.

`pipeline` brings numpy, scipy and matplotlib, so it is imported where a task runs and not where a
DAG is parsed, which happens for every task.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from geoschem_bench.errors import UserError
from geoschem_bench.orchestration import links
from geoschem_bench.orchestration.budget import may_spend
from geoschem_bench.orchestration.run_context import (
    LATE,
    PARAMS,
    PLAN,
    Parts,
    is_too_late,
    run_request,
    run_that_submitted,
    skipped,
)
from geoschem_bench.orchestration.telling import warn_of_notifiers
from geoschem_bench.orchestration.turns import ORDER
from geoschem_bench.planning import RUN_ID_MARK
from geoschem_bench.suite import LOCAL, Suite
from geoschem_bench.suite.names import likeliest
from geoschem_bench.wiring import is_sandbox, routes_of


def make_plan(suite: Suite) -> Any:  # noqa: ANN401 - Airflow's task object
    """Resolve the suite for this run and write `plan.json`."""

    @task(task_id=PLAN)
    def plan() -> str:
        """Resolves the suite for this run and writes `plan.json`, with the most that it can cost.

        Its log names the run's id, under which everything of it lies in S3. Submits nothing.
        """
        from geoschem_bench import pipeline

        context, parts = get_current_context(), Parts()
        if is_too_late(context, suite.header.late_minutes):
            context["ti"].xcom_push(key=LATE, value=True)
            raise skipped(
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
        warn_of_notifiers()
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
        """From here on jobs are submitted; a dry run ends here, and all after it is skipped."""
        return may_spend(get_current_context())

    submitting = submits()
    after >> submitting
    return submitting


def analyse_results() -> Any:  # noqa: ANN401
    """Statistics of the run."""

    @task(task_id="analyse")
    def analyse() -> None:
        """Spreads, scaling and times by component of the run's results: `analysis.json`."""
        from geoschem_bench import pipeline

        parts = Parts()
        pipeline.analyse_run(run_that_submitted(), parts.bucket, parts.objects, parts.store)

    return analyse()


def recommend_instances() -> Any:  # noqa: ANN401
    """What follows for the choice of an instance type."""

    @task(task_id="recommend")
    def recommend() -> None:
        """Which instance type is fastest and cheapest, or why nobody can tell."""
        from geoschem_bench import pipeline

        parts = Parts()
        pipeline.recommend_run(run_that_submitted(), parts.bucket, parts.objects, parts.store)

    return recommend()


def publish_report() -> Any:  # noqa: ANN401
    """Report and data, beside the run in S3."""

    @task(task_id="publish")
    def publish() -> str:
        """Writes the report, its numbers, and the run's row in the index of all reports.

        Returns the report's address; `geoschem-bench report` fetches it.
        """
        from geoschem_bench import pipeline

        parts, run_id = Parts(), run_that_submitted()
        pipeline.publish_run(run_id, parts.bucket, parts.objects, parts.store)
        report = f"s3://{parts.bucket}/runs/{run_id}/report.html"
        ti = get_current_context()["ti"]
        links.show(ti, {links.ReportLink.name: links.report_address(report, parts)})
        return report

    published: Any = publish()
    published.operator.operator_extra_links = (links.ReportLink(),)
    return published
