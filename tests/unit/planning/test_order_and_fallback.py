"""In which order benchmarks go, and where a spot benchmark goes the second time."""

from __future__ import annotations

import pytest

from geoschem_bench.planning import plan_suite
from tests.unit.suite.writing import load, suite_text, with_lines


def plan_one(tmp_path, changed, header=""):
    entry = with_lines(f"id: A\n{changed}")
    (planned,) = plan_suite(load(tmp_path, suite_text(entry, header=header)))
    return planned


def test_architectures_by_turns_each_in_its_own_order(tmp_path):
    """What drifts in time then hits both alike."""
    entries = [
        with_lines(f"id: {name}\nhardware: {{instance_type: {instance}}}")
        for name, instance in [
            ("A1", "c7g.4xlarge"), ("A2", "c7g.4xlarge"), ("A3", "c7g.4xlarge"),
            ("X1", "c7i.4xlarge"), ("X2", "c7i.4xlarge"),
        ]
    ]  # fmt: skip
    ids = {}
    for order in ("as_written", "interleaved"):
        text = suite_text(*entries, header=f"suite: {{order: {order}}}\n")
        ids[order] = [planned.id for planned in plan_suite(load(tmp_path, text))]
    assert ids["as_written"] == ["A1", "A2", "A3", "X1", "X2"]
    assert ids["interleaved"] == ["A1", "X1", "A2", "X2", "A3"]


def test_a_spot_benchmark_may_go_on_demand_the_second_time(tmp_path):
    spot = plan_one(tmp_path, "purchase_option: spot")
    assert spot.job_queue == "geos-chem-graviton-spot-queue"
    assert spot.fallback_queue == "geos-chem-graviton-queue"
    second = spot.on_demand()
    assert second.job_queue == "geos-chem-graviton-queue"
    assert second.benchmark.purchase_option == "on_demand"
    assert second.fallback_queue is None


@pytest.mark.parametrize(
    ("changed", "header"),
    [
        ("purchase_option: on_demand", ""),
        ("purchase_option: spot", "suite: {spot_fallback: none}\n"),
        # one queue for both
        ("purchase_option: spot", "suite: {queues: {arm64: ours, x86_64: ours}}\n"),
    ],
)
def test_nothing_else_has_a_queue_to_fall_back_to(tmp_path, changed, header):
    planned = plan_one(tmp_path, changed, header)
    assert planned.fallback_queue is None
    with pytest.raises(ValueError, match="no fallback"):
        planned.on_demand()
