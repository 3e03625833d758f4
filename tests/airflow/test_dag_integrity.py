"""Every suite is a DAG, the same one each time, and a broken file hides no other."""

import itertools
import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest
from airflow.sdk.exceptions import ParamValidationError

from geoschem_bench.orchestration.turns import order_of
from geoschem_bench.planning import PlannedBenchmark, plan_suite
from geoschem_bench.suite import PHASES, load_suite
from tests.airflow.conftest import REPOSITORY

SUITES = sorted((REPOSITORY / "include" / "configs").glob("*.yaml"))
OTHERS = {"geoschem_bench_reports", "geoschem_bench_intake", "geoschem_bench_cleanup"}
"""DAGs of no suite."""


def read_dags(suites_folder, monkeypatch):
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("GEOSCHEM_BENCH_SUITES", str(suites_folder))
    bag = DagBag(dag_folder=str(REPOSITORY / "dags"))
    assert bag.import_errors == {}
    return {dag_id: dag for dag_id, dag in bag.dags.items() if dag_id not in OTHERS}


@pytest.fixture
def dags(monkeypatch):
    return read_dags(REPOSITORY / "include" / "configs", monkeypatch)


def test_each_suite_is_a_dag(dags):
    assert sorted(dags) == sorted(load_suite(path).dag_id for path in SUITES)


def test_dag_files_are_short():
    for path in (REPOSITORY / "dags").glob("*.py"):
        assert len(path.read_text().splitlines()) < 60, path


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_benchmarks_go_to_the_queue_of_their_plan(path, dags):
    suite = load_suite(path)
    dag = dags[suite.dag_id]
    for planned in plan_suite(suite):
        job = dag.get_task(f"{planned.phase}.{planned.id}")
        assert job.job_queue == planned.job_queue
        assert job.deferrable
        assert job.upstream_task_ids == {f"{planned.phase}.gate"}
        assert job.downstream_task_ids == {f"{planned.phase}.done"}


def test_flow_of_a_dag(dags):
    dag = dags["geoschem_bench_full"]
    before = "plan"
    for phase in PHASES:
        assert dag.get_task(f"{phase}.gate").upstream_task_ids == {"gates.ready", before}
        before = f"{phase}.done"
    order = [before, "janitor", "load", "analyse", "recommend", "publish", "notify", "verdict"]
    loads = {f"{phase}.load" for phase in PHASES}
    for first, second in itertools.pairwise(order):
        also = loads if second == "load" else set()
        assert dag.get_task(second).upstream_task_ids == {first, *also}
    assert [task.task_id for task in dag.leaves] == ["verdict"]


def test_the_load_of_a_phase_holds_up_nothing_but_the_load_of_the_run(dags):
    dag = dags["geoschem_bench_full"]
    for phase in PHASES:
        load = dag.get_task(f"{phase}.load")
        assert load.upstream_task_ids == {f"{phase}.done"}
        assert load.downstream_task_ids == {"load"}
        assert load.trigger_rule == "all_done"
        assert [asset.name for asset in load.outlets] == [f"geoschem_bench_{phase}"]
    assert [asset.name for asset in dag.get_task("load").outlets] == ["geoschem_bench_run"]
    # where there are no benchmarks there is nothing to load
    assert not dags["geoschem_bench_mini"].has_task("phase_2.load")


def test_a_janitor_that_fails_fails_the_run_and_is_tried_for_minutes_before(dags):
    for dag in dags.values():
        janitor = dag.get_task("janitor")
        assert janitor.is_teardown
        assert janitor.on_failure_fail_dagrun
        assert janitor.retries * janitor.retry_delay >= timedelta(minutes=5)
        assert "verdict" in janitor.get_flat_relative_ids(upstream=False)
        assert dag.get_task("load").trigger_rule == "all_done"


