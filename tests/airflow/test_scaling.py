"""How much a phase wants to be kept warm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from geoschem_bench.orchestration.scaling import _lapse, vcpus_at_once
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
