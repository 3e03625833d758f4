"""Which account and region a task works in."""

from __future__ import annotations

import json

import pytest

from geoschem_bench.orchestration.run_context import Parts

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
