"""At most so many jobs of a run at one time, first come in the suite's own order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, TaskDeferred

from geoschem_bench.orchestration import turns
from geoschem_bench.orchestration.turns import RESUME, Look, TurnTrigger, places, wait_for_turn
from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import load_suite
from tests.airflow.conftest import QUICK

RUN = "manual__2026-11-22"
"""Airflow's id of the run."""


class FakeTask:
    """What a task asks of Airflow: the states of others."""

    def __init__(self, states: dict[str, str | None]) -> None:
        self.states = states
        self.order: list[str] | None = list(states)
        self.asked: list[list[str]] = []

    def get_task_states(
        self, dag_id: str, task_ids: list[str], run_ids: list[str]
    ) -> dict[str, dict[str, str | None]]:
        """As RuntimeTaskInstance's."""
        self.asked.append(task_ids)
        return {RUN: {each: self.states[each] for each in task_ids if each in self.states}}

    def xcom_pull(self, task_ids: str, key: str) -> list[str] | None:
        """What `plan` has left."""
        return self.order


def context_of(task: FakeTask) -> Any:
    run = type("Run", (), {"dag_id": "suite", "run_id": RUN})
    return {"ti": task, "dag_run": run}


def suite_of(count: int) -> DAG:
    """A DAG with that many benchmarks, and other tasks among them."""
    planned = plan_suite(load_suite(QUICK))[0]
    with DAG("suite") as dag:
        EmptyOperator(task_id="plan")
        for number in range(count):
            EmptyOperator(task_id=f"b{number}").planned = planned
        EmptyOperator(task_id="queue").planned = [planned]  # a gate has several
    return dag


def is_let_in(
    position: int, states: list[str | None], at_once: int, task: FakeTask | None = None
) -> bool:
    """Whether the benchmark at `position` may go while those before it are in these states."""
    task = task or FakeTask({f"b{n}": state for n, state in enumerate(states)})
    operator: Any = suite_of(max(len(states), position + 1)).get_task(f"b{position}")
    try:
        wait_for_turn(operator, context_of(task), at_once)
    except TaskDeferred as deferred:
        return deferred.method_name != RESUME
    return True


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOSCHEM_BENCH_BUCKET", "b")
    monkeypatch.delenv("GEOSCHEM_BENCH_AWS_CONN_ID", raising=False)


def test_the_first_go_at_once_and_ask_nobody() -> None:
    task = FakeTask({})
    assert is_let_in(2, [], 3, task)
    assert task.asked == []


@pytest.mark.parametrize(
    ("before", "may_go"),
    [
        (["deferred", "deferred"], False),
        (["deferred", "success"], True),
        (["failed", "deferred"], True),
        (["running", "queued"], False),
        (["up_for_retry", "deferred"], False),
        ([None, "deferred"], False),
        (["skipped", "upstream_failed"], True),
    ],
)
def test_a_benchmark_waits_while_so_many_before_it_go_on(
    before: list[str | None], may_go: bool
) -> None:
    assert is_let_in(2, before, 2) is may_go


def test_a_task_that_airflow_does_not_know_is_waited_for_by_nobody() -> None:
    assert is_let_in(2, [], 1, FakeTask({"b0": "success"}))


def test_who_waits_says_for_whom(capsys: pytest.CaptureFixture[str]) -> None:
    assert not is_let_in(2, ["deferred", "running"], 2)
    out = capsys.readouterr().out
    assert "waits for its turn: at least 2 before it, max_concurrent 2" in out


def test_nobody_waits_for_a_turn_that_nothing_tells() -> None:
    """Its trigger would ask for what is gone for ever."""
    task = FakeTask({"b0": "deferred", "b1": "deferred"})
    task.order = None
    with pytest.raises(AirflowException, match="'plan' of this run has left no order"):
        is_let_in(2, ["deferred"] * 2, 2, task)
    assert is_let_in(2, ["deferred"] * 2, 3, task)


