"""The DAG object of a suite: schedule, parameters, documentation. Its tasks are in `tasks`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from airflow.sdk import DAG, CronPartitionTimetable, Param, task
from airflow.sdk.exceptions import AirflowFailException

from geoschem_bench.orchestration.suites import SuiteFile
from geoschem_bench.planning import PlannedBenchmark
from geoschem_bench.pricing import estimate_of, headline
from geoschem_bench.suite import PHASE_TITLES, PHASES, Suite

TAG = "geoschem-bench"
MOST_CONCURRENT = 1000
"""As in a suite's header."""


def suite_dag(suite: Suite, planned: Sequence[PlannedBenchmark]) -> DAG:
    """The (still empty) DAG of a suite. The same file gives the same serialized DAG."""
    return DAG(
        suite.dag_id,
        description=suite.header.title or f"Performance benchmarks of {suite.name}",
        doc_md=_documentation(suite, planned),
        schedule=_schedule(suite),
        catchup=False,
        max_active_runs=1,
        tags={TAG, *(item.architecture for item in planned)},
        # for a hiccup of S3 or DynamoDB; the benchmarks have a policy of their own
        default_args={"retries": 2, "retry_delay": timedelta(seconds=10)},
    )


def offer_params(dag: DAG, suite: Suite) -> None:
    """What can be chosen when a run is triggered.

    Last, because Airflow copies a DAG's params into every task that is made after them: half the
    time of a parse. A task without params of its own has the DAG's.
    """
    dag.params.update(_params(suite))
    dag.params.validate()


def broken_suite_dag(file: SuiteFile) -> DAG:
    """In place of a suite that cannot be read: visible, and failing with what is wrong."""
    error = file.error or "cannot be read"
    with DAG(
        file.dag_id,
        description=f"{file.path.name} has mistakes",
        doc_md=f"## {file.path.name} has mistakes\n\n```\n{error}\n```\n",
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


def _params(suite: Suite) -> dict[str, Param]:
    return {
        "phases": _phases_param(),
        "max_concurrent": Param(
            suite.header.max_concurrent,
            type="integer",
            minimum=1,
            maximum=MOST_CONCURRENT,
            title="Jobs at one time",
            description="The most jobs of this run in AWS Batch at one time.",
        ),
        "repetitions": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=100,
            title="Repetitions",
            description="Timed repetitions of each benchmark, in place of the suite's.",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Plan and estimate only: write plan.json, submit nothing.",
        ),
        "force": Param(
            False,
            type="boolean",
            title="Measure again",
            description="Submit also what an earlier run of the same id has measured.",
        ),
    }


def _phases_param() -> Param:
    return Param(
        list(PHASES),
        type="array",
        title="Phases",
        description="Which phases to run, by name or number; the others are skipped.",
        items={"enum": [*PHASES, *range(1, len(PHASES) + 1)]},
        minItems=1,
        uniqueItems=True,
        examples=list(PHASES),
        values_display=PHASE_TITLES,
    )


def _documentation(suite: Suite, planned: Sequence[PlannedBenchmark]) -> str:
    """What the DAG's page in Airflow shows: the suite as it will be run."""
    lines = [
        f"## {suite.header.title or suite.name}",
        "",
        "Performance benchmarks of GEOS-Chem. Each is an AWS Batch job on the queue of its "
        "architecture; its manifest goes to S3, its result to DynamoDB, the report beside it.",
        "",
        headline(estimate_of(suite, planned)),
        "",
        "| phase | benchmark | instance | threads / ranks | queue |",
        "|---|---|---|---|---|",
        *(_row(item) for item in planned),
        "",
        *(f"- Warning: {warning}" for warning in suite.warnings),
    ]
    return "\n".join(lines)


def _row(planned: PlannedBenchmark) -> str:
    hardware = planned.benchmark.hardware
    parallel = f"{planned.mpi_ranks} ranks" if planned.mpi_ranks else planned.threads
    return (
        f"| {PHASE_TITLES[planned.phase]} | {planned.id} | {hardware.nodes} × "
        f"{hardware.instance_type} | {parallel} | {planned.job_queue} |"
    )
