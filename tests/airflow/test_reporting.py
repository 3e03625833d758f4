"""The DAGs that make reports and take in what was submitted by hand, in one process."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from typing import Any

import pytest

from geoschem_bench import pipeline
from geoschem_bench.cli.connection import sandbox_queues
from geoschem_bench.orchestration.assets import PHASE_ASSETS, RUN_ASSET
from geoschem_bench.sandbox import running
from geoschem_bench.wiring import object_store, read_settings, results_store
from tests.airflow.conftest import QUICK, REPOSITORY
from tests.unit.records.fakes import by_hand

pytestmark = pytest.mark.usefixtures("airflow_database", "sandbox_environment")
REPORTS, INTAKE = "geoschem_bench_reports", "geoschem_bench_intake"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One of its own: these DAGs take in whatever runs they find."""
    with running(tmp_path_factory.mktemp("state"), queues=sandbox_queues(QUICK)) as box:
        yield box


def dags() -> dict[str, Any]:
    namespace = runpy.run_path(str(REPOSITORY / "dags" / "reports.py"))
    return {dag.dag_id: dag for dag in (namespace["reports"], namespace["intake"])}


def run(dag_id: str, conf: dict[str, Any]) -> dict[str, Any]:
    """State and XCom of each task, and of the run."""
    dag_run = dags()[dag_id].test(run_conf=conf)
    tasks = {f"{ti.task_id}[{ti.map_index}]": ti for ti in dag_run.get_task_instances()}
    found = {
        name: (ti.state, ti.xcom_pull(ti.task_id, map_indexes=ti.map_index))
        for name, ti in tasks.items()
    }
    return found | {"run": dag_run.state}


def stores() -> tuple[str, Any, Any]:
    settings = read_settings()
    return settings.bucket, object_store(settings), results_store(settings)


def put_by_hand(folder: str) -> str:
    bucket, objects, _ = stores()
    prefix = f"s3://{bucket}/{folder}/"
    objects.put(prefix + "manifest.json", by_hand())
    return prefix


def test_reports_follow_every_asset_and_one_run_at_a_time():
    dag = dags()[REPORTS]
    condition = dag.timetable.asset_condition
    assert type(condition).__name__ == "AssetAny"
    assert {asset.name for asset in condition.objects} == {
        asset.name for asset in (*PHASE_ASSETS.values(), RUN_ASSET)
    }
    assert dag.max_active_runs == 1
    assert [dags()[each].is_paused_upon_creation for each in (REPORTS, INTAKE)] == [False, False]


def test_what_was_submitted_by_hand_is_taken_in_once_and_reported():
    prefix = put_by_hand("runs/by-hand")
    bucket, objects, _ = stores()
    first = run(INTAKE, {})
    assert first["run"] == "success"
    (loads,) = [json.loads(json.dumps(said)) for said in loaded(first)]
    assert loads["manifests"] == prefix
    assert (loads["succeeded"], loads["failed"]) == (1, 0)
    (run_id,) = loads["benchmark_run_ids"]
    assert pipeline.due_runs(bucket, objects) == [run_id]

    made = run(REPORTS, {})  # what no event told it, it finds by itself
    assert made["publish[-1]"] == ("success", [run_id])
    assert objects.get(f"s3://{bucket}/runs/{run_id}/report.html")
    assert run_id.encode() in objects.get(f"s3://{bucket}/reports/index.html")
    assert run(REPORTS, {})["publish[-1]"] == ("success", [])
    assert run(REPORTS, {"run_ids": [run_id]})["publish[-1]"] == ("success", [run_id])
    assert run_id in run(REPORTS, {"rebuild": True})["publish[-1]"][1]
    assert run(REPORTS, {"run_ids": ["typo-1"]})["publish[-1]"][0] == "failed"
    assert objects.get(f"s3://{bucket}/reports/runs/typo-1.json") is None


def loaded(found: dict[str, Any]) -> list[Any]:
    return [value[1] for name, value in found.items() if name.startswith("load[")]


def test_a_prefix_can_be_named():
    prefix = put_by_hand("elsewhere/mine")
    assert loaded(run(INTAKE, {"prefix": prefix}))[0]["manifests"] == prefix


def test_a_prefix_without_anything_fails_and_says_so():
    found = run(INTAKE, {"prefix": f"s3://{stores()[0]}/nothing/"})
    assert found["run"] == "failed"


def test_an_airflow_that_was_never_connected_is_not_broken(monkeypatch):
    monkeypatch.delenv("GEOSCHEM_BENCH_BUCKET")
    found = run(INTAKE, {})
    assert (found["run"], found["find[-1]"][0]) == ("success", "skipped")


def test_one_report_that_cannot_be_made_holds_up_no_other(capsys):
    bucket, objects, store = stores()
    prefix = put_by_hand("runs/by-hand-too")
    (run_id,) = pipeline.load_prefix_by_hand(prefix, bucket, objects, store).run_ids
    objects.put(f"s3://{bucket}/runs/{run_id}/load.json", b"{")
    found = run(REPORTS, {})
    assert found["publish[-1]"] == ("success", [])
    assert f"the report of {run_id} is still due" in capsys.readouterr().out
    objects.put(f"s3://{bucket}/runs/{run_id}/load.json", b'{"rejected": []}')
