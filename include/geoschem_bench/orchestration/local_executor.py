"""Airflow's LocalExecutor, which lets go of a task whose worker was killed before it began.

    AIRFLOW__CORE__EXECUTOR=geoschem_bench.orchestration.local_executor.LocalExecutor

A worker that is killed between taking a task and telling that it runs leaves the task `queued`.
The scheduler asks the executor to give such a task back (`[scheduler] task_queued_timeout`), and
Airflow 3.3's own cannot: the task stays queued, and its slot taken, until the scheduler is started
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.executors import local_executor

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance


class LocalExecutor(local_executor.LocalExecutor):
    """Runs tasks as processes of this computer."""

    def revoke_task(self, *, ti: TaskInstance) -> None:
        """Forget the task; the scheduler queues it anew.

        Should a worker have it after all, Airflow lets only one of the two begin.
        """
        self.running.discard(ti.key)
        self.queued_tasks.pop(ti.key, None)