def test_a_mistake_of_ours_takes_away_one_suite_and_is_shown_in_its_place(monkeypatch):
    from geoschem_bench.orchestration.deadline import deadline_of

    def fail(suite):
        if suite.name == "mini":
            raise OverflowError("too large <for> a date")
        return deadline_of(suite)

    monkeypatch.setattr("geoschem_bench.orchestration.dag.deadline_of", fail)
    dags = read_dags(REPOSITORY / "include" / "configs", monkeypatch)
    assert sorted(dags) == sorted(load_suite(path).dag_id for path in SUITES)
    broken = dags["geoschem_bench_mini"]
    assert broken.task_ids == ["suite_has_mistakes"]
    assert "OverflowError: too large <for> a date" in broken.doc_md
    assert dags["geoschem_bench_full"].has_task("plan")


def test_the_report_is_linked_where_it_is_published(dags):
    for dag in dags.values():
        assert [link.name for link in dag.get_task("publish").operator_extra_links] == ["Report"]


def test_a_lost_worker_ends_no_run(dags):
    """Found by `make chaos`: whichever task is struck, another worker takes it, more than once."""
    tasks = [task for dag in dags.values() for task in dag.tasks]
    assert len(tasks) > 100
    assert [task.label for task in tasks if task.retries < 5] == []


def test_nothing_is_submitted_before_the_budget_was_looked_at(dags):
    for dag in dags.values():
        submits = dag.get_task("submits")
        assert "budget" in submits.get_flat_relative_ids(upstream=True)
        for task in dag.tasks:
            if isinstance(getattr(task, "planned", None), PlannedBenchmark):
                assert "submits" in task.get_flat_relative_ids(upstream=True)


def write_suite(folder, count, **header):
    entries = [
        {
            "id": f"B-{number}",
            "simulation_type": "fullchem",
            "domain": {"resolution": "4x5"},
            "duration": {"days": 7},
            "hardware": {"instance_type": ("c7g.4xlarge", "c7i.4xlarge")[number % 3 == 2]},
        }
        for number in range(count)
    ]
    phases = {"phase_1": entries, "phase_2": [], "phase_3": [], "phase_4": []}
    path = folder / "made.yaml"
    path.write_text(json.dumps({"suite": header, **phases}))
    return path


def count_edges(dag):
    return sum(len(task.downstream_task_ids) for task in dag.tasks)


def test_edges_grow_with_benchmarks_not_with_their_square(tmp_path, monkeypatch):
    edges = []
    for count in (10, 20, 40):
        write_suite(tmp_path, count, keep_warm=True)
        edges.append(count_edges(read_dags(tmp_path, monkeypatch)["geoschem_bench_made"]))
    assert edges[1] - edges[0] == 10 * 2
    assert edges[2] - edges[1] == 20 * 2


def test_who_is_first_in_the_suite_is_first_in_the_queue(tmp_path, monkeypatch):
    write_suite(tmp_path, 3, order="interleaved")
    dag = read_dags(tmp_path, monkeypatch)["geoschem_bench_made"]
    assert order_of(dag) == ["phase_1.B-0", "phase_1.B-2", "phase_1.B-1"]
    jobs = [dag.get_task(task_id) for task_id in order_of(dag)]
    assert [job.priority_weight for job in jobs] == [3, 2, 1]
    assert {job.weight_rule for job in jobs} == {"absolute"}


def test_a_suite_that_keeps_instances_warm_scales_around_its_phase(tmp_path, monkeypatch):
    write_suite(tmp_path, 2, keep_warm=True)
    dag = read_dags(tmp_path, monkeypatch)["geoschem_bench_made"]
    up, down = dag.get_task("phase_1.scale_up"), dag.get_task("phase_1.scale_down")
    assert up.is_setup
    assert down.is_teardown
    assert up.upstream_task_ids == {"phase_1.gate"}
    assert {"phase_1.B-0", "phase_1.B-1"} < up.downstream_task_ids
    assert down.upstream_task_ids == {"phase_1.done", "phase_1.scale_up"}
    assert not dag.has_task("phase_2.scale_up")
    # two phases never change one environment at one time, and what failed holds up no phase
    scaled = dag.get_task("phase_1.scaled")
    assert scaled.upstream_task_ids == {"phase_1.scale_down"}
    assert scaled.trigger_rule == "all_done"
    assert dag.get_task("phase_2.gate").upstream_task_ids == {"gates.ready", "phase_1.scaled"}


def test_without_being_asked_nothing_is_scaled(dags):
    for dag in dags.values():
        assert not [task_id for task_id in dag.task_ids if "scale" in task_id]


