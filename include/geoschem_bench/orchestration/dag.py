"""The DAG object of a suite: schedule, parameters, documentation. Its tasks are in `tasks`."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronPartitionTimetable, Param, task
from airflow.sdk.exceptions import AirflowFailException

from geoschem_bench.orchestration.suites import SuiteFile
from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import PHASE_TITLES, PHASES, Suite
from geoschem_bench.wiring import routes_of

TAG = "geoschem-bench"


def suite_dag(suite: Suite) -> DAG:
    """The (still empty) DAG of a suite. The same file gives the same serialized DAG."""
    architectures = {planned.architecture for planned in plan_suite(suite)}
    return DAG(
        suite.dag_id,
        description=suite.header.title or f"Performance benchmarks of {suite.name}",
        doc_md=_documentation(suite),
        schedule=_schedule(suite),
        catchup=False,
        max_active_runs=1,
        params=_params(),
        tags={TAG, *architectures},
        # for a hiccup of S3 or DynamoDB; the benchmarks themselves are never retried
        default_args={"retries": 2, "retry_delay": timedelta(seconds=10)},
    )


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


def _params() -> dict[str, Param]:
    return {
        "phases": Param(
            list(PHASES),
            type="array",
            title="Phases",
            description="Which phases to run; the others are skipped.",
            items={"type": "string", "enum": list(PHASES)},
            uniqueItems=True,
            examples=list(PHASES),
            values_display=PHASE_TITLES,
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Plan only: write plan.json, submit nothing.",
        ),
        "repetitions": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=100,
            title="Repetitions",
            description="Timed repetitions of each benchmark, in place of the suite's.",
        ),
    }


def _documentation(suite: Suite) -> str:
    """What the DAG's page in Airflow shows: the suite as it will be run."""
    lines = [
        f"## {suite.header.title or suite.name}",
        "",
        "Performance benchmarks of GEOS-Chem. Each is an AWS Batch job on the queue of its "
        "architecture; its manifest goes to S3, its result to DynamoDB, the report beside it.",
        "",
        "| phase | benchmark | instance | threads / ranks | queue |",
        "|---|---|---|---|---|",
    ]
    for planned in plan_suite(suite, routes=routes_of()):
        hardware = planned.benchmark.hardware
        parallel = f"{planned.mpi_ranks} ranks" if planned.mpi_ranks else planned.threads
        lines.append(
            f"| {PHASE_TITLES[planned.phase]} | {planned.id} | {hardware.nodes} × "
            f"{hardware.instance_type} | {parallel} | {planned.job_queue} |"
        )
    lines += ["", *(f"- Warning: {warning}" for warning in suite.warnings)]
    return "\n".join(lines)
