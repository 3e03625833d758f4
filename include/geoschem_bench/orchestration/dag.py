"""The DAG object of a suite: schedule, form (`form`), page (`dag_page`). Tasks are in `tasks`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from airflow.sdk import DAG, CronPartitionTimetable, task
from airflow.sdk.exceptions import AirflowFailException

from geoschem_bench.orchestration.dag_page import escaped, fenced, page_of
from geoschem_bench.orchestration.deadline import deadline_of
from geoschem_bench.orchestration.form import params_of
from geoschem_bench.orchestration.retries import BOOKKEEPING_RETRIES
from geoschem_bench.orchestration.suites import SuiteFile
from geoschem_bench.orchestration.tags import TAG
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.suite import Suite

_log = logging.getLogger(__name__)


def dag_of(file: SuiteFile, declare: Callable[[Suite], DAG]) -> DAG:
    """The DAG of a file, whatever is wrong with it."""
    if file.suite is None:
        return broken_suite_dag(file)
    try:
        return declare(file.suite)
    except Exception as error:  # a mistake of ours takes no other suite away, and is seen there
        _log.exception("no DAG can be made of %s", file.path)
        what = f"no DAG can be made of it ({type(error).__name__}: {error}); please report this"
        return broken_suite_dag(replace(file, suite=None, error=what))


def suite_dag(suite: Suite, planned: Sequence[PlannedBenchmark]) -> DAG:
    """The (still empty) DAG of a suite. The same file gives the same serialized DAG."""
    return DAG(
        suite.dag_id,
        description=suite.header.title or f"Performance benchmarks of {suite.name}",
        doc_md=page_of(suite, planned),
        schedule=_schedule(suite),
        catchup=False,
        max_active_runs=1,
        # what runs by itself spends money by itself: a person lets it
        is_paused_upon_creation=suite.header.schedule is not None,
        deadline=deadline_of(suite),
        tags={TAG, *(item.architecture for item in planned)},
        # for hiccups of S3 or DynamoDB and lost workers; the benchmarks have a policy of their own
        default_args={"retries": BOOKKEEPING_RETRIES, "retry_delay": timedelta(seconds=10)},
    )


def offer_params(dag: DAG, suite: Suite) -> None:
    """What can be chosen when a run is triggered.

    Last, because Airflow copies a DAG's params into every task that is made after them: half the
    time of a parse. A task without params of its own has the DAG's.
    """
    dag.params.update(params_of(suite))
    dag.params.validate()


def broken_suite_dag(file: SuiteFile) -> DAG:
    """In place of a suite that cannot be read: visible, and failing with what is wrong."""
    error = file.error or "cannot be read"
    with DAG(
        file.dag_id,
        description=f"{file.path.name} has mistakes",
        doc_md=f"## {escaped(file.path.name)} has mistakes\n\n{fenced(error)}\n",
        schedule=None,
        tags={TAG, "config-error"},
    ) as dag:

        @task(task_id="suite_has_mistakes", retries=0)
        def fail() -> None:
            raise AirflowFailException(error)

        fail()
    return dag


def _schedule(suite: Suite) -> CronPartitionTimetable | None:
    """A partition a night, so that a backfill makes a new run beside the old one."""
    if suite.header.schedule is None:
        return None
    return CronPartitionTimetable(
        suite.header.schedule,
        timezone=suite.header.timezone,
        run_immediately=timedelta(0),  # unpausing at noon must not spend money
        key_format="%Y-%m-%dT%H:%M",
    )
