"""`plan` tells what a suite can cost, and `report --json` gives programs what the page shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geoschem_bench.cli import app

SUITES = Path(__file__).parents[1] / "data" / "suites"


@pytest.fixture(autouse=True)
def nothing_connected(tmp_path, monkeypatch):
    for name in ("GEOSCHEM_BENCH_BUCKET", "GEOSCHEM_BENCH_PRICES", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEOSCHEM_BENCH_STATE", str(tmp_path))


def run(*words):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done


def test_plan_tells_bound_budget_and_the_age_of_its_prices():
    words = " ".join(run("plan", str(SUITES / "dear.yaml")).output.split())
    assert "Cost: at most USD 170.19: each job to its time limit, submitted 3 times" in words
    assert "over the budget of USD 5.00 (suite.budget_usd)" in words
    assert "have no date in their source" in words
    assert "in the sandbox, where it would run now, it costs nothing on this computer" in words


def test_plan_gives_programs_each_line_with_its_price():
    told = json.loads(run("plan", str(SUITES / "dear.yaml"), "--json").stdout)
    assert told["suite"] == "dear"
    assert len(told["benchmarks"]) == len(told["estimate"]["lines"]) == 4
    total = sum(line["usd"] for line in told["estimate"]["lines"])
    assert told["estimate"]["usd"] == pytest.approx(total)
    assert {price["instance_type"] for price in told["estimate"]["prices"]} == {
        "c7g.4xlarge", "c7i.4xlarge",
    }  # fmt: skip


def test_fewer_repetitions_cost_less():
    path = str(SUITES / "dear.yaml")
    few, many = (json.loads(run("plan", path, "--repetitions", count, "--json").stdout)
                 for count in ("1", "5"))  # fmt: skip
    assert few["estimate"]["usd"] < many["estimate"]["usd"]


def test_on_this_computer_no_usd_is_shown():
    words = run("plan", str(SUITES / "kill.yaml")).output
    assert "it costs nothing on this computer" in words
    assert "USD 0" not in words


def test_a_report_of_several_as_json_is_the_same_file(tmp_path):
    done = run("report", "published", "--json", "--to", str(tmp_path / "report"))
    assert done.stdout.strip() == (tmp_path / "report" / "results.json").read_text().strip()
