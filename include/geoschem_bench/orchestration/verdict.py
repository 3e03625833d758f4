"""What became of a run: the last task fails it when anything in it failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from geoschem_bench.errors import StorageError
from geoschem_bench.orchestration.budget import may_spend
from geoschem_bench.orchestration.loading import load_what_is_left
from geoschem_bench.orchestration.run_context import LATE, PLAN, Parts

NOTIFY = "notify"
"""The task that tells people: results are no worse for a message that did not arrive."""
ENDED_UNLOADED = "the run was ended before its results were loaded"
_BAD_STATES = ("failed", "upstream_failed")


@dataclass(frozen=True)
class Failings:
    """All that went wrong in a run, as far as it has come."""

    tasks: Sequence[str]
    """Ids of tasks that failed."""
    upstream: Sequence[str]
    """Ids of tasks that did not run, as others had failed."""
    others: Sequence[str]
    """What no task's state says."""
    benchmarks: Sequence[str]
    """Benchmarks whose last submission failed, with their reasons."""
    is_message_lost: bool
    """Whether somebody who was to be told of the run was not."""
    unread: StorageError | None = None
    """Why nobody can tell which benchmarks failed."""

    @property
    def words(self) -> list[str]:
        """Each of them; empty where nothing went wrong."""
        return [*sorted([*self.tasks, *self.upstream]), *self.others, *self.benchmarks]


def give_verdict() -> Any:  # noqa: ANN401 - Airflow's task object
    """The run's end: failed when anything failed, although everything else went on.

    A teardown, as the janitor is: after a person has marked the run failed Airflow runs those
    alone, and takes the run for a success unless one of them fails.
    """

    @task(task_id="verdict")
    def verdict() -> None:
        context = get_current_context()
        found = failings_of(context)
        if ENDED_UNLOADED in found.others:
            load_what_is_left()
        if found.unread:  # tried again: the run is no worse for a table that is away for a moment
            raise found.unread
        for line in _closing_words(context):
            print(line)  # noqa: T201
        if found.is_message_lost:
            print(f"warning: not everybody was told of this run; see the task `{NOTIFY}`")  # noqa: T201
        if found.words:
            raise AirflowFailException(f"failed: {', '.join(found.words)}")
        print("Nothing has failed.")  # noqa: T201

    return verdict().as_teardown(on_failure_fail_dagrun=True)


def failings_of(context: Any) -> Failings:  # noqa: ANN401 - Airflow's context
    """What has failed by now."""
    ti, dag_run = context["ti"], context["dag_run"]
    states = ti.get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id])
    found = states[dag_run.run_id]
    bad = {name: state for name, state in found.items() if state in _BAD_STATES}
    is_message_lost = bad.pop(NOTIFY, None) is not None
    unread = None
    try:
        benchmarks = _failed_benchmarks(context)
    except StorageError as error:
        unread, benchmarks = error, []
    return Failings(
        tasks=sorted(name for name, state in bad.items() if state == "failed"),
        upstream=sorted(name for name, state in bad.items() if state != "failed"),
        others=list(_others(context, found)),
        benchmarks=benchmarks,
        is_message_lost=is_message_lost,
        unread=unread,
    )


def _others(context: Any, states: dict[str, str]) -> Iterator[str]:  # noqa: ANN401
    """What only the load and the run's course say."""
    if states.get(PLAN) == "skipped" and not was_late(context):
        yield "the run was ended before its plan was made"
    if may_spend(context) and states.get("load") == "skipped":
        yield ENDED_UNLOADED
    # A job can succeed and its manifest still be unreadable or another's
    loaded = context["ti"].xcom_pull(task_ids="load") or {}
    yield from (f"{loaded[what]} {what}" for what in ("rejected", "conflicts") if loaded.get(what))


def _failed_benchmarks(context: Any) -> Sequence[str]:  # noqa: ANN401
    """Of a run that was loaded."""
    from geoschem_bench import pipeline

    ti = context["ti"]
    loaded, run_id = ti.xcom_pull(task_ids="load"), ti.xcom_pull(task_ids=PLAN)
    if loaded is None or run_id is None:
        return []
    return list(pipeline.failed_benchmarks(str(run_id), Parts().store))


def was_late(context: Any) -> bool:  # noqa: ANN401 - Airflow's context
    """Whether the plan skipped the run itself, as it started too long after its time."""
    return bool(context["ti"].xcom_pull(task_ids=PLAN, key=LATE))


def _closing_words(context: Any) -> Iterable[str]:  # noqa: ANN401 - Airflow's context
    """What the run cost, beside its estimate and budget."""
    from geoschem_bench import pipeline

    run_id, parts = context["ti"].xcom_pull(task_ids=PLAN), Parts()
    return pipeline.closing_words(run_id, parts.bucket, parts.objects) if run_id else ()
