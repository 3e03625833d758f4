"""How much a phase wants to be kept warm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup

from geoschem_bench.aws import warm
from geoschem_bench.errors import LockedOutError, StorageError
from geoschem_bench.orchestration import scaling
from geoschem_bench.orchestration.scaling import _lapse, keep_warm, settle_lapsed, vcpus_at_once
from geoschem_bench.planning import PlannedBenchmark, plan_suite
from geoschem_bench.suite import load_suite
from tests.airflow.conftest import REPOSITORY

PLANNED = plan_suite(load_suite(REPOSITORY / "include" / "configs" / "graviton-vs-x86.yaml"))
ONE = next(item for item in PLANNED if item.benchmark.hardware.nodes == 1)


def sized(vcpus: int, queue: str = "q", unavailable: str | None = None) -> PlannedBenchmark:
    changes = {"vcpus": vcpus, "job_queue": queue, "unavailable": unavailable}
    return ONE.model_copy(update=changes)


@pytest.mark.parametrize(
    ("planned", "most", "wanted"),
    [
        ([sized(15), sized(63), sized(31)], 2, {"q": 94}),
        ([sized(15), sized(15)], 10, {"q": 30}),
        ([sized(15, "a"), sized(63, "b")], 1, {"a": 15, "b": 63}),
        ([sized(15), sized(63, unavailable="not in this region")], 2, {"q": 15}),
        ([], 2, {}),
    ],
)
def test_the_largest_that_run_at_one_time_are_wanted(
    planned: list[PlannedBenchmark], most: int, wanted: dict[str, int]
) -> None:
    assert vcpus_at_once(planned, most) == wanted


def test_a_want_outlasts_every_job_of_the_phase_one_after_the_other() -> None:
    planned = [sized(15)] * 4
    longest = timedelta(seconds=ONE.timeout_seconds, minutes=ONE.runnable_minutes)
    assert _lapse(planned, 1) - datetime.now(UTC) > 4 * longest


class Environments:
    """In place of AWS: who wants anything now."""

    wanting: set[str]

    def __init__(self, batch: Any) -> None:
        pass

    def want(self, who: str, vcpus: Mapping[str, int], until: datetime) -> Iterator[str]:
        self.wanting.add(who)
        yield who

    def release(self, who: str, queues: list[str]) -> Iterator[str]:
        self.wanting.discard(who)
        yield who


def test_a_phase_that_ends_late_takes_nothing_from_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dag_run = SimpleNamespace(
        dag_id="suite", run_id="r", run_after=datetime(2026, 11, 22, tzinfo=UTC), run_type="manual"
    )
    context = {"dag_run": dag_run, "params": {}}
    monkeypatch.setattr(scaling, "get_current_context", lambda: context)
    monkeypatch.setattr(scaling, "Parts", lambda: SimpleNamespace(batch=None))
    monkeypatch.setattr(warm, "WarmEnvironments", Environments)
    monkeypatch.setattr(Environments, "wanting", set(), raising=False)
    with DAG("suite") as dag:
        for phase in ("phase_1", "phase_2"):
            with TaskGroup(phase):
                planned = [sized(15).model_copy(update={"phase": phase})]
                keep_warm(planned, EmptyOperator(task_id="gate"), EmptyOperator(task_id="done"))

    def call(name: str) -> None:
        task: Any = dag.get_task(name)
        task.python_callable()

    for name in ("phase_1.scale_up", "phase_2.scale_up", "phase_1.scale_down"):
        call(name)
    assert [who.rpartition("-")[2] for who in Environments.wanting] == ["phase_2"]
    call("phase_2.scale_down")
    assert not Environments.wanting


@pytest.mark.parametrize(("error", "is_told_only"), [(LockedOutError, True), (StorageError, False)])
def test_what_stays_for_nobody_is_tried_again_unless_it_is_not_allowed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: type[Exception],
    is_told_only: bool,
) -> None:
    def settle(self: Any, queues: list[str]) -> Iterator[str]:
        raise error("AWS said no")
        yield

    monkeypatch.setattr(warm.WarmEnvironments, "settle_lapsed", settle)
    parts: Any = SimpleNamespace(batch=None)
    if is_told_only:
        settle_lapsed(["q"], parts)
        assert "AWS said no" in capsys.readouterr().out
    else:
        with pytest.raises(error):
            settle_lapsed(["q"], parts)
