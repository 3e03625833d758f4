"""At most so many jobs at one time, chosen for each run when it is triggered.

Airflow has no such limit: pools and `max_active_tis_per_dag` are fixed when the DAG is parsed. So
each benchmark waits for its turn. The rule needs no lock: of the run's benchmarks in their order,
the first N that have not ended may go. Every job alive is among them, so there are at most N; and
when one of them ends, the next is let in.

(When a person clears a benchmark that had ended, its job comes on top of those that already run.)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException
from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from geoschem_bench import units
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
_UNANSWERED_SECONDS = 15.0 * units.SECONDS_PER_MINUTE
"""After so long without an answer the tasks themselves look, in a worker, where a failure is
theirs and is seen. An api-server is restarted, and a cleared plan made anew, in less."""


def order_of(dag: DAG) -> list[str]:
    """Task ids of the benchmarks of a DAG, in their order."""
    return list(_benchmarks(dag))


def queues_of(dag: DAG) -> list[str]:
    """Job queues of the benchmarks of a DAG."""
    both = ((each.job_queue, each.fallback_queue) for each in _benchmarks(dag).values())
    return sorted({queue for queues in both for queue in queues if queue})


def _benchmarks(dag: DAG) -> dict[str, PlannedBenchmark]:
    found = {task_id: getattr(task, "planned", None) for task_id, task in dag.task_dict.items()}
    return {key: planned for key, planned in found.items() if isinstance(planned, PlannedBenchmark)}


def wait_for_turn(operator: BaseOperator, context: Context, max_concurrent: int) -> None:
    """Return when this benchmark may be submitted; else defer until it may.

    Args:
        operator: The benchmark's; it goes on in its method `resume_in_turn`.
        context: Airflow's.
        max_concurrent: The most jobs of this run at one time.

    Raises:
        AirflowException: its turn would never come.
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

    count = _count_waiting(order[:position], states, max_concurrent)
    if count < max_concurrent:
        return
    _check_order(ti)
    operator.log.info(
        "waits for its turn: at least %d before it, max_concurrent %d", count, max_concurrent
    )
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


def _check_order(ti: Any) -> None:  # noqa: ANN401 - Airflow's
    """The trigger reads what `plan` has left: where there is nothing, it would wait for ever."""
    if not ti.xcom_pull(task_ids=PLAN, key=ORDER):
        raise AirflowException(
            f"cannot wait for its turn: task '{PLAN}' of this run has left no order of benchmarks "
            f"(its XCom '{ORDER}' is gone, or is of an earlier version). Clear '{PLAN}' and then "
            "this task, or trigger the suite anew"
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


def places(order: Iterable[str], states: States) -> dict[str, int]:
    """Of each that has not ended, how many before it have not; it may go while those are few."""
    return {task_id: before for before, task_id in enumerate(_unended(order, states))}


@dataclass(frozen=True)
class Look:
    """One look of the poll; what all that wait in a run are told."""

    places: Mapping[str, int]
    trouble: str = ""
    """Why nothing could be seen for so long that somebody must hear of it."""


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
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[Look]:
        """How many are before each, again and again. Whatever Airflow answers, it goes on."""
        order: list[str] | None = None
        answered = time.monotonic()
        while True:
            began = time.monotonic()
            try:
                order = order or await sync_to_async(_read_order)(**_where(kwargs))
                states = await sync_to_async(read_states)(**_where(kwargs))
            except Exception as error:  # raised here it would fail every benchmark that waits
                _log.warning("cannot see whose turn it is; asking again: %s", error)
                if began - answered >= _UNANSWERED_SECONDS:
                    yield Look({}, f"{type(error).__name__}: {error}")
            else:
                answered = time.monotonic()
                yield Look(places(order, states))
            gap = min((time.monotonic() - began) / _SHARE_OF_TIME, _LONGEST_GAP_SECONDS)
            await asyncio.sleep(max(kwargs["poll_seconds"], gap))

    async def filter_shared_stream(
        self, shared_stream: AsyncIterator[Any]
    ) -> AsyncIterator[TriggerEvent]:
        """One event: it is this benchmark's turn, or nobody can tell."""
        said: int | None = None
        most = self._run["max_concurrent"]
        async for look in shared_stream:
            if look.trouble:
                self.log.error("nobody can tell whose turn it is: %s", look.trouble)
                yield _event(turn=False, why=look.trouble)
                return
            before = look.places.get(self.waits_for)
            if before is not None and before < most:
                yield _event(turn=True)
                return
            if before is not None and before != said:
                said = before
                self.log.info("waits for its turn: %d before it, max_concurrent %d", before, most)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """The same, alone."""
        async for event in self.filter_shared_stream(self.open_shared_stream(self._run)):
            yield event


def _event(**payload: bool | str) -> TriggerEvent:
    return TriggerEvent(payload)  # type: ignore[no-untyped-call]  # Airflow's


def _where(kwargs: Mapping[str, Any]) -> dict[str, str]:
    return {"dag_id": kwargs["dag_id"], "run_id": kwargs["run_id"]}


def _read_order(dag_id: str, run_id: str) -> list[str]:
    from airflow.sdk.bases.xcom import BaseXCom

    order = BaseXCom.get_one(key=ORDER, dag_id=dag_id, run_id=run_id, task_id=PLAN)
    if not order:
        raise LookupError(f"the task '{PLAN}' of {run_id} has left no order")
    return list(order)


def read_states(dag_id: str, run_id: str) -> States:
    """Of all tasks of a run; for a triggerer, which holds no task."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    found = RuntimeTaskInstance.get_task_states(dag_id=dag_id, run_ids=[run_id])
    return dict(found.get(run_id, {}))
