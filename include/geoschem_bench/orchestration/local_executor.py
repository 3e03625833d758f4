"""Airflow's LocalExecutor without two faults of 3.3.2.

    AIRFLOW__CORE__EXECUTOR=geoschem_bench.orchestration.local_executor.LocalExecutor

A worker that is killed between taking a task and telling that it runs leaves the task `queued`.
The scheduler asks the executor to give such a task back (`[scheduler] task_queued_timeout`), and
Airflow's own cannot: the task stays queued until the scheduler is started again.

A task that waits for a job is run in two stretches, before and after the wait, under one key. On a
busy computer the end of the first is read when the second is queued already; the scheduler then
takes the task for one that was killed, and tries it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.executors import local_executor
from airflow.utils.state import TaskInstanceState

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance


class LocalExecutor(local_executor.LocalExecutor):
    """Runs tasks as processes of this computer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's own
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._given: Counter[Any] = Counter()
        """Stretches that workers were given and whose end is not read, by the task's key."""

    def _process_workloads(self, workload_list: Sequence[Any]) -> None:
        self._given.update(workload.key for workload in workload_list)
        super()._process_workloads(workload_list)  # type: ignore[no-untyped-call]

    def change_state(self, key: Any, state: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Keep the good end of a stretch to ourselves once the next one of the task is on."""
        is_end = state in (TaskInstanceState.SUCCESS, TaskInstanceState.FAILED)
        self._given[key] -= is_end
        is_on = self._given[key] > 0 or key in self.queued_tasks
        if not self._given[key] > 0:
            del self._given[key]
        if is_on and state == TaskInstanceState.SUCCESS:
            return
        super().change_state(key, state, *args, **kwargs)

    def revoke_task(self, *, ti: TaskInstance) -> None:
        """Forget the task; the scheduler queues it anew.

        Should a worker have it after all, Airflow lets only one of the two begin.
        """
        del self._given[ti.key]
        self.running.discard(ti.key)
        self.queued_tasks.pop(ti.key, None)
