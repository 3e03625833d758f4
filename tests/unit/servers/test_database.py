"""Airflow's database: of this version, or migrated as a copy, the old one kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from geoschem_bench.errors import ServerError
from geoschem_bench.servers import database
from geoschem_bench.servers.choices import Choices, read_choices
from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.sqlite import SqliteFile

HERE = "3.3.2"


@pytest.fixture
def folders(tmp_path):
    made = Folders.of(tmp_path)
    made.make()
    return made


@pytest.fixture
def migrated(monkeypatch):
    """Databases that were migrated, instead of Airflow's work."""
    asked: list[str] = []

    def run(_name, _command, environment, _folders):
        path = environment["url"].removeprefix("sqlite:///")
        asked.append(path)
        write(path, "migrated")

    monkeypatch.setattr(database, "run_to_its_end", run)
    monkeypatch.setattr(database, "version", lambda _: HERE)
    return asked


def write(path, word):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS runs (word)")
        connection.execute("INSERT INTO runs VALUES (?)", (word,))
        connection.commit()


def words(path):
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT word FROM runs")]


def bring(folders, version=None, steps=None):
    steps = [] if steps is None else steps
    choices = Choices(airflow_version=version)
    return database.bring_up_to_date(
        SqliteFile(folders), choices, lambda url: {"url": url}, folders, steps.append,
        lambda: steps.append("ended"),
    )  # fmt: skip


def test_a_new_database_is_there_only_when_it_is_whole(folders, migrated):
    (folders.airflow / "new.db").write_text("half of an earlier start")
    (folders.airflow / "new.db-wal").write_text("the same")
    assert bring(folders) is None
    assert words(folders.sqlite) == ["migrated"]
    assert read_choices(folders).airflow_version == HERE
    assert bring(folders, HERE) is None
    assert len(migrated) == 1, "a database of this version is left alone"


def test_an_older_database_is_migrated_as_a_copy_and_kept(folders, migrated):
    write(folders.sqlite, "old")
    steps: list[str] = []
    note = bring(folders, "3.2.0", steps)
    assert steps == ["ended", "Migrating a copy of the database from Airflow 3.2.0 to 3.3.2"]
    assert words(folders.sqlite) == ["old", "migrated"]
    assert note is not None
    assert words(note.rpartition("kept: ")[2]) == ["old"]


def test_a_migration_that_fails_leaves_the_old_database_as_it_was(folders, migrated, monkeypatch):
    write(folders.sqlite, "old")

    def fail(*_):
        raise ServerError("db-migrate was killed (SIGKILL)")

    monkeypatch.setattr(database, "run_to_its_end", fail)
    with pytest.raises(ServerError, match="was killed"):
        bring(folders, "3.2.0")
    assert words(folders.sqlite) == ["old"]


@pytest.mark.usefixtures("migrated")
def test_a_database_of_a_newer_airflow_is_refused_with_the_cure(folders, monkeypatch):
    write(folders.sqlite, "new")
    with pytest.raises(ServerError, match=r"is of Airflow 3.10.0, and Airflow 3.3.2 is installed"):
        bring(folders, "3.10.0")

    def unknown(*_):
        raise ServerError("db-migrate ended with exit 1: Can't locate revision identified by 'ff'")

    monkeypatch.setattr(database, "run_to_its_end", unknown)
    with pytest.raises(ServerError, match=r"is of a newer Airflow, .*install that version again"):
        bring(folders)
    assert words(folders.sqlite) == ["new"]
