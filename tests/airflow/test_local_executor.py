"""What Airflow's scheduler asks of the executor when a task is stuck."""

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.executors import local_executor
from airflow.models.taskinstancekey import TaskInstanceKey

from geoschem_bench.orchestration.local_executor import LocalExecutor

TASK: Any = SimpleNamespace(key=TaskInstanceKey("dag", "task", "run", 1))


def test_a_task_that_never_began_is_given_back_and_its_slot_is_free():
    executor = LocalExecutor(parallelism=1)
    executor.running.add(TASK.key)
    assert executor.slots_available == 0
    executor.revoke_task(ti=TASK)
    assert executor.slots_available == 1
    executor.revoke_task(ti=TASK)  # nothing to give back is no error


def test_airflow_s_own_still_cannot():
    """Once it can, ours is of no use any more."""
    with pytest.raises(NotImplementedError):
        local_executor.LocalExecutor(parallelism=1).revoke_task(ti=TASK)
