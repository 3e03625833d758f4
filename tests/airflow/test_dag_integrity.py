"""Every suite is a DAG, the same one each time, and a broken file hides no other."""

import itertools
import os
import shutil
import subprocess
import sys

import pytest

from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import PHASES, load_suite
from tests.airflow.conftest import REPOSITORY

SUITES = sorted((REPOSITORY / "include" / "configs").glob("*.yaml"))


def read_dags(suites_folder, monkeypatch):
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("GEOSCHEM_BENCH_SUITES", str(suites_folder))
    bag = DagBag(dag_folder=str(REPOSITORY / "dags"))
    assert bag.import_errors == {}
    return bag.dags


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
        assert job.retries == 0
        assert job.upstream_task_ids == {f"{planned.phase}.gate"}
        assert job.downstream_task_ids == {f"{planned.phase}.done"}


def test_flow_of_a_dag(dags):
    dag = dags["geoschem_bench_full"]
    before = "plan"
    for phase in PHASES:
        assert dag.get_task(f"{phase}.gate").upstream_task_ids == {"gates.ready", before}
        before = f"{phase}.done"
    order = [before, "load", "analyse", "recommend", "publish", "verdict"]
    for first, second in itertools.pairwise(order):
        assert dag.get_task(second).upstream_task_ids == {first}
    assert [task.task_id for task in dag.leaves] == ["verdict"]


def test_edges_grow_with_benchmarks_not_with_their_square(dags):
    dag = dags["geoschem_bench_full"]
    edges = sum(len(task.downstream_task_ids) for task in dag.tasks)
    assert edges < 2 * len(dag.tasks) + 2 * len(PHASES)


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
    assert len(seen[0]) == len(SUITES)
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
