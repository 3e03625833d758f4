"""Which database Airflow has, and that it is of this Airflow's version."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from packaging.version import Version

from geoschem_bench.errors import ServerError, SettingsError
from geoschem_bench.servers.choices import Choices
from geoschem_bench.servers.cluster import Cluster, open_cluster, run_to_its_end
from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.sqlite import SqliteFile

Kind = Literal["postgresql", "sqlite"]
Database = Cluster | SqliteFile
Tell = Callable[[str], None]
_DRIVERS = ("psycopg2", "asyncpg")
_UNKNOWN_REVISION = "Can't locate revision"
FORGET = "start anew, without the history of runs: geoschem-bench ui down --forget"


def kind_there(folders: Folders) -> Kind | None:
    """Which database this installation has already."""
    if folders.cluster.exists():
        return "postgresql"
    return "sqlite" if folders.sqlite.exists() else None


def open_database(
    folders: Folders, asked: Kind | None, choices: Choices, password: str, note: Tell
) -> tuple[Database, Choices]:
    """The database that is there, else the one asked for, else PostgreSQL where it can be.

    Raises:
        SettingsError: there is one of another kind than asked for.
        ServerError: this computer cannot run the one that it must be.
    """
    there = kind_there(folders)
    if there and asked and there != asked:
        raise SettingsError(
            f"--database {asked}: {folders.root} has its runs in {there}; leave the option out, or "
            f"{FORGET}"
        )
    kind = there or asked
    if kind == "sqlite":
        return SqliteFile(folders), choices
    try:
        _check_drivers()
        return open_cluster(folders, choices, password)
    except ServerError as error:
        if kind == "postgresql":
            raise
        note(f"Airflow uses SQLite: {error}")
        return SqliteFile(folders), choices


def bring_up_to_date(
    database: Database,
    choices: Choices,
    environment: Callable[[str], dict[str, str]],
    folders: Folders,
    tell: Tell,
    end_users: Callable[[], None],
) -> str | None:
    """Makes the database, or migrates a copy of an older one and keeps the old.

    Whoever is killed in the middle leaves the old one as it was. Returns where that is kept, as a
    line for a person, or None.

    Args:
        database: Started.
        choices: Say which Airflow it is of.
        environment: Of Airflow with the database of a URL.
        folders: Of the installation.
        tell: Called with one line for each step.
        end_users: Ends servers of the older Airflow that still use it.

    Raises:
        ServerError: it cannot be migrated, or is of a newer Airflow.
    """
    here, there = version("apache-airflow"), database.is_there()
    of = choices.airflow_version
    if there and of == here:
        return None
    if there and of and Version(of) > Version(here):
        raise _is_newer(f"Airflow {of}", here)
    if there:
        end_users()
        tell(f"Migrating a copy of the database from Airflow {of or '(not written down)'} to "
             f"{here}")  # fmt: skip
    else:
        tell("Making Airflow's database")
    _migrate(environment(database.new(copied=there)), folders, here)
    kept = database.put_in_place(f"airflow_until_{datetime.now(UTC):%Y%m%dT%H%M%S}")
    replace(choices, airflow_version=here).keep(folders)
    return kept and f"The database was migrated to Airflow {here}; the old one is kept: {kept}"


def _migrate(environment: dict[str, str], folders: Folders, here: str) -> None:
    command: list[str | Path] = [sys.executable, "-m", "airflow", "db", "migrate"]
    try:
        run_to_its_end("db-migrate", command, environment, folders)
    except ServerError as error:
        if _UNKNOWN_REVISION in str(error):
            raise _is_newer("a newer Airflow", here) from error
        raise


def _is_newer(of: str, here: str) -> ServerError:
    return ServerError(
        f"the database is of {of}, and Airflow {here} is installed, which cannot read it; install "
        f"that version again (requirements.txt, make setup), or {FORGET}"
    )


def _check_drivers() -> None:
    missing = [name for name in _DRIVERS if find_spec(name) is None]
    if missing:
        raise ServerError(
            f"Python's part of PostgreSQL is missing ({', '.join(missing)}); install it: pip "
            "install 'geoschem-bench[airflow]'"
        )
