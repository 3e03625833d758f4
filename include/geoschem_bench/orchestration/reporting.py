"""The DAG that makes reports whenever results were loaded, and the one that looks for results.

A suite's own DAG makes its report as its last step but two. This one follows phases while a run
goes on, jobs that somebody submitted by hand, and whatever else was loaded and not reported.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, Param, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from geoschem_bench.errors import GeosChemBenchError, NotFoundError, SettingsError
from geoschem_bench.orchestration.assets import RUN_ASSET, announce, any_results
from geoschem_bench.orchestration.retries import BOOKKEEPING_RETRIES
from geoschem_bench.orchestration.run_context import Parts, skipped
from geoschem_bench.orchestration.tags import TAG

_RETRIES = {"retries": BOOKKEEPING_RETRIES, "retry_delay": timedelta(seconds=10)}
INTAKE_EVERY_MINUTES = 10

_ABOUT_REPORTS = """\
## Reports and their index

Runs by itself whenever results were loaded: after each phase of a suite, at a run's end, and for
jobs that were submitted by hand. It makes the run's report anew (while the run goes on it says
*still running*, with what has come in), then the index of all runs and `latest`:

    s3://BUCKET/reports/index.html          every run, the newest first
    s3://BUCKET/reports/latest.html         leads to the newest report
    s3://BUCKET/reports/<suite>/            the same of one suite

A report that says already what is known is left as it is. To look at them on your computer:
`geoschem-bench reports`.
"""
_ABOUT_INTAKE = """\
## Jobs submitted by hand

Looks every ten minutes for results under `s3://BUCKET/runs/` that belong to no run of a suite
(`aws batch submit-job …`), of the last seven days, files them in the table, and lets
`geoschem_bench_reports` make their reports. Submits nothing and deletes nothing.

To load another prefix now, trigger it with `prefix`.
"""


def reports_dag() -> DAG:
    """Triggered by results; one at a time."""
    return DAG(
        "geoschem_bench_reports",
        description="Reports and their index, whenever results were loaded",
        doc_md=_ABOUT_REPORTS,
        schedule=any_results(),
        max_active_runs=1,
        is_paused_upon_creation=False,  # reports are to follow without anybody's doing
        tags={TAG},
        default_args=_RETRIES,
        params={
            "run_ids": Param(
                [],
                type="array",
                items={"type": "string", "pattern": "^[A-Za-z0-9-]+$"},
                title="Runs",
                description_md="Ids of runs whose reports are made anew, one a line, such as "
                "`20261122T035120Z-1a2b3c4d`. Empty: only what is due.",
            ),
            "rebuild": Param(
                False,
                type="boolean",
                title="All of them",
                description_md="Make **every** report and the index anew, from what lies in S3 and "
                "in the table.",
            ),
        },
    )


def intake_dag() -> DAG:
    """On a schedule, or with a prefix by hand."""
    return DAG(
        "geoschem_bench_intake",
        description="Results of jobs that were submitted by hand",
        doc_md=_ABOUT_INTAKE,
        schedule=CronTriggerTimetable(f"*/{INTAKE_EVERY_MINUTES} * * * *", timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags={TAG},
        default_args=_RETRIES,
        params={
            "prefix": Param(
                None,
                type=["null", "string"],
                pattern="^s3://[^/]+/.+",
                title="Prefix",
                description_md="`s3://bucket/prefix/`: load what lies there now. Empty: look for "
                "whatever is new.",
            )
        },
    )


def publish_what_is_due() -> Any:  # noqa: ANN401 - Airflow's task object
    """Reports of the runs that were asked for, or that were loaded."""

    @task(task_id="publish")
    def publish() -> list[str]:
        """Makes the report of the run whose results came in, and the index.

        Returns the runs whose reports were made; none where they said all that is known.
        """
        from geoschem_bench import pipeline

        context, parts = get_current_context(), Parts()
        params, stores = context["params"], (parts.bucket, parts.objects, parts.store)
        if params["rebuild"]:
            return list(pipeline.rebuild_reports(*stores))
        made = list(params["run_ids"])
        for run_id in made:
            try:
                pipeline.publish_run(run_id, *stores)
            except NotFoundError as error:  # no second try mends it
                raise AirflowFailException(str(error)) from error
        loaded = context["dag_run"].partition_key
        if loaded and pipeline.refresh_run(loaded, *stores):
            made.append(loaded)
        made += _catch_up(stores)
        for run_id in made:
            print(f"report: s3://{parts.bucket}/runs/{run_id}/report.html")  # noqa: T201
        print(f"index: {pipeline.index_address(parts.bucket)}")  # noqa: T201
        return made

    return publish()


def _catch_up(stores: Any) -> list[str]:  # noqa: ANN401 - bucket, objects, results
    """Reports that an earlier run of this DAG has missed; another's trouble is not this run's."""
    from geoschem_bench import pipeline

    made = []
    bucket, objects, _ = stores
    for run_id in pipeline.due_runs(bucket, objects):
        try:
            if pipeline.refresh_run(run_id, *stores):
                made.append(run_id)
        except GeosChemBenchError as error:
            print(f"warning: the report of {run_id} is still due: {error}")  # noqa: T201
    return made


def find_unloaded() -> Any:  # noqa: ANN401
    """Prefixes to load."""

    @task(task_id="find")
    def find() -> list[str]:
        """Looks for manifests of jobs that no suite submitted and that are not in the table."""
        from geoschem_bench import pipeline

        prefix = get_current_context()["params"]["prefix"]
        if prefix:
            return [prefix]
        try:
            parts = Parts()
        except SettingsError as error:  # an Airflow that was never connected is not broken
            raise skipped(str(error)) from error
        found = list(pipeline.unloaded_by_hand(parts.bucket, parts.objects))
        print(f"{len(found)} folders with new results in s3://{parts.bucket}/runs/")  # noqa: T201
        return found

    return find()


def load_each(found: Any) -> Any:  # noqa: ANN401
    """One task for each prefix: what is wrong with one holds up no other."""

    @task(task_id="load", outlets=[RUN_ASSET], map_index_template="{{ task.op_kwargs['prefix'] }}")
    def load(prefix: str) -> dict[str, Any]:
        """Files what lies under a prefix in the table. Loading twice changes nothing."""
        from geoschem_bench import pipeline
        from geoschem_bench.errors import UserError
        from geoschem_bench.pricing import load_prices

        parts = Parts()
        try:
            loaded = pipeline.load_prefix_by_hand(
                prefix, parts.bucket, parts.objects, parts.store, load_prices()
            )
        except UserError as error:
            raise AirflowFailException(str(error)) from error
        summary = loaded.summary
        for rejected in summary.rejected:
            print(f"rejected: {rejected.address}: {rejected.why}")  # noqa: T201
        for key in summary.conflicts:
            print(f"conflict: another manifest is filed under {key}")  # noqa: T201
        extra = loaded.as_extra()
        announce(RUN_ASSET, get_current_context(), loaded.run_ids, extra)
        return extra

    return load.expand(prefix=found)
