"""Puts tasks of a DAG run to wait for Batch jobs, as their operators' `defer` would have.

python -m benchmarks.deferring FILE     with the environment of an Airflow

A thousand tasks that go through workers take twenty minutes before the first is deferred. So the
rows of the metadata database are written here, by Airflow's own models, and the triggerer finds
what it would have found: the same trigger with the same arguments for each task.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

DAY_SECONDS = 86400.0


@dataclass(frozen=True)
class Wish:
    """Whose tasks wait for what."""

    dag_id: str
    """`ours` or `stock`."""
    run_id: str
    region: str
    poll_seconds: int
    jobs: dict[str, str] = field(default_factory=dict)
    """Job id by task; empty: nobody waits any more."""

    def to_file(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))


def ours(wish: Wish, job_id: str) -> BaseTrigger:
    from geoschem_bench.orchestration.job_records import Submission
    from geoschem_bench.orchestration.trigger import BenchmarkJobTrigger

    path = f"s3://no-bucket/runs/{wish.run_id}/phase_1/{job_id}/1/"
    submission = Submission(job_id, wish.run_id, "phase_1", 1, path, "no-queue", "on_demand")
    return BenchmarkJobTrigger(
        job_id=job_id,
        submission=submission.to_document(),
        runnable_seconds=DAY_SECONDS,
        running_seconds=DAY_SECONDS,
        poll_seconds=wish.poll_seconds,
        aws_conn_id=None,
        region=wish.region,
        queues=["no-queue"],
    )


def stock(wish: Wish, job_id: str) -> BaseTrigger:
    from airflow.providers.amazon.aws.triggers.batch import BatchJobTrigger

    return BatchJobTrigger(
        job_id=job_id,
        waiter_delay=wish.poll_seconds,
        waiter_max_attempts=4200,  # the operator's own
        aws_conn_id=None,
        region_name=wish.region,
    )


def apply(wish: Wish) -> None:
    """Makes the run's tasks wait; with no jobs, makes them end."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import Trigger
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select

    make = {"ours": ours, "stock": stock}[wish.dag_id]
    with create_session() as session:
        of_run = (TaskInstance.dag_id == wish.dag_id, TaskInstance.run_id == wish.run_id)
        for task in session.scalars(select(TaskInstance).where(*of_run)):
            job_id = wish.jobs.get(task.task_id)
            task.trigger_id = None
            if job_id is None:
                task.state = TaskInstanceState.SKIPPED
                continue
            row = Trigger.from_object(make(wish, job_id))
            session.add(row)
            session.flush()
            task.trigger_id, task.state = row.id, TaskInstanceState.DEFERRED
            task.next_method, task.next_kwargs = "execute_complete", {}
            task.try_number, task.start_date = 1, datetime.now(UTC)


if __name__ == "__main__":
    apply(Wish(**json.loads(Path(sys.argv[1]).read_text())))
