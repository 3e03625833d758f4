"""What the servers of `ui` are told of AWS: the sandbox's, or what this folder is connected to."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer import Exit

from geoschem_bench import sandbox, servers
from geoschem_bench.cli import ui, ui_target
from geoschem_bench.cli.connection import kept_marker
from geoschem_bench.errors import NotFoundError
from geoschem_bench.servers.at_work import at_work
from geoschem_bench.servers.choices import Choices
from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.keys import Keys
from geoschem_bench.servers.ports import free_port
from geoschem_bench.servers.settings import APART, Shared
from tests.unit.test_conventions import ROOT

PEOPLE_HAVE = {
    "AWS_PROFILE": "work",
    "AWS_SESSION_TOKEN": "token",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    "AIRFLOW_CONN_OTHER": "aws://",
    "GEOSCHEM_BENCH_QUEUES": "arm64=mine",
    "PGSSLMODE": "require",
    "http_proxy": "http://proxy:3128",
}


@pytest.fixture
def shell(monkeypatch, tmp_path):
    """A person's shell, with a state folder of its own; returns a function that sets more."""
    for name in [each for each in os.environ if each.startswith(("AWS_", "GEOSCHEM_BENCH_"))]:
        monkeypatch.delenv(name)
    for name, value in (PEOPLE_HAVE | {"GEOSCHEM_BENCH_STATE": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    return monkeypatch.setenv


def environment_of(folders, chosen):
    shared = Shared(folders, Keys(), 8080, "title", folders.root / "dags", chosen.environment)
    return shared.environment("sqlite://")


def test_in_the_sandbox_nothing_of_the_shells_aws_reaches_the_servers(box, shell):
    shell("GEOSCHEM_BENCH_STATE", str(box.state_dir))
    with ui_target.target(print) as chosen:
        given = environment_of(Folders.of(box.state_dir), chosen)
    assert chosen.words == "the sandbox of this folder"
    assert given["AWS_ENDPOINT_URL"] == box.endpoint_url
    assert given["AWS_ACCESS_KEY_ID"] == box.access_key
    assert given["AIRFLOW__CORE__EXECUTOR"] == APART["CORE__EXECUTOR"]
    assert not set(given) & (set(PEOPLE_HAVE) - {"AIRFLOW__CORE__EXECUTOR", "http_proxy"})
    assert "127.0.0.1" in given["no_proxy"]
    assert given["GEOSCHEM_BENCH_STATE"] == str(box.state_dir.resolve())


def test_a_shell_that_has_the_sandboxs_own_environment_means_the_sandbox(box, shell):
    for name, value in box.environment().items():
        shell(name, value)
    shell("GEOSCHEM_BENCH_STATE", str(box.state_dir))
    with ui_target.target(print) as chosen:
        assert chosen.words == "the sandbox of this folder"


def test_on_aws_the_servers_have_the_shells_credentials_and_the_named_connection(shell, tmp_path):
    shell("GEOSCHEM_BENCH_BUCKET", "results")
    shell("GEOSCHEM_BENCH_AWS_CONN_ID", "other")
    shell("AWS_DEFAULT_REGION", "eu-west-1")
    with ui_target.target(print) as chosen:
        given = environment_of(Folders.of(tmp_path), chosen)
    assert (chosen.words, chosen.costs) == (
        "bucket results in eu-west-1", "AWS: runs cost money",
    )  # fmt: skip
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "GEOSCHEM_BENCH_QUEUES", "AIRFLOW_CONN_OTHER"):
        assert given[name] == PEOPLE_HAVE[name]
    assert given["AIRFLOW__CORE__EXECUTOR"] == APART["CORE__EXECUTOR"]
    assert "PGSSLMODE" not in given


def test_a_start_that_fails_ends_the_sandbox_that_it_started(shell, tmp_path):
    def fails():
        with ui_target.target(print):
            assert sandbox.status(tmp_path) is not None
            marker = Folders.of(tmp_path).root / "started-sandbox"
            assert marker.stat().st_mode & 0o777 == 0o600
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert sandbox.status(tmp_path) is None
    assert not kept_marker(tmp_path).exists()


@pytest.fixture
def second_up(shell, tmp_path):
    """`ui up` that waits for us, as another command; gone before it could start anything."""
    program = str(Path(sys.executable).with_name("geoschem-bench"))
    command = [program, "ui", "up", "--port", str(free_port())]
    with (
        at_work(Folders.of(tmp_path), print),
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started,
    ):
        assert started.stderr is not None
        try:
            assert any("Another command is at work" in line for line in started.stderr)
            yield started
        finally:
            started.kill()


def test_who_waits_for_another_up_and_gives_up_leaves_it_its_sandbox(second_up, tmp_path):
    with ui_target.target(print):
        second_up.send_signal(signal.SIGINT)
        assert "interrupted" in second_up.communicate(timeout=60)[1]
        assert second_up.returncode == 130
        assert sandbox.status(tmp_path) is not None
        assert kept_marker(tmp_path).exists()
    assert ui_target.end_sandbox(tmp_path, print)


def test_a_start_that_fails_leaves_the_sandbox_to_a_command_that_uses_it(shell, tmp_path):
    def fails(lock):
        with ui_target.target(print):
            fcntl.flock(lock, fcntl.LOCK_SH)
            raise KeyboardInterrupt

    with (tmp_path / "sandbox-users.lock").open("a") as lock:
        with pytest.raises(KeyboardInterrupt):
            fails(lock)
        assert sandbox.status(tmp_path) is not None
        assert not kept_marker(tmp_path).exists()
    assert sandbox.down(tmp_path)


def test_servers_are_forgotten_before_another_command_may_begin(shell, tmp_path, monkeypatch):
    folders, seen = Folders.of(tmp_path), []

    def look(state):
        with folders.lock_file.open("a") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        seen.append(state)

    folders.make()
    monkeypatch.setattr(servers, "forget", look)
    ui.down(forget=True, yes=True)
    assert seen == [tmp_path]


def test_a_sandbox_that_a_person_started_is_not_ended_with_the_servers(box, shell):
    shell("GEOSCHEM_BENCH_STATE", str(box.state_dir))
    kept_marker(box.state_dir).touch()
    (Folders.of(box.state_dir).root / "started-sandbox").unlink(missing_ok=True)
    with ui_target.target(print):
        pass
    assert not ui_target.end_sandbox(box.state_dir, print)
    assert sandbox.status(box.state_dir) is not None
    kept_marker(box.state_dir).unlink()


def test_the_sandboxs_log_is_shown_as_the_others_are(box, shell, capsys):
    shell("GEOSCHEM_BENCH_STATE", str(box.state_dir))
    ui.logs("sandbox", lines=5)
    shown = capsys.readouterr()
    assert shown.out.strip()
    assert "server.log" in shown.err
    with pytest.raises(NotFoundError, match=r"no log of 'other' in .*; there are: .*sandbox"):
        ui.logs("other")


@pytest.mark.parametrize(("given", "words"), [([], "ui up"), (["PORT=8394"], "ui up --port 8394")])
def test_make_ui_takes_a_port(given, words):
    asked = ["make", "-s", "-n", "-C", str(ROOT), "ui", *given]
    environment = {name: value for name, value in os.environ.items() if name != "PORT"}
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == f".venv/bin/geoschem-bench {words}"


def test_status_says_that_nobody_can_log_in(shell, tmp_path, capsys):
    folders = Folders.of(tmp_path)
    folders.make()
    Choices(port=free_port()).keep(folders)
    folders.login_file.write_text("{")
    with pytest.raises(Exit):
        ui.status(as_json=True)
    shown = capsys.readouterr()
    assert json.loads(shown.out)["login_fault"] in shown.err.replace("error: ", "")
    assert "login.json is damaged" in shown.err
