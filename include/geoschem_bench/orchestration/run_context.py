"""Airflow's context → our run: who asked for what, and where it writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from geoschem_bench.planning import RunRequest
from geoschem_bench.suite import PHASES
from geoschem_bench.wiring import (
    Settings,
    batch_jobs,
    named_region,
    object_store,
    read_settings,
    results_store,
)

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
    from boto3.session import Session

    from geoschem_bench.aws.batch import BatchJobs
    from geoschem_bench.aws.dynamodb import DynamoResultsStore
    from geoschem_bench.aws.s3 import S3ObjectStore


def run_request(context: Any) -> RunRequest:  # noqa: ANN401 - Airflow's context has no run-time type
    """What this DAG run is to do."""
    dag_run, params = context["dag_run"], context["params"]
    chosen = params.get("phases")
    return RunRequest(
        dag_id=dag_run.dag_id,
        dag_run_id=dag_run.run_id,
        run_after=dag_run.run_after,
        phases=tuple(p for p in PHASES if chosen is None or p in chosen),
        dry_run=bool(params.get("dry_run")),
        repetitions=params.get("repetitions"),
    )


def is_too_late(context: Any, late_minutes: int, now: datetime | None = None) -> bool:  # noqa: ANN401
    """Whether a scheduled run starts so long after its tick that nobody expects it any more."""
    dag_run = context["dag_run"]
    if dag_run.run_type != "scheduled":  # an enum of texts: its str() is another one
        return False
    late = (now or datetime.now(UTC)) - dag_run.run_after
    return bool(late.total_seconds() > late_minutes * 60)


class Parts:
    """The concrete stores of a task, made when asked for."""

    def __init__(self) -> None:
        self.settings: Settings = read_settings()
        if self.settings.aws_conn_id and named_region() is None:
            region = self._hook().region_name or self.settings.region
            self.settings = replace(self.settings, region=region)

    @property
    def bucket(self) -> str:
        """Results bucket."""
        return self.settings.bucket

    @property
    def objects(self) -> S3ObjectStore:
        """Objects in S3."""
        return object_store(self.settings, self._session())

    @property
    def store(self) -> DynamoResultsStore:
        """Results in DynamoDB."""
        return results_store(self.settings, self._session())

    @property
    def jobs(self) -> BatchJobs:
        """Jobs in AWS Batch."""
        return batch_jobs(self.settings, self._session())

    def _session(self) -> Session | None:
        """Credentials of the Airflow connection where one is named, else boto3's own search."""
        if self.settings.aws_conn_id is None:
            return None
        return self._hook().get_session(region_name=self.settings.region)

    def _hook(self) -> AwsBaseHook:
        from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

        return AwsBaseHook(aws_conn_id=self.settings.aws_conn_id, client_type="sts")
