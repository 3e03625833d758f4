"""At most so many jobs at one time, chosen for each run when it is triggered.

Airflow has no such limit: pools and `max_active_tis_per_dag` are fixed when the DAG is parsed. So
each benchmark waits for its turn. The rule needs no lock: of the run's benchmarks in their order,
the first N that have not ended may go. Every job alive is among them, so there are at most N; and
when one of them ends, the next is let in.

(When a person clears a benchmark that had ended, its job comes on top of those that already run.)
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from geoschem_bench.orchestration.run_context import PLAN, Parts, is_in_process
from geoschem_bench.planning import PlannedBenchmark

if TYPE_CHECKING:
    from airflow.sdk import DAG, BaseOperator, Context

States = Mapping[str, str | None]
_log = logging.getLogger(__name__)

ORDER = "order"
"""XCom of `plan`: the task ids of the run's benchmarks, in their order."""
RESUME = "resume_in_turn"
"""The operator's method that goes on when its turn has come."""
ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
"""States of a task that nothing more will come of, unless a person clears it."""
_AT_ONCE = 100
"""Task ids in one question: they travel in its address."""
_SHARE_OF_TIME = 0.1
"""Of the time that the poll of one run may take of the triggerer …"""
_LONGEST_GAP_SECONDS = 15.0
"""… but one slow answer, of a computer that had much to do just then, holds nobody up."""


def order_of(dag: DAG) -> list[str]:
    """Task ids of the benchmarks of a DAG, in their order."""
    return [
        task.task_id
        for task in dag.task_dict.values()
        if isinstance(getattr(task, "planned", None), PlannedBenchmark)
    ]


def wait_for_turn(operator: BaseOperator, context: Context, max_concurrent: int) -> None:
    """Return when this benchmark may be submitted; else defer until it may.

    Args:
        operator: The benchmark's; it goes on in its method `resume_in_turn`.
        context: Airflow's.
        max_concurrent: The most jobs of this run at one time.
    """
    order = order_of(operator.dag)
    position = order.index(operator.task_id)
    if position < max_concurrent or is_in_process():
        return
    ti, dag_run = context["ti"], context["dag_run"]

    def states(task_ids: list[str]) -> States:
        found = ti.get_task_states(
            dag_id=dag_run.dag_id, task_ids=task_ids, run_ids=[dag_run.run_id]
        )
        return dict(found.get(dag_run.run_id, {}))

    if _count_waiting(order[:position], states, max_concurrent) < max_concurrent:
        return
    operator.defer(
        trigger=TurnTrigger(
            dag_id=dag_run.dag_id,
            run_id=dag_run.run_id,
            task_id=operator.task_id,
            max_concurrent=max_concurrent,
            poll_seconds=Parts().settings.poll_seconds,
        ),
        method_name=RESUME,
    )


def _count_waiting(
    before: Sequence[str], states: Callable[[list[str]], States], enough: int
) -> int:
    """How many have not ended, looking backwards and no further than needed."""
    count = 0
    for end in range(len(before), 0, -_AT_ONCE):
        ids = list(before[max(0, end - _AT_ONCE) : end])
        count += len(list(_unended(ids, states(ids))))
        if count >= enough:
            break
    return count


def _unended(order: Iterable[str], states: States) -> Iterator[str]:
    """Those that have not ended; a task that Airflow does not know will never run."""
    return (each for each in order if each in states and states[each] not in ENDED)


def in_turn(order: Iterable[str], states: States, max_concurrent: int) -> frozenset[str]:
    """Who may go: the first so many that have not ended."""
    return frozenset(itertools.islice(_unended(order, states), max_concurrent))


class TurnTrigger(BaseEventTrigger):
    """Waits for a benchmark's turn; all that wait in one run share one poll of Airflow.

    Args:
        dag_id: Of the suite.
        run_id: Airflow's.
        task_id: The benchmark that waits.
        max_concurrent: The most jobs of the run at one time.
        poll_seconds: Between two looks; more where a look takes long.
    """

    def __init__(
        self, *, dag_id: str, run_id: str, task_id: str, max_concurrent: int, poll_seconds: float
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own
        self.waits_for = task_id
        self._run: dict[str, Any] = {
            "dag_id": dag_id,
            "run_id": run_id,
            "max_concurrent": max_concurrent,
            "poll_seconds": poll_seconds,
        }

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class and arguments, as Airflow stores a trigger."""
        return f"{__name__}.TurnTrigger", {**self._run, "task_id": self.waits_for}

    def shared_stream_key(self) -> Hashable:
        """One poll for each run."""
        return ("geoschem_bench_turns", *self._run.values())

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[frozenset[str]]:
        """Who may go, again and again. Whatever Airflow answers, the waiting goes on."""
        order: list[str] | None = None
        while True:
            began = time.monotonic()
            try:
                order = order or await sync_to_async(_read_order)(**_where(kwargs))
                states = await sync_to_async(_read_states)(**_where(kwargs))
            except Exception as error:  # raised here it would fail every benchmark that waits
                _log.warning("cannot see whose turn it is; asking again: %s", error)
            else:
                yield in_turn(order, states, kwargs["max_concurrent"])
            gap = min((time.monotonic() - began) / _SHARE_OF_TIME, _LONGEST_GAP_SECONDS)
            await asyncio.sleep(max(kwargs["poll_seconds"], gap))

    async def filter_shared_stream(
        self, shared_stream: AsyncIterator[Any]
    ) -> AsyncIterator[TriggerEvent]:
        """One event: it is this benchmark's turn."""
        async for may_go in shared_stream:
            if self.waits_for in may_go:
                yield TriggerEvent({"turn": True})  # type: ignore[no-untyped-call]  # Airflow's
                return

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """The same, alone."""
        async for event in self.filter_shared_stream(self.open_shared_stream(self._run)):
            yield event


def _where(kwargs: Mapping[str, Any]) -> dict[str, str]:
    return {"dag_id": kwargs["dag_id"], "run_id": kwargs["run_id"]}


def _read_order(dag_id: str, run_id: str) -> list[str]:
    from airflow.sdk.bases.xcom import BaseXCom

    order = BaseXCom.get_one(key=ORDER, dag_id=dag_id, run_id=run_id, task_id=PLAN)
    if not order:
        raise LookupError(f"the task '{PLAN}' of {run_id} has left no order")
    return list(order)


def _read_states(dag_id: str, run_id: str) -> States:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    found = RuntimeTaskInstance.get_task_states(dag_id=dag_id, run_ids=[run_id])
    return dict(found.get(run_id, {}))
