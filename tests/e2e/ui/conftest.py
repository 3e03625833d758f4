"""Airflow's servers as `ui up` starts them, once for all tests of this folder."""

import json
import os
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from geoschem_bench.servers.ports import free_port
from tests.e2e.conftest import SUITES, Program
from tests.servers.guard import guarded
from tests.servers.rest import Client

DATABASE = os.environ.get("TEST_SERVERS_DATABASE", "postgresql")


@pytest.fixture(scope="session")
def program():
    """The program, in a folder that PostgreSQL's account can reach; all ends, come what may."""
    folder = Path(tempfile.mkdtemp(prefix="geoschem-bench-ui-"))
    folder.chmod(0o755)
    suites = folder / "suites"
    suites.mkdir()
    shutil.copy(SUITES / "browse.yaml", suites)
    with guarded(folder, remove=True) as mark:
        made = Program(folder / "state")
        made.environment |= mark | {"GEOSCHEM_BENCH_SUITES": str(suites)}
        yield made


@pytest.fixture(scope="session")
def port():
    return free_port()


@pytest.fixture(scope="session")
def first_up(program, port):
    """What the first `ui up` printed."""
    return ui(program, "up", "--port", str(port), "--database", DATABASE).stdout


def ui(program, *words, code=0):
    done = program("ui", *words)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def status(program, code=0):
    return json.loads(ui(program, "status", "--json", code=code).stdout)


def client_of(found):
    client = Client(found["url"])
    password = json.loads(Path(found["password_file"]).read_text())[found["user"]]
    client.log_in(found["user"], password)
    return closing(client)
