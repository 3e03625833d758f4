"""Jobs of tasks that were marked while nobody could be told, seen to by those that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from geoschem_bench.errors import StorageError
from geoschem_bench.orchestration import patrol
from geoschem_bench.orchestration.patrol import ROUNDS, Patrol, WaitingRun, end_unowned
from geoschem_bench.orchestration.polling import Finding
from tests.airflow.test_janitor import RUN, job
from tests.airflow.test_trigger import Watch, trigger

WAITING = WaitingRun("suite", "manual__1", RUN, ("q",))


class Jobs:
    """What Batch lists; remembers what was ended."""

    def __init__(self, *found: Any) -> None:
        self.found, self.ended, self.asked = found, list[str](), 0

    def existing(self, queues: Iterable[str]) -> list[str]:
        return list(queues)

    def named(self, queues: Iterable[str], prefix: str, *, only_living: bool) -> list[Any]:
        self.asked += 1
        return list(self.found)

    def terminate(self, jobs: Iterable[Any], why: str) -> int:
        ids = [each.job_id for each in jobs]
        self.ended += ids
        return len(ids)


def patrol_with(
    monkeypatch: pytest.MonkeyPatch, jobs: Any, *states: Mapping[str, str | None]
) -> None:
    """Go round once; Airflow answers with these states, one after the other."""
    answers: Iterator[Mapping[str, str | None]] = iter(states)
    monkeypatch.setattr(patrol, "read_states", lambda dag_id, run_id: next(answers))
    end_unowned(WAITING, jobs)


@pytest.mark.parametrize("state", ["failed", "success", "skipped"])
def test_a_job_whose_task_has_ended_is_ended(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    jobs, states = Jobs(job("A", 1), job("B", 1)), {"phase_1.A": state, "phase_1.B": "deferred"}
    patrol_with(monkeypatch, jobs, states, states)
    assert jobs.ended == ["A-1"]


@pytest.mark.parametrize("state", [None, "deferred", "running", "queued", "up_for_retry"])
def test_a_job_whose_task_goes_on_is_spared(
    monkeypatch: pytest.MonkeyPatch, state: str | None
) -> None:
    jobs, states = Jobs(job("A", 1)), {"phase_1.A": state, "plan": "success"}
    patrol_with(monkeypatch, jobs, states, states)
    assert jobs.ended == []


def test_one_that_was_cleared_meanwhile_is_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its new job may be among those that were found."""
    jobs = Jobs(job("A", 2))
    patrol_with(monkeypatch, jobs, {"phase_1.A": "failed"}, {"phase_1.A": None})
    assert jobs.asked == 1
    assert jobs.ended == []


def test_one_that_airflow_does_not_know_is_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, states = Jobs(job("Z", 1)), {"phase_1.A": "success"}
    patrol_with(monkeypatch, jobs, states, states)
    assert jobs.ended == []


def test_batch_is_not_asked_while_no_task_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(job("A", 1))
    patrol_with(monkeypatch, jobs, {"phase_1.A": "deferred"})
    assert jobs.asked == 0


def rounds_of(looks: int, jobs: Any) -> None:
    """So many looks at the jobs, of which each may begin a patrol."""

    async def look() -> None:
        walking = Patrol(lambda: jobs, lambda: [WAITING])
        for _ in range(looks):
            walking.next_round()
            if walking._going is not None:
                await walking._going

    asyncio.run(look())


def test_it_goes_round_once_in_so_many_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patrol, "read_states", lambda dag_id, run_id: {"phase_1.A": "failed"})
    jobs = Jobs(job("A", 1))
    rounds_of(ROUNDS - 1, jobs)
    assert jobs.asked == 0
    rounds_of(3 * ROUNDS, jobs)
    assert jobs.asked == 3


def test_trouble_disturbs_no_wait(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(dag_id: str, run_id: str) -> dict[str, str | None]:
        raise StorageError("AWS Batch: Rate exceeded")

    monkeypatch.setattr(patrol, "read_states", refused)
    rounds_of(2 * ROUNDS, Jobs())
    assert caplog.text.count("manual__1 that nobody waits for: StorageError: AWS Batch: Rate") == 2


class Patient(Watch):
    """Nobody has ended."""

    def round(self, waiters: Any) -> dict[str, Finding]:
        self.asked.append(sorted(waiters))
        return {job_id: Finding("waiting") for job_id in waiters}

    def pause_seconds(self) -> float:
        return 0.0


def test_who_waits_patrols_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the trigger's own stream."""
    waiting, seen = trigger("mine"), list[WaitingRun]()
    waiting.task_instance = SimpleNamespace(dag_id="suite", run_id="manual__1", task_id="B")
    monkeypatch.setattr(type(waiting), "make_watch", lambda self: Patient())
    monkeypatch.setattr(type(waiting), "_parts", lambda self: SimpleNamespace(jobs=None))
    monkeypatch.setattr(patrol, "end_unowned", lambda run, jobs: seen.append(run))

    async def wait() -> None:
        shared = waiting.open_shared_stream(waiting.serialize()[1])
        events = asyncio.create_task(anext(waiting.filter_shared_stream(shared)))
        while not seen:
            await asyncio.sleep(0.001)
        events.cancel()

    asyncio.run(asyncio.wait_for(wait(), 30))
    assert seen[0] == WaitingRun("suite", "manual__1", "run", ("q",))
