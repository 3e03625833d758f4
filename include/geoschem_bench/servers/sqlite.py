"""Airflow's database as one file, where there is no PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from geoschem_bench.errors import ServerError
from geoschem_bench.servers.folders import Folders


@dataclass
class SqliteFile:
    """The file, whether it is there or not."""

    folders: Folders

    @property
    def words(self) -> str:
        """For a person."""
        return f"SQLite in {self.folders.sqlite}"

    @property
    def url(self) -> str:
        """Of Airflow's database."""
        return _url(self.folders.sqlite)

    def start(self, _tell: Callable[[str], None]) -> bool:
        """There is nothing to start."""
        return False

    def stop(self) -> None:
        """There is nothing to stop."""

    def is_there(self) -> bool:
        """Whether Airflow's database is there, whole."""
        return self.folders.sqlite.exists()

    def new(self, *, copied: bool) -> str:
        """A database to be migrated, empty or a copy; returns its URL."""
        for left in self._new.parent.glob(f"{self._new.name}*"):
            left.unlink()
        if copied:
            _copy(self.folders.sqlite, self._new)
        return _url(self._new)

    def put_in_place(self, old_name: str) -> str | None:
        """Makes the new database Airflow's; says where the old one is, if there was one."""
        now, kept = self.folders.sqlite, self.folders.sqlite.with_name(f"{old_name}.db")
        there = now.exists()
        if there:
            _copy(now, kept)
            for suffix in ("-wal", "-shm"):  # of the old one; they would spoil the new one
                now.with_name(now.name + suffix).unlink(missing_ok=True)
        _settle(self._new)
        self._new.replace(now)
        return str(kept) if there else None

    @property
    def _new(self) -> Path:
        return self.folders.airflow / "new.db"


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def _copy(source: Path, target: Path) -> None:
    """With what is still in its log beside it."""
    try:
        with (
            closing(sqlite3.connect(source)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise ServerError(
            f"{source} cannot be copied: {error}; put back a copy of it, or start anew, without "
            "the history of runs: geoschem-bench ui down --forget"
        ) from error


def _settle(path: Path) -> None:
    """All into the one file."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
