"""What Airflow's scheduler asks of the executor when a task is stuck."""

import multiprocessing
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.executors import local_executor
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.utils.state import TaskInstanceState

from geoschem_bench.orchestration.local_executor import LocalExecutor

TASK: Any = SimpleNamespace(key=TaskInstanceKey("dag", "task", "run", 1))


def test_a_task_that_never_began_is_given_back_and_its_slot_is_free():
    executor = LocalExecutor(parallelism=1)
    executor.running.add(TASK.key)
    assert executor.slots_available == 0
    executor.revoke_task(ti=TASK)
    assert executor.slots_available == 1
    executor.revoke_task(ti=TASK)  # nothing to give back is no error


def test_the_end_of_the_first_stretch_is_no_end_of_the_second(started):
    """A task that waited is queued again before the scheduler reads that it began to wait."""
    started.give(TASK)
    started.queued_tasks[TASK.key] = TASK
    started.change_state(TASK.key, TaskInstanceState.SUCCESS)
    assert not started.event_buffer, "the second is queued"

    started.give(TASK)
    started.give(TASK)
    started.change_state(TASK.key, TaskInstanceState.SUCCESS)
    assert not started.event_buffer, "the second is with a worker"
    started.change_state(TASK.key, TaskInstanceState.SUCCESS)
    assert started.event_buffer == {TASK.key: (TaskInstanceState.SUCCESS, None)}


def test_a_worker_s_failure_is_always_told(started):
    started.give(TASK)
    started.give(TASK)
    started.change_state(TASK.key, TaskInstanceState.FAILED)
    assert started.event_buffer == {TASK.key: (TaskInstanceState.FAILED, None)}


def test_airflow_s_own_still_tells_of_the_first_stretch():
    """Once it does not, this part of ours is of no use any more."""
    stock = local_executor.LocalExecutor(parallelism=1)
    stock.queued_tasks[TASK.key] = TASK
    stock.change_state(TASK.key, TaskInstanceState.SUCCESS)
    assert stock.event_buffer


@pytest.fixture
def started():
    """An executor whose workers take what they are given and say nothing."""

    class Idle(LocalExecutor):
        def give(self, task):
            self.queued_tasks[task.key] = task
            self._process_workloads([task])

        def _check_workers(self):
            pass

    executor: Any = Idle(parallelism=1)
    executor.activity_queue = SimpleNamespace(put=lambda _: None)
    executor._unread_messages = multiprocessing.Value("i", 0)
    return executor


def test_airflow_s_own_still_cannot():
    """Once it can, ours is of no use any more."""
    with pytest.raises(NotImplementedError):
        local_executor.LocalExecutor(parallelism=1).revoke_task(ti=TASK)