def test_a_long_suite_is_looked_at_backwards_and_no_further_than_needed() -> None:
    states: list[str | None] = [*["success"] * 200, *["deferred"] * 50]
    task = FakeTask({f"b{n}": state for n, state in enumerate(states)})
    assert not is_let_in(250, states, 10, task)
    assert [len(ids) for ids in task.asked] == [100]
    task.asked.clear()
    assert is_let_in(250, states, 51, task)
    assert [len(ids) for ids in task.asked] == [100, 100, 50]


def test_nobody_waits_where_tasks_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "is_in_process", lambda: True)
    assert is_let_in(5, ["deferred"] * 5, 1)


@pytest.mark.parametrize("at_once", [1, 2, 3, 7])
def test_never_more_than_so_many_go_and_all_of_them_do(at_once: int) -> None:
    """Benchmarks end in any order; each round lets in whom the rule allows."""
    order = [f"b{n}" for n in range(20)]
    states: dict[str, str | None] = dict.fromkeys(order)
    alive: list[str] = []
    ended = 0
    while ended < len(order):
        for task_id, before in places(order, states).items():
            if before < at_once and states[task_id] is None:
                states[task_id] = "deferred"
                alive.append(task_id)
        assert len(alive) == min(at_once, len(order) - ended)
        states[alive.pop(ended % len(alive))] = "success"
        ended += 1


def trigger_of(task_id: str, at_once: int = 2) -> TurnTrigger:
    return TurnTrigger(
        dag_id="suite", run_id=RUN, task_id=task_id, max_concurrent=at_once, poll_seconds=0
    )


def test_a_trigger_comes_back_from_the_database_as_it_went() -> None:
    trigger = trigger_of("b2")
    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    again = getattr(import_module(module), name)(**arguments)
    assert again.serialize() == trigger.serialize()


def test_all_that_wait_in_one_run_share_one_poll() -> None:
    assert trigger_of("b2").shared_stream_key() == trigger_of("b3").shared_stream_key()
    other = TurnTrigger(
        dag_id="suite", run_id="another", task_id="b2", max_concurrent=2, poll_seconds=0
    )
    assert other.shared_stream_key() != trigger_of("b2").shared_stream_key()


def test_a_trigger_fires_once_when_its_turn_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter(["deferred", "no answer", "success"])

    def states(**_: str) -> dict[str, str]:
        second = next(looks)
        if second == "no answer":
            raise OSError(second)
        return {"b0": "deferred", "b1": second, "b2": "deferred"}

    monkeypatch.setattr(turns, "read_states", states)
    monkeypatch.setattr(turns, "_read_order", lambda **_: ["b0", "b1", "b2"])

    async def fired() -> list[Any]:
        return [event.payload async for event in trigger_of("b2").run()]

    assert asyncio.run(fired()) == [{"turn": True}]
    assert next(looks, "all looked at") == "all looked at"


def told(looks: list[Look], task_id: str = "b4") -> list[Any]:
    """What a trigger fires after those looks."""

    async def stream() -> AsyncIterator[Look]:
        for look in looks:
            yield look

    async def fired() -> list[Any]:
        trigger = trigger_of(task_id)
        return [event.payload async for event in trigger.filter_shared_stream(stream())]

    return asyncio.run(fired())


def test_the_number_before_is_told_whenever_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    looks = [Look({"b4": number}) for number in (4, 4, 3, 3, 2, 1)]
    assert told(looks) == [{"turn": True}]
    said = re.findall(
        r"waits for its turn: (\d) before it, max_concurrent 2", capsys.readouterr().out
    )
    assert said == ["4", "3", "2"]


def test_a_poll_that_never_answers_ends_the_wait_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(**_: str) -> list[str]:
        raise LookupError("no order")

    monkeypatch.setattr(turns, "_read_order", gone)
    monkeypatch.setattr(turns, "_UNANSWERED_SECONDS", 0.0)

    async def fired() -> list[Any]:
        return [event.payload async for event in trigger_of("b2").run()]

    assert asyncio.run(fired()) == [{"turn": False, "why": "LookupError: no order"}]
    assert "nobody can tell whose turn it is: LookupError: no order" in capsys.readouterr().out
