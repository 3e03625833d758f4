"""Results into the table: of each phase when it is over, and of the whole run at its end.

The load of a phase holds up no other phase. That of the run comes after all of them and after the
janitor: only then is every job's record there, and what the run has cost.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from geoschem_bench.errors import GeosChemBenchError, NotFoundError, UserError
from geoschem_bench.orchestration.assets import PHASE_ASSETS, RUN_ASSET, announce
from geoschem_bench.orchestration.budget import may_spend
from geoschem_bench.orchestration.run_context import (
    PLAN,
    Parts,
    run_request,
    run_that_submitted,
    skipped,
)


def is_wanted(context: Any, phase: str) -> bool:  # noqa: ANN401 - Airflow's context
    """Whether this run submits anything in that phase."""
    request = run_request(context)
    is_planned = context["ti"].xcom_pull(task_ids=PLAN) is not None
    return is_planned and not request.dry_run and phase in request.phases and may_spend(context)


def load_phase(phase: str) -> Any:  # noqa: ANN401 - Airflow's task object
    """The task behind a phase's `done`."""

    @task(task_id="load", trigger_rule=TriggerRule.ALL_DONE, outlets=[PHASE_ASSETS[phase]])
    def load() -> dict[str, Any]:
        """Files the phase's results and failures in the table, while the run goes on.

        Its asset tells the reporting DAG, which shows what has come in.
        """
        from geoschem_bench import pipeline
        from geoschem_bench.pricing import load_prices

        context = get_current_context()
        if not is_wanted(context, phase):
            raise skipped("nothing was to be submitted in this phase")
        parts, run_id = Parts(), run_that_submitted()
        try:
            loaded = pipeline.load_phase(
                run_id, phase, parts.bucket, parts.objects, parts.store, load_prices()
            )
        except NotFoundError as error:
            raise skipped(f"no benchmark of this phase left anything: {error}") from error
        extra = loaded.as_extra()
        announce(PHASE_ASSETS[phase], context, [run_id], extra)
        return extra

    return load()


def load_results() -> Any:  # noqa: ANN401
    """Manifests and failures → the table; always, also after failed benchmarks."""

    @task(task_id="load", trigger_rule=TriggerRule.ALL_DONE, outlets=[RUN_ASSET])
    def load() -> dict[str, int]:
        """Files every result of the run in the table, failures and absent ones included.

        Also what its jobs have cost (`costs.json`). Loading twice changes nothing.
        """
        from geoschem_bench import pipeline
        from geoschem_bench.pricing import load_prices

        parts, run_id = Parts(), run_that_submitted()
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
        loaded = pipeline.loaded_run(run_id, parts.bucket, parts.objects, summary)
        announce(RUN_ASSET, get_current_context(), [run_id], loaded.as_extra())
        return {
            "stored": len(summary.stored),
            "unchanged": len(summary.unchanged),
            "rejected": len(summary.blocking),
            "conflicts": len(summary.conflicts),
        }

    return load()


def load_what_is_left() -> None:
    """Results and report of a run that a person marked failed: Airflow skips the tasks for them.

    Its report would say for ever that it is still running. By now the janitor has ended its jobs.
    """
    from geoschem_bench import pipeline
    from geoschem_bench.pricing import load_prices

    run_id = run_that_submitted()
    try:
        parts = Parts()
        pipeline.load_run(run_id, parts.bucket, parts.objects, parts.store, load_prices())
        pipeline.publish_run(run_id, parts.bucket, parts.objects, parts.store)
    except GeosChemBenchError as error:  # the run ends failed with or without its report
        print(f"warning: no report was made: {error}; geoschem-bench report {run_id}")  # noqa: T201
    else:
        print(f"report: s3://{parts.bucket}/runs/{run_id}/report.html")  # noqa: T201
