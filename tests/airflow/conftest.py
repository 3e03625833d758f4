"""Airflow reads its environment when it is imported, so its home is made before that."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
HOME = Path(tempfile.mkdtemp(prefix="geoschem-bench-airflow-"))
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(HOME / "plugins"),
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME / 'airflow.db'}",
}
QUICK = REPOSITORY / "tests" / "data" / "suites" / "quick.yaml"
SUITES = HOME / "suites"
SUITES.mkdir()
for path in (QUICK, *(REPOSITORY / "include" / "configs").glob("*.yaml")):
    (SUITES / path.name).symlink_to(path)


@pytest.fixture(scope="session")
def airflow_database():
    """An empty metadata database."""
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True
    )


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """A running sandbox with the queues of every suite."""
    from geoschem_bench.cli.connection import sandbox_queues
    from geoschem_bench.sandbox import running

    state = tmp_path_factory.mktemp("state")
    with running(state, queues=sandbox_queues(QUICK)) as box:
        yield box


@pytest.fixture
def sandbox_environment(sandbox, monkeypatch):
    """The environment of a worker whose AWS is the sandbox."""
    monkeypatch.setenv("GEOSCHEM_BENCH_SUITES", str(SUITES))
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return sandbox


@pytest.fixture
def airflow_says(monkeypatch):
    """The state of the operator's task."""
    from geoschem_bench.orchestration import operator as module

    says = SimpleNamespace(state="running")
    monkeypatch.setattr(module, "task_state", lambda ti: says.state)
    return says


@pytest.fixture
def operator():
    """Of the quick suite's benchmark that works."""
    from airflow.sdk import DAG

    from geoschem_bench.orchestration.operator import BenchmarkBatchOperator
    from geoschem_bench.planning import plan_suite
    from geoschem_bench.suite import load_suite
    from tests.airflow.benchmark_task import ID

    planned = next(p for p in plan_suite(load_suite(QUICK)) if p.id == ID)
    with DAG("geoschem_bench_quick"):
        return BenchmarkBatchOperator(task_id=ID, planned=planned)
