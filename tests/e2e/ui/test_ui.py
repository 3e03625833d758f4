"""`ui`: Airflow's servers as a person starts, heals and ends them."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from geoschem_bench.servers.folders import MARK
from geoschem_bench.servers.marks import marked
from geoschem_bench.servers.ports import is_free
from tests.e2e.ui.conftest import DATABASE, client_of, status, ui

DAG, RUN = "geoschem_bench_browse", "kept"
COMPONENTS = ["api-server", "scheduler", "dag-processor", "triggerer"]


def states(found):
    return {each["name"]: each["state"] for each in found["components"]}


def pids(found):
    return {each["name"]: each["pid"] for each in found["components"]}


def processes(program):
    return marked(MARK, str(program.state.resolve() / "ui"))


def test_one_command_starts_all_and_says_how_to_log_in(program, first_up, port):
    found = status(program)
    assert found["works"]
    assert found["url"] == f"http://127.0.0.1:{port}"
    assert found["database"] == DATABASE
    wanted = [*COMPONENTS, *(["postgres"] if DATABASE == "postgresql" else []), "sandbox"]
    assert list(states(found)) == wanted
    assert found["url"] in first_up
    assert json.loads(Path(found["password_file"]).read_text())["admin"] in first_up
    for name in ("login.json", "keys.json", "choices.json"):
        assert (program.state / "ui" / name).stat().st_mode & 0o777 == 0o600
    told = [word for each in processes(program) for word in each.cmdline()]
    for secret in json.loads((program.state / "ui" / "keys.json").read_text()).values():
        assert not any(secret in word for word in told)


@pytest.mark.usefixtures("first_up")
def test_all_of_it_listens_on_loopback_only(program):
    for process in processes(program):
        for each in process.net_connections("inet"):
            assert each.status != psutil.CONN_LISTEN or each.laddr.ip == "127.0.0.1"


@pytest.mark.usefixtures("first_up")
def test_a_run_that_is_triggered_ends_with_its_report(program):
    with client_of(status(program)) as client:
        client.wait_for(lambda: DAG in client.dag_ids(), "the DAG", 120)
        assert client.dag(DAG)["is_paused"] is False, "it has no schedule"
        client.trigger(DAG, run_id=RUN)
        client.wait_for_run(DAG, RUN, "success")


def test_a_second_up_finds_what_runs_and_prints_the_same(program, first_up):
    before = pids(status(program))
    again = ui(program, "up")
    assert again.stdout == first_up
    assert "All of it ran already" in again.stderr
    assert pids(status(program)) == before


@pytest.mark.usefixtures("first_up")
def test_what_died_is_named_and_started_again_alone(program):
    before = pids(status(program))
    os.kill(before["scheduler"], signal.SIGKILL)
    assert states(status(program, code=1))["scheduler"] == "has died"
    assert "Started scheduler\n" in ui(program, "up").stderr
    after = pids(status(program))
    assert {name for name in after if after[name] != before[name]} == {"scheduler"}


def test_down_ends_all_and_the_next_up_has_history_login_and_sandbox(program, first_up, port):
    ui(program, "down")
    assert processes(program) == []
    assert is_free(port)
    assert set(states(status(program, code=1)).values()) == {"stopped"}
    assert "Nothing was running" in ui(program, "down").stderr

    stranger = pretend_to_be(program, "scheduler")
    assert states(status(program, code=1))["scheduler"] == "has died"
    assert ui(program, "up").stdout == first_up
    assert stranger.poll() is None, "a foreign process that has the number was ended"
    stranger.kill()
    stranger.wait()
    with client_of(status(program)) as client:
        assert client.dag_run(DAG, RUN)["state"] == "success"
    assert "BROWSE-ONE" in program("status").stdout, "the sandbox has forgotten its results"


def pretend_to_be(program, name):
    """A foreign process of the number that a pid file says, as after a restart of the computer."""
    stranger = subprocess.Popen(["sleep", "600"])
    said = {"pid": stranger.pid, "ticks": 1, "started_at": 1.0, "settings": ""}
    (program.state / "ui" / "processes" / f"{name}.json").write_text(json.dumps(said))
    return stranger


def test_down_cleans_up_whatever_is_left_of_the_state(program):
    """Pid files gone or torn, choices torn: all processes are found all the same."""
    root = program.state / "ui"
    shutil.rmtree(root / "processes")
    (root / "choices.json").write_text("{")
    (root / "started-sandbox").touch()
    assert "choices.json is damaged" in ui(program, "up", code=2).stderr
    assert len(processes(program)) >= len(COMPONENTS)
    ui(program, "down")
    assert processes(program) == []
    assert "nobody can be asked" in ui(program, "down", "--forget", code=1).stderr
    assert "history of all runs" in ui(program, "down", "--forget", "--yes").stderr
    assert not root.exists()
    assert "no servers here yet" in ui(program, "status", code=1).stderr
