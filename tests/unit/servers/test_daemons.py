"""Processes that run on: found again, never mistaken for others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from geoschem_bench.servers.at_work import DAEMONS, all_marked, all_or_as_before, end_strays
from geoschem_bench.servers.daemons import Daemon, digest, signal_name, tail
from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.starting import up  # noqa: F401 - the whole package can be imported
from geoschem_bench.servers.stopping import down

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [sys.executable, "-c", "import signal, subprocess, sys, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
            "print('deaf', child.pid, flush=True)\n"
            "time.sleep(600)"]  # fmt: skip


@pytest.fixture
def folders(tmp_path):
    made = Folders.of(tmp_path)
    made.make()
    yield made
    for process in all_marked(made):
        process.kill()


def start(folders, name="scheduler", command=SLEEP):
    daemon = Daemon(name, folders)
    daemon.start(command, dict(os.environ))
    return daemon


def test_a_daemon_is_found_again_by_what_is_written_down(folders):
    record = start(folders).record
    process = Daemon("scheduler", folders).process()
    assert process is not None
    assert record is not None
    assert process.pid == record.pid
    assert os.getsid(process.pid) == process.pid, "Ctrl-C in the terminal would reach it"
    assert folders.record("scheduler").stat().st_mode & 0o777 == 0o600


def test_another_process_of_its_number_is_none_of_ours(folders):
    stranger = subprocess.Popen(SLEEP)
    try:
        said = {"pid": stranger.pid, "ticks": 1, "started_at": 1.0, "settings": ""}
        folders.record("scheduler").write_text(json.dumps(said))
        assert Daemon("scheduler", folders).process() is None
        down(folders.root.parent, print)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_process_of_ours_that_began_at_another_time_is_not_the_daemon(folders):
    """Its number was given to a child of another component."""
    daemon = start(folders)
    document = json.loads(folders.record("scheduler").read_text())
    folders.record("scheduler").write_text(json.dumps(document | {"ticks": 1}))
    assert daemon.process() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": "x", "ticks": 1, '
                                  '"started_at": 1, "settings": ""}'])  # fmt: skip
def test_a_torn_record_is_no_record(folders, text):
    folders.record("scheduler").write_text(text)
    assert Daemon("scheduler", folders).process() is None


def test_down_ends_all_without_any_record_children_and_deaf_ones_too(folders, monkeypatch):
    monkeypatch.setattr("geoschem_bench.servers.at_work._PATIENCE_SECONDS", 0.5)
    daemon = start(folders, command=STUBBORN)
    while "deaf" not in (said := tail(folders.log("scheduler"), 1)):
        assert daemon.process() is not None
    assert len(all_marked(folders)) == 2, said
    folders.record("scheduler").unlink()
    assert down(folders.root.parent, print)
    assert all_marked(folders) == []
    assert not down(folders.root.parent, print)


def test_children_of_a_killed_one_are_strays_and_others_are_left_alone(folders, monkeypatch):
    monkeypatch.setattr("geoschem_bench.servers.at_work._PATIENCE_SECONDS", 0.5)
    kept, killed = start(folders, "triggerer"), start(folders, command=STUBBORN)
    while "deaf" not in tail(folders.log("scheduler"), 1):
        assert killed.process() is not None
    process = killed.process()
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert end_strays(folders, DAEMONS) == 1
    assert [each.pid for each in all_marked(folders)] == [kept.record.pid]


def test_what_was_started_ends_with_the_block_that_fails_and_the_rest_stays(folders):
    before = start(folders, "triggerer")

    def interrupted():
        with all_or_as_before(folders):
            start(folders, "scheduler")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [each.pid for each in all_marked(folders)] == [before.record.pid]
    assert not folders.record("scheduler").exists()
    assert folders.record("triggerer").exists()


def test_an_end_has_words(folders):
    daemon = Daemon("scheduler", folders)
    daemon.start([sys.executable, "-c", "print('last words'); raise SystemExit(3)"],
                 dict(os.environ))  # fmt: skip
    while daemon.process() is not None:
        pass
    assert signal_name(daemon.exit_code()) == "ended with exit 3"
    assert daemon.log_tail() == "last words"
    assert signal_name(-9) == "was killed (SIGKILL)"


def test_a_process_that_shows_no_mark_yet_is_known_by_whoever_started_it(folders, monkeypatch):
    """On a busy computer a child is in the middle of its start when Popen returns."""
    monkeypatch.setattr("geoschem_bench.servers.daemons.has_mark", lambda *_: False)
    monkeypatch.setattr("geoschem_bench.servers.marks.has_mark", lambda *_: False)
    daemon = start(folders)
    process = daemon.process()
    assert process is not None
    assert all_marked(folders) == [process]
    process.kill()
    process.wait(10)
    assert daemon.process() is None


def test_only_what_concerns_a_component_changes_its_digest():
    base = {"AIRFLOW__API__PORT": "8080", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    assert digest(base | {"TERM": "xterm"}) == digest(base)
    assert digest(base | {"AIRFLOW__API__PORT": "8081"}) != digest(base)
