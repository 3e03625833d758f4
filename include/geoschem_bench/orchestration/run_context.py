"""Airflow's context → our run: who asked for what, and where it writes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from geoschem_bench.planning import RunRequest
from geoschem_bench.suite import PHASES
from geoschem_bench.wiring import (
    Settings,
    batch_jobs,
    gate_keeper,
    named_region,
    object_store,
    read_settings,
    results_store,
    runnable_diagnosis,
)

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
    from boto3.session import Session

    from geoschem_bench.aws.batch import BatchJobs
    from geoschem_bench.aws.dynamodb import DynamoResultsStore
    from geoschem_bench.aws.gates import GateKeeper
    from geoschem_bench.aws.runnable import RunnableDiagnosis
    from geoschem_bench.aws.s3 import S3ObjectStore


PARAMS = ("phases", "max_concurrent", "repetitions", "dry_run", "force")
"""What may be asked of a run."""
PLAN = "plan"
"""The task that resolves the suite for a run."""
LATE = "late"
"""XCom of `plan`: it has skipped the run itself."""
_IN_PROCESS = "InProcessSupervisorComms"
"""How a task that `airflow dags test` runs talks to Airflow; a name, because importing the class
loads Airflow's supervisor into every task."""


def run_request(context: Any) -> RunRequest:  # noqa: ANN401 - Airflow's context has no run-time type
    """What this DAG run is to do."""
    dag_run, params = context["dag_run"], context["params"]
    return RunRequest(
        dag_id=dag_run.dag_id,
        dag_run_id=dag_run.run_id,
        run_after=dag_run.run_after,
        phases=_chosen(params.get("phases")),
        dry_run=bool(params.get("dry_run")),
        repetitions=params.get("repetitions"),
        max_concurrent=params.get("max_concurrent"),
        force=bool(params.get("force")),
        run_type=_run_type(dag_run),
    )


def run_that_submitted() -> str:
    """The run's id; skips the task where the plan failed, was skipped or was a dry run."""
    context = get_current_context()
    run_id = context["ti"].xcom_pull(task_ids=PLAN)
    if run_id is None or run_request(context).dry_run:
        raise skipped("nothing was submitted in this run")
    return str(run_id)


def skipped(why: str) -> AirflowSkipException:
    """To be raised. Airflow folds away why a task was skipped, so it is in the log besides."""
    print(f"skipped: {why}")  # noqa: T201 - into the task's log
    return AirflowSkipException(why)


def _chosen(phases: Collection[str | int] | None) -> tuple[str, ...]:
    """Phases by name or by number, in their own order; all when none was said."""
    if phases is None:
        return tuple(PHASES)
    return tuple(p for n, p in enumerate(PHASES, 1) if p in phases or n in phases)


def _run_type(dag_run: Any) -> str:  # noqa: ANN401 - see above
    """An enum of texts, whose str() is another one."""
    run_type = getattr(dag_run, "run_type", "manual")
    return str(getattr(run_type, "value", run_type))


def is_attended(context: Any) -> bool:  # noqa: ANN401 - see above
    """Whether somebody who asked for this run can be expected to look after it.

    Nobody watches at night, nor through a backfill of thirty days; and `airflow dags test` runs
    one task at a time, so a task that waits for a person waits for ever.
    """
    return _run_type(context["dag_run"]) == "manual" and not is_in_process()


def is_in_process() -> bool:
    """Whether this is `airflow dags test`: one task after the other, in any order, in one process.

    A task that waits for another there waits for ever.
    """
    from airflow.sdk.execution_time import task_runner

    comms = getattr(task_runner, "SUPERVISOR_COMMS", None)
    return type(comms).__name__ == _IN_PROCESS


def is_too_late(context: Any, late_minutes: int, now: datetime | None = None) -> bool:  # noqa: ANN401
    """Whether a scheduled run starts so long after its tick that nobody expects it any more."""
    dag_run = context["dag_run"]
    if _run_type(dag_run) != "scheduled":
        return False
    late = (now or datetime.now(UTC)) - dag_run.run_after
    return bool(late.total_seconds() > late_minutes * 60)


class Parts:
    """The concrete stores of a task, made when asked for and once: a client costs 30 ms."""

    def __init__(self, region: str | None = None, aws_conn_id: str | None = None) -> None:
        """Of this installation; with another region or connection where a job has them."""
        self.settings: Settings = read_settings()
        self.settings = replace(self.settings, aws_conn_id=aws_conn_id or self.settings.aws_conn_id)
        if region:
            self.settings = replace(self.settings, region=region)
        elif self.settings.aws_conn_id and named_region() is None:
            region = self._hook().region_name or self.settings.region
            self.settings = replace(self.settings, region=region)

    @property
    def bucket(self) -> str:
        """Results bucket."""
        return self.settings.bucket

    @cached_property
    def objects(self) -> S3ObjectStore:
        """Objects in S3."""
        return object_store(self.settings, self.session())

    @cached_property
    def store(self) -> DynamoResultsStore:
        """Results in DynamoDB."""
        return results_store(self.settings, self.session())

    @cached_property
    def jobs(self) -> BatchJobs:
        """Jobs in AWS Batch."""
        return batch_jobs(self.settings, self.session())

    @cached_property
    def gates(self) -> GateKeeper:
        """What must be so before jobs are submitted."""
        return gate_keeper(self.settings, self.session())

    @cached_property
    def diagnosis(self) -> RunnableDiagnosis:
        """Why a job gets no instance."""
        return runnable_diagnosis(self.settings, self.session())

    @cached_property
    def batch(self) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Batch's own client, for what is more than jobs."""
        from geoschem_bench.aws.clients import make_client

        return make_client("batch", self.settings.region, self.session())

    def topic_arn(self, topic: str) -> str:
        """The ARN of a topic of Amazon SNS that is given by its name or its ARN."""
        from geoschem_bench.aws.topics import topic_arn

        return topic_arn(topic, self.settings.region, self.session())

    def session(self) -> Session | None:
        """Credentials of the Airflow connection where one is named, else boto3's own search."""
        if self.settings.aws_conn_id is None:
            return None
        return self._hook().get_session(region_name=self.settings.region)

    def _hook(self) -> AwsBaseHook:
        from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

        return AwsBaseHook(aws_conn_id=self.settings.aws_conn_id, client_type="sts")
