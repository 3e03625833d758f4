"""Installations with queues and definitions of other names than ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.errors import SettingsError
from geoschem_bench.planning import Routes, parse_routes, plan_suite
from geoschem_bench.suite import load_suite

FULL = load_suite(Path("include/configs/full.yaml"))
NAMES = st.text("abcdefghijklmnopqrstuvwxyz-0123456789", min_size=1)


def test_without_routes_the_names_are_ours() -> None:
    assert plan_suite(FULL) == plan_suite(FULL, routes=parse_routes("", " , "))


def test_the_types_queue_wins_over_its_architectures() -> None:
    routes = parse_routes("arm64=arm-jobs, c7g.16xlarge = big-jobs", "")
    found = {item.benchmark.hardware.instance_type: item.job_queue
             for item in plan_suite(FULL, routes=routes)}  # fmt: skip
    assert found["c7g.16xlarge"] == "big-jobs"
    assert found["c7g.8xlarge"] == "arm-jobs"
    assert found["c6i.16xlarge"] == "geos-chem-c6i-16xlarge-queue"


def test_the_suites_own_queue_wins_over_the_installations() -> None:
    header = FULL.header.model_copy(update={"queues": {"arm64": "mine"}})
    suite = FULL.model_copy(update={"header": header})
    planned = plan_suite(suite, routes=parse_routes("arm64=theirs,x86_64=theirs", ""))
    queues = {item.architecture: item.job_queue for item in planned}
    assert queues == {"arm64": "mine", "x86_64": "theirs"}


def test_a_queue_of_on_demand_instances_gets_no_benchmark_for_spot() -> None:
    wish = FULL.header.model_copy(update={"purchase_option": "spot"})
    spot = FULL.model_copy(update={"header": wish, "phases": {
        phase: tuple(each.model_copy(update={"purchase_option": "spot"}) for each in some)
        for phase, some in FULL.phases.items()
    }})  # fmt: skip
    theirs = parse_routes("arm64=on-demand,x86_64-spot=cheap", "")
    for item in plan_suite(spot, routes=theirs):
        if item.architecture == "x86_64":
            assert item.job_queue == "cheap"
        else:
            assert item.job_queue.endswith("-spot-queue")


def test_job_definitions_follow_architecture_and_nodes() -> None:
    routes = parse_routes("", "arm64=old-arm,multinode=old-nodes")
    for item in plan_suite(FULL, routes=routes):
        if item.benchmark.hardware.nodes > 1:
            assert item.job_definition == "old-nodes"
        elif item.architecture == "arm64":
            assert item.job_definition == "old-arm"
        else:
            assert item.job_definition == "geos-chem-benchmark"


@given(st.dictionaries(st.sampled_from(["arm64", "x86_64", "c7g.4xlarge", "m7a.large"]), NAMES))
def test_what_is_written_is_read(queues: dict[str, str]) -> None:
    text = ",".join(f"{key}={value}" for key, value in queues.items())
    assert parse_routes(text, "") == Routes(queues)


@pytest.mark.parametrize(
    ("queues", "definitions", "message"),
    [
        ("arm64", "", "GEOSCHEM_BENCH_QUEUES: 'arm64' is no pair"),
        ("arm64=", "", "no pair"),
        ("arm=q", "", "'arm' is none of arm64, x86_64, arm64-spot, x86_64-spot or an instance"),
        ("arm64=a,arm64=b", "", "arm64 is there twice"),
        ("", "c7g.4xlarge=d", "GEOSCHEM_BENCH_JOB_DEFINITIONS: 'c7g.4xlarge' is none of arm64"),
    ],
)
def test_what_cannot_be_read_is_refused(queues: str, definitions: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message.replace(".", r"\.")):
        parse_routes(queues, definitions)
