"""Up: finds what runs, starts what does not, and waits until all of it works."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from geoschem_bench.errors import SettingsError
from geoschem_bench.servers.at_work import DAEMONS, all_or_as_before, end_strays, strays
from geoschem_bench.servers.choices import Choices, read_choices
from geoschem_bench.servers.components import NAMES
from geoschem_bench.servers.daemons import Daemon
from geoschem_bench.servers.database import Kind, bring_up_to_date, kind_there, open_database
from geoschem_bench.servers.files import damaged
from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.keys import USER, ensure_keys, ensure_login
from geoschem_bench.servers.ports import HOST, is_free, listeners, next_free, who_listens
from geoschem_bench.servers.readiness import bring_up
from geoschem_bench.servers.settings import Shared
from geoschem_bench.servers.stopping import end_servers

FIRST_BYTES, LATER_BYTES = 500_000_000, 100_000_000
"""Free space to begin with: a database and its log; for a start that finds them."""


@dataclass(frozen=True)
class Request:
    """What is wanted of the servers."""

    state: Path
    """E.g. `.geoschem-bench`."""
    dags: Path
    """The folder of DAG files."""
    environment: Mapping[str, str]
    """What the components need of AWS and this program: `AWS_…`, `GEOSCHEM_BENCH_…`."""
    talks_to: str
    """AWS or a sandbox, in words; the title of every page."""
    port: int | None = None
    """Of the UI; None: as before."""
    database: Kind | None = None
    """None: as before, at first PostgreSQL where it can be."""


@dataclass(frozen=True)
class Started:
    """Servers that work."""

    url: str
    user: str
    password: str
    login_file: Path
    database: str
    """In words."""
    names: tuple[str, ...]
    """Of the components that had to be started; the others ran."""
    notes: tuple[str, ...] = ()
    """What else a person should know, a line each."""


def up(request: Request, tell: Callable[[str], None]) -> Started:
    """Starts what does not run and waits until everything works. To be called within `at_work`.

    Args:
        request: What is wanted.
        tell: Called with one line for each step.

    Raises:
        SettingsError: the person can mend it: ports, folders, disk, what is installed.
        ServerError: a component or the database does not start; says the end of its log.
    """
    folders = check(request.state, request.port)
    with all_or_as_before(folders):
        if kind_there(folders) and not folders.keys_file.exists():
            raise damaged(folders.keys_file, "it is gone, and the database's password with it")
        keys, password = ensure_keys(folders), ensure_login(folders)
        choices = _choices(request, folders)
        end_strays(folders)
        notes: list[str] = []
        database, choices = open_database(
            folders, request.database, choices, keys.postgres, notes.append
        )
        choices.keep(folders)
        shared = Shared(folders, keys, choices.port, f"geoschem-bench: {request.talks_to}",
                        request.dags, request.environment)  # fmt: skip
        database.start(tell)
        if line := bring_up_to_date(
            database, choices, shared.environment, folders, tell, lambda: end_servers(folders)
        ):
            notes.append(line)
        names = bring_up(folders, choices.port, shared.environment(database.url), tell)
    return Started(
        shared.url, USER, password, folders.login_file, database.words, names, tuple(notes)
    )


def check(state: Path, port: int | None) -> Folders:
    """What can be told before anything is started; makes the folders.

    Raises:
        SettingsError: the person can mend it: a folder, the disk, a port.
    """
    folders = Folders.of(state)
    folders.make()
    check_disk(folders)
    last = read_choices(folders)
    _check_port(port or last.port, folders)
    return folders


def _choices(request: Request, folders: Folders) -> Choices:
    """What holds from now on. SettingsError where it cannot."""
    last = read_choices(folders)
    runs = any(Daemon(name, folders).process() for name in NAMES)
    if runs and last.talks_to not in (None, request.talks_to):
        raise SettingsError(
            f"these servers run for {last.talks_to}, and now {request.talks_to} is meant; end them "
            "first (geoschem-bench ui down): runs that are not over would look for their jobs in "
            "the wrong place"
        )
    port = request.port or last.port
    _check_port(port, folders)
    return replace(
        last,
        port=port,
        talks_to=request.talks_to,
    )


def _check_port(port: int, folders: Folders) -> None:
    if not is_free(port) and not _is_ours(port, folders):
        raise SettingsError(
            f"port {port} of {HOST} is taken by {who_listens(port)}; end that, or take another "
            f"port: geoschem-bench ui up --port {next_free(port)}"
        )


def _is_ours(port: int, folders: Folders) -> bool:
    """Whether our api-server has it, or a stray, which is ended before anything starts."""
    holders, others = listeners(port), tuple(name for name in DAEMONS if name != "api-server")
    return any(each.pid in holders for each in strays(folders, others))


def check_disk(folders: Folders) -> None:
    """SettingsError where there is no room to work in."""
    needed = LATER_BYTES if kind_there(folders) else FIRST_BYTES
    free = shutil.disk_usage(folders.root).free
    if free < needed:
        raise SettingsError(
            f"{folders.root}: {free / 1e6:.0f} MB are free on its disk, and {needed / 1e6:.0f} MB "
            "are needed; make room, or name another folder for the state: export "
            "GEOSCHEM_BENCH_STATE=…"
        )
