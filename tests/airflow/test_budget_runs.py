"""Whole DAG runs over their budget: nothing is submitted, and everything says why."""

import json
import shutil
from types import SimpleNamespace

import pytest

from geoschem_bench.pipeline import closing_words, costs_of
from geoschem_bench.wiring import object_store, read_settings, results_store
from tests.airflow.conftest import REPOSITORY
from tests.airflow.test_dag_runs import count_jobs, run_suite

DEAR = REPOSITORY / "tests" / "data" / "suites" / "dear.yaml"

pytestmark = pytest.mark.usefixtures("airflow_database", "sandbox_environment")


@pytest.fixture(params=["stop", "approve"])
def stopped(request, sandbox, tmp_path, monkeypatch):
    """A run by `dags test`: the sandbox holds it to its budget as AWS would."""
    path = tmp_path / "dear.yaml"
    shutil.copy(DEAR, path)
    path.write_text(path.read_text().replace("over_budget: stop", f"over_budget: {request.param}"))
    monkeypatch.setenv("GEOSCHEM_BENCH_SUITES", str(tmp_path))
    before = count_jobs(sandbox)
    run = run_suite(path, {})
    return SimpleNamespace(run=run, jobs=(before, count_jobs(sandbox)))


def test_over_budget_nothing_is_submitted_and_everything_says_why(stopped):
    run, (before, after) = stopped.run, stopped.jobs
    assert run.state == "failed"
    assert run.tasks["budget"] == "failed"
    assert after == before
    assert run.tasks["phase_1.DEAR-c7g-4xlarge-fullchem"] in ("upstream_failed", "skipped")
    settings = read_settings()
    objects = object_store(settings)
    results = results_store(settings).of_run(run.run_id)
    assert len(results) == 4
    assert {each.reason for each in results} == {"cancelled"}
    assert all("over the budget of USD 5.00" in str(each.message) for each in results)
    folder = f"s3://{settings.bucket}/runs/{run.run_id}"
    assert b"Over budget: nothing was submitted" in (objects.get(f"{folder}/report.html") or b"")
    told = json.loads(objects.get(f"{folder}/results.json") or b"")
    assert told["budget"]["outcome"] == "stopped"
    assert told["plan"]["estimate"]["usd"] > 100
    assert told["costs"]["submissions"] == []
    costs = costs_of(run.run_id, settings.bucket, objects)
    assert costs
    assert costs.submissions == ()
    assert len(closing_words(run.run_id, settings.bucket, objects)) == 2
