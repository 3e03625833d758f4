"""What a person sees before a run: the trigger form, and the page of the DAG."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from geoschem_bench.orchestration.dag import broken_suite_dag
from geoschem_bench.orchestration.dag_page import MOST_SHOWN, page_of
from geoschem_bench.orchestration.form import params_of
from geoschem_bench.orchestration.suites import read_suites
from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import PHASES, load_suite
from tests.airflow.conftest import REPOSITORY, SUITES

CONFIGS = REPOSITORY / "include" / "configs"


def suite_with(folder, count, **header):
    benchmark = {
        "simulation_type": "fullchem",
        "domain": {"resolution": "4x5"},
        "duration": {"days": 7},
        "hardware": {"instance_type": "c7g.4xlarge"},
    }
    entries = [{"id": f"B-{n}", **benchmark} for n in range(count)]
    path = folder / "made.yaml"
    document = {"suite": header, "phase_1": entries[:-1], "phase_2": entries[-1:], "phase_3": []}
    path.write_text(json.dumps({**document, "phase_4": []}))
    return load_suite(path)


def page(suite):
    return page_of(suite, plan_suite(suite))


def resolved(text: str) -> Any:
    return yaml.load(text.split("```yaml\n")[1].split("```")[0], Loader=yaml.CSafeLoader)


def test_everything_that_can_be_chosen_is_described():
    for name, param in params_of(load_suite(CONFIGS / "full.yaml")).items():
        schema = param.schema
        assert schema["title"], name
        # in a section of its own it is shown closed
        assert bool(schema.get("section")) == (name in ("max_concurrent", "force"))
        assert schema["description_md"].endswith("."), name
        if "integer" in schema["type"]:
            assert schema["minimum"] < schema["maximum"]


def test_phases_are_chosen_by_their_titles():
    schema = params_of(load_suite(CONFIGS / "mini.yaml"))["phases"].schema
    assert schema["examples"] == list(PHASES)
    assert schema["values_display"]["phase_1"] == "Single node (2 benchmarks)"
    assert schema["values_display"]["phase_2"] == "Multi node (empty)"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_page_shows_the_suite_as_it_will_be_run(path):
    suite = load_suite(path)
    text = page(suite)
    shown = resolved(text)
    assert shown["suite"] == suite.header.as_config()
    for phase in PHASES:
        assert shown[phase] == [each.as_config() for each in suite.phases[phase]]
    for item in plan_suite(suite):
        assert f"| {item.id} |" in text
        assert item.job_queue in text
    assert "Cost: " in text


def test_a_long_suite_is_cut_and_says_where_the_rest_is(tmp_path):
    suite = suite_with(tmp_path, MOST_SHOWN + 3)
    text = page(suite)
    shown = resolved(text)
    assert len(shown["phase_1"]) == MOST_SHOWN
    assert "phase_2" not in shown  # not shown as empty
    assert shown["phase_3"] == []
    assert text.count("and 3 more: `geoschem-bench plan made --json` shows all") == 2


def test_what_a_suite_says_is_text(tmp_path):
    title = "<script>x</script> | [a](javascript:b) ```` \n# no"
    text = page(suite_with(tmp_path, 2, title=title))
    head = text.split("\n", 1)[0]
    assert "<script>" not in head
    assert r"\[a\]\(javascript:b\)" in head
    assert text.split("`````yaml\n")[1].split("`````")[0].count("title:") == 1


def test_what_a_broken_suite_says_is_text(tmp_path):
    (tmp_path / "a_b_c.yaml").write_text('"```\\n# Log in again\\n```": 1\n')
    (file,) = read_suites(tmp_path)
    text = str(broken_suite_dag(file).doc_md)
    assert text.startswith(r"## a\_b\_c.yaml has mistakes")
    assert "# Log in again" in text.split("````")[1]


@pytest.mark.parametrize(("stem", "is_paused"), [("mini", False), ("nightly", True)])
def test_only_what_would_run_by_itself_waits_for_a_person(stem, is_paused, monkeypatch):
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("GEOSCHEM_BENCH_SUITES", str(SUITES))
    dag = DagBag(dag_folder=str(REPOSITORY / "dags")).dags[f"geoschem_bench_{stem}"]
    assert dag.is_paused_upon_creation is is_paused
    assert "As it will be run" in str(dag.doc_md)
    for task_id in ("plan", "budget", "submits", "load", "publish"):
        assert dag.get_task(task_id).doc_md, task_id
