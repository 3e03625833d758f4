"""A running Airflow, with PostgreSQL and the sandbox, for all tests of this folder."""

import os
import shutil
from pathlib import Path

import pytest

from geoschem_bench.cli.connection import sandbox_queues
from geoschem_bench.sandbox import Behaviour
from geoschem_bench.sandbox import running as sandbox_running
from tests.mailbox import topic_of
from tests.servers import airflow, postgres
from tests.servers.guard import guarded
from tests.servers.settings import REPOSITORY

POLICY = Path(__file__).parent / "policy"
QUICK = REPOSITORY / "tests" / "data" / "suites" / "quick.yaml"
BEHAVIOUR = Behaviour(concurrent_jobs=8, stop_seconds=2)
DATABASE = os.environ.get("TEST_SERVERS_DATABASE", "postgresql")
"""Or sqlite, where there is no PostgreSQL."""


@pytest.fixture(scope="session")
def cluster():
    """PostgreSQL; None with TEST_SERVERS_DATABASE=sqlite."""
    if DATABASE == "sqlite":
        yield None
        return
    with postgres.running() as started:
        yield started


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """A sandbox of the session; it ends also when pytest is killed."""
    state = tmp_path_factory.mktemp("sandbox")
    with guarded(state) as mark, pytest.MonkeyPatch.context() as patch:
        for name, value in mark.items():
            patch.setenv(name, value)
        with sandbox_running(state, queues=sandbox_queues(QUICK), behaviour=BEHAVIOUR) as box:
            yield box


@pytest.fixture(scope="session")
def suites(tmp_path_factory):
    """The suites' folder of the running Airflow; tests may add to it."""
    folder = tmp_path_factory.mktemp("suites")
    shutil.copy(QUICK, folder)
    return folder


@pytest.fixture(scope="session")
def servers(tmp_path_factory, cluster, sandbox, suites):
    """api-server, scheduler, dag-processor and triggerer, all ready."""
    home = tmp_path_factory.mktemp("airflow") / "home"
    told = {"GEOSCHEM_BENCH_TOPIC": topic_of(sandbox)}
    extra = sandbox.environment() | told | {"PYTHONPATH": str(POLICY)}
    with airflow.running(home, suites, cluster=cluster, extra=extra) as started:
        yield started
