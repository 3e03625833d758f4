"""Cleaning up every night: what is left behind is listed, and then removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, Param, get_current_context, task

from geoschem_bench.orchestration.run_context import Parts, skipped
from geoschem_bench.orchestration.tags import TAG
from geoschem_bench.records import RunPlanFile
from geoschem_bench.records.strays import RunState

if TYPE_CHECKING:
    from geoschem_bench.aws.cleaning import Cleaner

DAG_ID = "geoschem_bench_cleanup"
_EVERY_DAY = "45 5 * * *"
"""UTC; when few benchmarks run."""
_ENDED = ["success", "failed"]
_PAGE = """## Cleaning up

Removes what this system has left behind, and nothing of others:

- **jobs** in AWS Batch of runs that are over, or that are older than their whole run may take;
- **instances** kept for a phase of a run that is over, or for longer than was asked;
- **runs** older than their suite's `retention_days`: objects, rows, the entry among the reports.

`look` lists it, `clean` removes what was listed. Runs with the mark `keep`, runs that go on and
those of which nobody can tell whose they are stay. The same by hand: `geoschem-bench clean`.
"""


def cleanup_dag() -> DAG:
    """The (still empty) DAG. Paused until a person wants it: it deletes."""
    return DAG(
        DAG_ID,
        description="Ends stray jobs, lets idle instances go, deletes what is old",
        doc_md=_PAGE,
        schedule=_EVERY_DAY,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,
        tags={TAG},
        params={
            "dry_run": Param(
                False, type="boolean", title="Dry run", description="List it; remove nothing."
            ),
            "limit": Param(
                50,
                type="integer",
                minimum=1,
                maximum=10_000,
                title="Runs at one time",
                description="The most runs that are deleted; the others go with the next pass.",
            ),
        },
        default_args={"retries": 2},
    )


def look_around() -> Any:  # noqa: ANN401 - Airflow's task object
    """The task that lists what is left behind."""

    @task(task_id="look")
    def look() -> dict[str, list[str]]:
        """List everything that is left behind; changes nothing."""
        found = _cleaner().find(get_current_context()["params"]["limit"])
        for line in found.lines():
            print(line)  # noqa: T201 - into the task's log
        return found.names()

    return look()


def clean_up() -> Any:  # noqa: ANN401
    """The task that removes what was listed."""

    @task(task_id="clean")
    def clean() -> None:
        """Remove what `look` has listed, and what is still so now."""
        context = get_current_context()
        if context["params"]["dry_run"]:
            raise skipped("a dry run removes nothing")
        listed: Mapping[str, list[str]] = context["ti"].xcom_pull(task_ids="look")
        cleaner = _cleaner()
        found = cleaner.find(context["params"]["limit"]).only(listed)
        for said in cleaner.clean(found):
            print(said)  # noqa: T201 - into the task's log
        if found.left:
            print(f"{found.left} more runs are due; the next pass takes them")  # noqa: T201

    return clean()


def _cleaner() -> Cleaner:
    from geoschem_bench.wiring.cleaning import cleaner, read_known_suites

    parts = Parts()
    known = read_known_suites(parts.settings.suites)
    for name in known.unread:
        print(f"warning: {name} has mistakes; its runs are kept as long as their plans say")  # noqa: T201
    return cleaner(parts.settings, known, _state_of, parts.session())


def _state_of(plan: RunPlanFile) -> RunState:
    """What this Airflow knows of the run. One that it does not know may be another's, and live."""
    ti: Any = get_current_context()["ti"]
    which = {"dag_id": plan.dag_id, "run_ids": [plan.dag_run_id]}
    if not ti.get_dr_count(**which):
        return RunState.UNKNOWN
    return RunState.OVER if ti.get_dr_count(**which, states=_ENDED) else RunState.LIVE