def test_what_can_be_chosen_for_a_run(dags):
    params = dags["geoschem_bench_full"].params
    assert dict(params.dump()) == {
        "phases": list(PHASES),
        "max_concurrent": load_suite(
            REPOSITORY / "include/configs/full.yaml"
        ).header.max_concurrent,
        "repetitions": None,
        "dry_run": False,
        "force": False,
    }


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        ({"phases": [7]}, "7 is not one of"),
        ({"phases": ["phase_7"]}, "'phase_7' is not one of"),
        ({"phases": "phase_1"}, "'phase_1' is not of type 'array'"),
        ({"phases": []}, r"\[\] should be non-empty"),
        ({"max_concurrent": 0}, "0 is less than the minimum of 1"),
        ({"max_concurrent": "ten"}, "'ten' is not of type 'integer'"),
        ({"repetitions": 1.5}, "1.5 is not of type 'null', 'integer'"),
        ({"dry_run": "yes"}, "'yes' is not of type 'boolean'"),
    ],
)
def test_a_conf_of_the_wrong_kind_is_refused_with_what_was_given(dags, conf, message):
    """By Airflow, before there is a run: at the trigger, the backfill and `dags test`."""
    params = dags["geoschem_bench_full"].params
    with pytest.raises(ParamValidationError, match=f"Invalid input for param .*: {message}"):
        params.update(conf)


def test_phases_may_be_given_by_number(dags):
    params = dags["geoschem_bench_full"].params
    params.update({"phases": [4, "phase_2"]})
    assert params.validate()["phases"] == [4, "phase_2"]


def test_a_nightly_suite_runs_at_its_time_only(dags):
    nightly = dags["geoschem_bench_nightly"]
    assert nightly.max_active_runs == 1
    assert not nightly.catchup
    timetable = nightly.timetable
    assert type(timetable).__name__ == "CronPartitionTimetable"
    assert timetable.run_immediately == timedelta(0)
    assert nightly.start_date is None


def test_a_broken_suite_is_shown_and_hides_no_other(tmp_path, monkeypatch):
    for path in SUITES:
        shutil.copy(path, tmp_path)
    (tmp_path / "mini.yaml").write_text("phase_1: [\n")
    (tmp_path / "zebra.yaml").write_text("phase_1: []\nphase_2: []\nphase_3: []\nphase_5: []\n")
    dags = read_dags(tmp_path, monkeypatch)
    assert len(dags) == len(SUITES) + 1
    broken = dags["geoschem_bench_mini"]
    assert "config-error" in broken.tags
    assert "mini.yaml:2" in broken.doc_md
    assert str(tmp_path) not in broken.doc_md
    assert "zebra.yaml:1: phase_4: is missing" in dags["geoschem_bench_zebra"].doc_md
    assert "zebra.yaml:4: phase_5: is an unknown key" in dags["geoschem_bench_zebra"].doc_md


SERIALIZE = """
import hashlib, json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
bag = DagBag(dag_folder=sys.argv[1])
for name, dag in sorted(bag.dags.items()):
    text = json.dumps(DagSerialization.serialize_dag(dag), sort_keys=True)
    print("DAG", name, hashlib.sha256(text.encode()).hexdigest())
"""


def test_the_same_file_gives_the_same_serialized_dag():
    """Else every parse would make a new DAG version."""
    seen = []
    for seed in ("1", "2"):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "GEOSCHEM_BENCH_SUITES": str(REPOSITORY / "include" / "configs"),
        }
        run = subprocess.run(
            [sys.executable, "-c", SERIALIZE, str(REPOSITORY / "dags")],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        seen.append([line for line in run.stdout.splitlines() if line.startswith("DAG ")])
    assert len(seen[0]) >= len(SUITES)
    assert seen[0] == seen[1]


def test_parsing_a_dag_loads_nothing_heavy():
    code = (
        "import runpy, sys\n"
        f"runpy.run_path({str(REPOSITORY / 'dags' / 'suites.py')!r})\n"
        "heavy = {'matplotlib', 'scipy', 'moto', 'musica', 'fastapi.testclient'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in run.stdout
