"""The suites that `make run` runs, whole: minutes, and the only proof that the loop closes."""

import json
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def sandbox_run(program):
    """`make run`: what it printed, and the folder of its report."""
    done = program("run", "sandbox")
    assert done.returncode == 0, done.stderr
    return done, Path(done.stdout.split("Report: ")[1].strip()).parent


@pytest.fixture(scope="module")
def results(sandbox_run):
    """Its results by id."""
    data = json.loads((sandbox_run[1] / "results.json").read_text())
    return {item["benchmark_id"]: item for item in data["results"]}


def test_six_benchmarks_are_measured(results):
    assert len(results) == 6
    for item in results.values():
        assert item["status"] == "succeeded"
        assert item["workload"] == "proxy"
        assert len(item["wall_seconds"]) == 3
        assert item["peak_memory_gib"]


def test_nothing_measured_is_constant(results):
    """Clock and CPU are read anew each time: no two of eighteen repetitions agree to the digit."""
    for kind in ("wall_seconds", "cpu_seconds"):
        values = [seconds for item in results.values() for seconds in item[kind]]
        assert len(set(values)) == len(values) == 18


def test_a_proxy_has_neither_speed_nor_cost(results):
    for item in results.values():
        assert item["throughput_days_per_day"] is None
        assert item["hours_per_sim_day"] is None
        assert item["cost_usd_per_sim_day"] is None
        assert item["null_reason"]


def test_one_and_two_threads_give_the_same_field(results):
    for name in ("PROXY-TRANSPORT-4x5", "PROXY-FULLCHEM-4x5", "PROXY-TRANSPORT-2x25"):
        one, two = results[f"{name}-1T"], results[f"{name}-2T"]
        assert one["field_sha256"] == two["field_sha256"]
        assert one["simulated_days"] == two["simulated_days"]


def test_the_report_shows_the_scaling(sandbox_run):
    page = (sandbox_run[1] / "report.html").read_text()
    assert "Thread scaling" in page
    assert page.count("<svg") >= 9
    assert "these seconds are not GEOS-Chem" in page


def test_mini_runs_to_its_report_on_the_proxy(program):
    """Asked for: 16 vCPUs of Graviton3. Ran on: this computer. Both are said."""
    done = program("run", "mini", "--repetitions", "1")
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.split("Report: ")[1].strip()).parent
    data = json.loads((folder / "results.json").read_text())
    for item in data["results"]:
        assert item["status"] == "succeeded"
        assert item["requested_instance_type"] == "c7g.4xlarge"
        assert item["observed_instance_type"] is None
        assert item["threads_requested"] == 16
        assert item["threads"] <= 16
    assert "c7g.4xlarge" in (folder / "report.html").read_text()
