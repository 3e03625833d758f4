"""Names by which a run, its jobs and its objects are found again."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

_STAMP = "%Y%m%dT%H%M%SZ"


def benchmark_run_id(run_after: datetime, dag_id: str, dag_run_id: str) -> str:
    """`20261122T035120Z-1a2b3c4d`: sortable by time, the same whenever it is asked again.

    Args:
        run_after: The DAG run's `run_after`, with zone.
        dag_id: Of the suite's DAG.
        dag_run_id: Airflow's own run id.
    """
    digest = hashlib.sha256(f"{dag_id}\n{dag_run_id}".encode()).hexdigest()
    return f"{run_after.astimezone(UTC).strftime(_STAMP)}-{digest[:8]}"


def run_id_by_hand(created: datetime, batch_job_id: str) -> str:
    """Run id of a job that no plan made."""
    return f"{created.astimezone(UTC).strftime(_STAMP)}-{batch_job_id[:8]}"


def job_name(run_id: str, benchmark_id: str, submission: int) -> str:
    """Batch job name. At most 4 + 25 + 1 + 64 + 4 of Batch's 128 characters."""
    return f"gsb-{run_id}-{benchmark_id}-{submission}"


def run_prefix(bucket: str, run_id: str) -> str:
    """`s3://B/runs/<run>/`, where the run-level files lie."""
    return f"s3://{bucket}/runs/{run_id}/"


def output_path(bucket: str, run_id: str, phase: str, benchmark_id: str, submission: int) -> str:
    """Where one submission of one benchmark writes."""
    return f"{run_prefix(bucket, run_id)}{phase}/{benchmark_id}/{submission}/"
