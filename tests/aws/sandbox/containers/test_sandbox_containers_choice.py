"""Which launcher, which engine: asked for, kept, refused."""

from __future__ import annotations

import json
import os
import signal

import pytest
from typer.testing import CliRunner

from geoschem_bench.cli.sandbox import app
from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox import Behaviour, down, running, status, up
from geoschem_bench.sandbox import engine as engines
from geoschem_bench.sandbox.engine import connect, find_engine
from tests.aws.sandbox.containers.conftest import quick

CONTAINERS = Behaviour(launcher="container")
PROCESSES = Behaviour(launcher="process")


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No engine in the usual places."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    sockets = tuple(f"unix://{tmp_path}/{name}.sock" for name in ("docker", "podman"))
    monkeypatch.setattr(engines, "DEFAULT_SOCKETS", sockets)
    return sockets


def test_without_an_engine_says_where_it_was_sought_and_how_to_start_one(tmp_path, nowhere):
    with pytest.raises(SandboxError) as refusal:
        up(tmp_path, behaviour=CONTAINERS)
    text = str(refusal.value)
    for needed in (*nowhere, "DOCKER_HOST", "No such file", "podman system service --time=0 "):
        assert needed in text
    assert status(tmp_path) is None
    assert down(tmp_path) is False


def test_an_engine_that_is_named_is_the_only_one_asked(tmp_path, nowhere, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/mine.sock")
    with pytest.raises(SandboxError, match=r"at DOCKER_HOST: unix://.*mine\.sock") as refusal:
        find_engine()
    assert nowhere[0] not in str(refusal.value)


@pytest.mark.parametrize("host", ["tcp://192.0.2.1:2375", "ssh://me@example.org", "192.0.2.1:2375"])
def test_containers_of_another_computer_are_refused(host, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(SandboxError, match=f"DOCKER_HOST is {host}.*another computer"):
        find_engine()


def test_the_usual_places_are_asked_in_turn(engine, nowhere, monkeypatch):
    monkeypatch.setattr(engines, "DEFAULT_SOCKETS", (nowhere[0], engine))
    assert find_engine() == engine
    assert find_engine(kept=nowhere[1]) == engine


def test_a_proxy_of_the_person_is_never_asked_for_the_engine(engine, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    client = connect(engine)
    assert client.ping() is True
    client.close()


def test_a_running_one_is_taken_as_it_is_and_not_as_the_other(engine, tmp_path):
    with running(tmp_path, behaviour=quick("container")) as sandbox:
        assert sandbox.launcher == "container"
        assert up(tmp_path) == status(tmp_path) == up(tmp_path, behaviour=CONTAINERS) == sandbox
        with pytest.raises(
            SandboxError, match=r"jobs are containers.*asked was for processes.*dow"
        ):
            up(tmp_path, behaviour=PROCESSES)
        record = json.loads((tmp_path / "sandbox/server.json").read_text())
        assert record["launcher"] == "container"


def test_processes_are_not_taken_for_containers(engine, sandbox):
    with pytest.raises(SandboxError, match=r"jobs are processes.*leave out --containers"):
        up(sandbox.state_dir, behaviour=CONTAINERS)


def test_the_choice_outlives_a_killed_server_and_ends_with_down(engine, tmp_path, monkeypatch):
    first = up(tmp_path, behaviour=CONTAINERS)
    monkeypatch.delenv("DOCKER_HOST")
    os.kill(first.pid, signal.SIGKILL)
    second = up(tmp_path)
    assert (second.launcher, second.pid != first.pid) == ("container", True)
    assert down(tmp_path) is True
    with running(tmp_path) as third:
        assert third.launcher == "process"


@pytest.mark.parametrize("text", ["{cut", '{"launcher": "boat"}', '{"other": 1}', "[]"])
def test_a_damaged_choice_is_named(tmp_path, text):
    path = tmp_path / "sandbox" / "launcher.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(SandboxError, match=r"launcher\.json is damaged.*delete it"):
        up(tmp_path)


def test_what_cannot_be_cleared_away_is_not_called_clear(tmp_path, nowhere):
    path = tmp_path / "sandbox" / "launcher.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"launcher": "container", "engine": nowhere[0]}))
    with pytest.raises(SandboxError, match=r"cannot tell whether containers.*launcher\.json"):
        down(tmp_path)
    assert path.exists()


def test_the_command_line_asks_for_containers_and_shows_them(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOSCHEM_BENCH_STATE", str(tmp_path))
    try:
        assert CliRunner().invoke(app, ["up", "--containers"]).exit_code == 0
        shown = CliRunner().invoke(app, ["status"])
        assert "container" in shown.stdout
        assert CliRunner().invoke(app, ["up"]).exit_code == 0
        refused = CliRunner().invoke(app, ["up", "--processes"])
        assert isinstance(refused.exception, SandboxError)
    finally:
        assert CliRunner().invoke(app, ["down"]).exit_code == 0
    assert not (tmp_path / "sandbox" / "launcher.json").exists()
