"""What is written down, and what is said where it cannot be read or written."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sys
import threading
from dataclasses import asdict, replace

import pytest

from geoschem_bench.errors import ServerError, SettingsError
from geoschem_bench.servers import cluster, database, postgres, starting
from geoschem_bench.servers.at_work import all_marked, at_work, end_strays
from geoschem_bench.servers.choices import Choices, read_choices
from geoschem_bench.servers.daemons import Daemon, tail
from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.forgetting import forget, holdings
from geoschem_bench.servers.keys import ensure_keys, ensure_login
from geoschem_bench.servers.ports import free_port, is_free, next_free, who_listens
from geoschem_bench.servers.sqlite import SqliteFile
from geoschem_bench.servers.status import look


@pytest.fixture
def folders(tmp_path):
    made = Folders.of(tmp_path / "state")
    made.make()
    return made


def request_for(folders, **changes):
    return starting.Request(folders.root.parent, folders.root, {}, "the sandbox", **changes)


def test_secrets_are_made_once_and_are_for_their_owner_alone(folders):
    keys, login = ensure_keys(folders), ensure_login(folders)
    assert (ensure_keys(folders), ensure_login(folders)) == (keys, login)
    assert len(set(asdict(keys).values())) == 4
    for path in (folders.keys_file, folders.login_file):
        assert path.stat().st_mode & 0o777 == 0o600
    assert login not in repr(keys)
    assert keys.jwt not in repr(keys)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("keys_file", "{"),
        ("keys_file", '{"jwt": "x"}'),
        ("login_file", "[]"),
        ("login_file", '{"admin": ""}'),
        ("choices_file", '{"port": "x"}'),
        ("choices_file", '{"port": 0}'),
        ("choices_file", '{"colour": "red"}'),
    ],
)
def test_a_damaged_file_is_named_with_its_cure(folders, name, text):
    getattr(folders, name).write_text(text)
    read = {"keys_file": ensure_keys, "login_file": ensure_login, "choices_file": read_choices}
    with pytest.raises(SettingsError, match="is damaged") as caught:
        read[name](folders)
    assert str(getattr(folders, name)) in str(caught.value)
    # What is made anew without harm leads nobody to remove the history for it.
    cures = {
        "keys_file": "ui down --forget",
        "login_file": "remove it; a new password",
        "choices_file": "remove it: the ports are chosen anew",
    }
    assert cures[name] in str(caught.value)
    assert ("--forget" in str(caught.value)) == (name == "keys_file")


def test_half_a_write_leaves_the_old_document(folders):
    Choices(port=1234).keep(folders)
    (folders.root / f".choices.json.{os.getpid()}").write_text('{"po')
    assert read_choices(folders) == Choices(port=1234)
    assert Choices(port=1235).keep(folders) == read_choices(folders)


def test_a_folder_of_another_person_is_refused(folders, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 12345678)
    with pytest.raises(SettingsError, match="and you are user 12345678; run this as"):
        folders.check()


def test_a_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "ui").touch()
    with pytest.raises(SettingsError, match=r"is no folder; remove it.*GEOSCHEM_BENCH_STATE"):
        Folders.of(tmp_path).make()


def test_a_place_where_nothing_may_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="make it writable, or name another folder"):
        Folders.of(tmp_path / "file").make()


def test_a_full_disk_is_told_before_anything_starts(folders, monkeypatch):
    usage = shutil.disk_usage(folders.root)
    full = type(usage)(usage.total, usage.total - 5_000_000, 5_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(SettingsError, match="5 MB are free on its disk, and 500 MB are needed"):
        starting.check_disk(folders)
    folders.sqlite.touch()
    with pytest.raises(SettingsError, match="and 100 MB are needed"):
        starting.check_disk(folders)


def test_a_taken_port_is_told_with_its_holder_and_a_free_one(folders):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert not is_free(port)
        assert f"(process {os.getpid()})" in who_listens(port)
        with pytest.raises(SettingsError, match=f"port {port} of 127.0.0.1 is taken by") as caught:
            starting._choices(request_for(folders, port=port), folders)
    advised = int(str(caught.value).rpartition("--port ")[2])
    assert advised != port
    assert is_free(advised)


SERVER = """
import socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listens", flush=True)
time.sleep(600)
"""


@pytest.fixture
def serving(folders):
    """Function that starts a component which listens on a port; all end with the test."""

    def serve(name, port):
        daemon = Daemon(name, folders)
        daemon.start([sys.executable, "-c", SERVER, str(port)], dict(os.environ))
        while daemon.log_tail() != "listens":
            assert daemon.exit_code() is None, daemon.log_tail()
        return daemon

    yield serve
    for process in all_marked(folders):
        process.kill()


@pytest.mark.parametrize("is_torn", [False, True])
def test_a_port_that_our_own_api_server_has_is_free_for_us(folders, serving, is_torn):
    """Also where its record is gone: as a stray it is ended before the port is needed."""
    port = free_port()
    serving("api-server", port)
    if is_torn:
        folders.record("api-server").unlink()
    Choices(port=port).keep(folders)
    starting.check(folders.root.parent, None)
    assert starting._choices(request_for(folders, port=port), folders).port == port
    assert end_strays(folders) == int(is_torn)
    assert is_free(port) == is_torn


def test_a_port_that_another_component_of_ours_has_is_taken(folders, serving):
    port = free_port()
    serving("postgres", port)
    with pytest.raises(SettingsError, match=f"port {port} of 127.0.0.1 is taken by"):
        starting.check(folders.root.parent, port)


def test_ports_that_are_free_can_be_had():
    assert is_free(free_port())
    assert next_free(65535) > 0


def test_servers_that_run_for_aws_are_not_turned_to_the_sandbox(folders, monkeypatch):
    Choices(port=free_port(), talks_to="stack X in us-west-2").keep(folders)
    monkeypatch.setattr(Daemon, "process", lambda _: object())
    with pytest.raises(SettingsError, match="run for stack X in us-west-2, and now the sandbox is"):
        starting._choices(request_for(folders), folders)


def test_postgresql_of_another_version_is_told_with_what_to_install(folders, monkeypatch, tmp_path):
    folders.cluster.mkdir(parents=True)
    (folders.cluster / "PG_VERSION").write_text("13\n")
    (tmp_path / "debian" / "15" / "bin").mkdir(parents=True)
    (tmp_path / "debian" / "15" / "bin" / "initdb").touch()
    monkeypatch.setattr(postgres, "_DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(postgres, "version_of", lambda programs: programs.parent.name)
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(ServerError) as caught:
        cluster._programs(folders)
    assert "was made by PostgreSQL 13, and PostgreSQL 13 is not here, only 15" in str(caught.value)
    assert "install --no-install-recommends postgresql-13)" in str(caught.value)


def test_sqlite_is_taken_where_postgresql_cannot_be_and_kept(folders, monkeypatch):
    def missing(*_):
        raise ServerError("PostgreSQL is not installed")

    monkeypatch.setattr(database, "open_cluster", missing)
    monkeypatch.setattr(database, "_check_drivers", lambda: None)
    notes: list[str] = []
    chosen, _ = database.open_database(folders, None, Choices(), "", notes.append)
    assert (chosen.words, notes) == (
        f"SQLite in {folders.sqlite}", ["Airflow uses SQLite: PostgreSQL is not installed"],
    )  # fmt: skip
    with pytest.raises(ServerError, match="PostgreSQL is not installed"):
        database.open_database(folders, "postgresql", Choices(), "", notes.append)
    folders.sqlite.touch()
    with pytest.raises(SettingsError, match=r"--database postgresql: .* has its runs in sqlite"):
        database.open_database(folders, "postgresql", Choices(), "", notes.append)


def test_what_goes_is_told_and_goes(folders):
    assert holdings(folders.root.parent) == []
    ensure_keys(folders)
    folders.sqlite.write_bytes(b"x" * 1000)
    assert dict(holdings(folders.root.parent))["the database with the history of all runs"] == 1000
    forget(folders.root.parent)
    assert not folders.root.exists()
    assert holdings(folders.root.parent) == []


def test_who_waits_while_all_is_forgotten_begins_anew_and_alone(folders):
    waits, works, done = threading.Event(), threading.Event(), threading.Event()

    def second():
        with at_work(folders, lambda _: waits.set()):
            works.set()
            done.wait(20)

    waiting = threading.Thread(target=second)
    with at_work(folders, print):
        waiting.start()
        assert waits.wait(20)
        forget(folders.root.parent)
    try:
        assert works.wait(20)
        assert folders.airflow.is_dir()
        with folders.lock_file.open("a") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        done.set()
        waiting.join()


def test_where_nothing_ever_was_there_is_no_status(folders):
    assert look(folders.root.parent) is None
    replace(Choices(), port=free_port()).keep(folders)
    found = look(folders.root.parent)
    assert found is not None
    assert not found.works
    assert {each.state for each in found.components} == {"stopped"}


@pytest.mark.parametrize(("text", "said"), [(None, "is gone; make it"), ("{", "is damaged"),
                                            ('{"admin": 1}', "no password of admin")])  # fmt: skip
def test_servers_that_nobody_can_log_in_to_do_not_work(folders, text, said):
    Choices(port=free_port()).keep(folders)
    ensure_login(folders)
    found = look(folders.root.parent)
    assert found is not None
    running = replace(found.components[0], state="works")
    assert replace(found, components=(running,)).works
    folders.login_file.unlink()
    if text is not None:
        folders.login_file.write_text(text)
    found = look(folders.root.parent)
    assert found is not None
    assert said in str(found.login_fault)
    assert "geoschem-bench ui up" in str(found.login_fault)
    assert not replace(found, components=(running,)).works


def test_a_lock_is_for_its_owner_alone_also_an_older_one(folders):
    assert folders.lock_file.stat().st_mode & 0o777 == 0o600
    folders.lock_file.chmod(0o644)
    folders.make()
    assert folders.lock_file.stat().st_mode & 0o777 == 0o600


def test_a_database_that_runs_is_not_said_to_be_started(folders, monkeypatch):
    runs = cluster.Cluster(folders, folders.root, None, free_port(), "")
    monkeypatch.setattr(Daemon, "process", lambda _: object())
    monkeypatch.setattr(postgres, "answers", lambda *_: True)
    told: list[str] = []
    assert not runs.start(told.append)
    assert not SqliteFile(folders).start(told.append)
    assert told == []


def test_the_end_of_a_log_of_any_size(tmp_path):
    log = tmp_path / "x.log"
    assert tail(log, 3) == "(its log is empty)"
    log.write_text("\n".join(map(str, range(100_000))))
    assert tail(log, 2) == "99998\n99999"
