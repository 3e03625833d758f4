"""Which account and region a task works in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from geoschem_bench.orchestration.run_context import Parts, is_attended, run_request
from geoschem_bench.suite import PHASES

CONNECTION = {"conn_type": "aws", "extra": {"region_name": "eu-west-1"}}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "GEOSCHEM_BENCH_AWS_CONN_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEOSCHEM_BENCH_BUCKET", "b")
    monkeypatch.setenv("AIRFLOW_CONN_OURS", json.dumps(CONNECTION))
    return monkeypatch


@pytest.mark.parametrize(
    ("said", "region"),
    [
        ({}, "us-west-2"),
        ({"GEOSCHEM_BENCH_AWS_CONN_ID": "ours"}, "eu-west-1"),
        ({"GEOSCHEM_BENCH_AWS_CONN_ID": "ours", "AWS_REGION": "us-east-1"}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "us-east-2"}, "us-east-2"),
    ],
)
def test_the_environment_wins_over_the_connection_and_that_over_the_default(
    environment: pytest.MonkeyPatch, said: dict[str, str], region: str
) -> None:
    for name, value in said.items():
        environment.setenv(name, value)
    assert Parts().settings.region == region


def context(run_id: str = "manual__1", run_type: str = "manual", **params: object) -> Any:
    """What a task of that run sees."""
    run_after = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
    dag_run = SimpleNamespace(dag_id="suite", run_id=run_id, run_after=run_after, run_type=run_type)
    return {"dag_run": dag_run, "params": params}


@pytest.mark.parametrize(
    ("run_type", "attended"),
    [("manual", True), ("scheduled", False), ("backfill", False), ("asset_triggered", False)],
)
def test_only_a_run_that_a_person_started_can_wait_for_a_person(
    run_type: str, attended: bool
) -> None:
    assert is_attended(context(run_type=run_type)) is attended


@pytest.mark.parametrize(
    ("given", "phases"),
    [
        (None, tuple(PHASES)),
        (["phase_3", "phase_1"], ("phase_1", "phase_3")),
        ([4, "phase_2"], ("phase_2", "phase_4")),
    ],
)
def test_phases_are_run_in_their_own_order(given: Any, phases: tuple[str, ...]) -> None:
    assert run_request(context(phases=given)).phases == phases


def test_a_request_says_all_that_was_chosen() -> None:
    asked = run_request(
        context(phases=["phase_1"], max_concurrent=7, repetitions=5, dry_run=True, force=True)
    )
    assert (asked.max_concurrent, asked.repetitions) == (7, 5)
    assert asked.dry_run
    assert asked.force
    assert asked.run_type == "manual"


def test_two_backfills_of_one_date_are_two_runs() -> None:
    """`airflow backfill create` with another phase makes a run of its own for the same night."""
    stamp = "backfill__2026-11-22T03:30:00__2026-11-22T03:30__"
    ids = [run_request(context(stamp + name, "backfill")).benchmark_run_id for name in ("aa", "bb")]
    assert ids[0] != ids[1]
