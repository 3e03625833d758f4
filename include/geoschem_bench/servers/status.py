"""Which of the servers work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geoschem_bench.errors import SettingsError
from geoschem_bench.servers.choices import read_choices
from geoschem_bench.servers.components import NAMES, Health, Name, ask_health, is_healthy
from geoschem_bench.servers.daemons import Daemon
from geoschem_bench.servers.database import kind_there
from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.keys import USER, read_login
from geoschem_bench.servers.ports import HOST

State = Literal["works", "does not answer", "has died", "stopped"]


@dataclass(frozen=True)
class ComponentStatus:
    """One of them."""

    name: str
    state: State
    pid: int | None
    log: Path


@dataclass(frozen=True)
class Status:
    """All of them."""

    url: str
    user: str
    login_file: Path
    login_fault: str | None
    """Why nobody can log in, and the cure; None: one can."""
    database: str | None
    """`postgresql` or `sqlite`; None: there is none yet."""
    talks_to: str | None
    components: tuple[ComponentStatus, ...]

    @property
    def works(self) -> bool:
        """Whether every one does, and one can log in."""
        return self.login_fault is None and all(each.state == "works" for each in self.components)


def look(state: Path) -> Status | None:
    """How they are; None where there never were any.

    Raises:
        SettingsError: what is written down of them cannot be read.
    """
    folders = Folders.of(state)
    folders.check()
    if not folders.choices_file.exists():
        return None
    choices, kind = read_choices(folders), kind_there(folders)
    health = ask_health(choices.port) if Daemon("api-server", folders).process() else None
    components = [_of(name, folders, health) for name in NAMES]
    if kind == "postgresql":
        components.append(_of_postgres(folders, health))
    return Status(
        url=f"http://{HOST}:{choices.port}",
        user=USER,
        login_file=folders.login_file,
        login_fault=_login_fault(folders),
        database=kind,
        talks_to=choices.talks_to,
        components=tuple(components),
    )


def _login_fault(folders: Folders) -> str | None:
    try:
        there = read_login(folders) is not None
    except SettingsError as error:
        return str(error)
    return None if there else f"{folders.login_file} is gone; make it: geoschem-bench ui up"


def _of(name: Name, folders: Folders, health: Health | None) -> ComponentStatus:
    daemon = Daemon(name, folders)
    process, record = daemon.process(), daemon.record
    state: State
    if process is None:
        state = "has died" if record else "stopped"
    elif record and is_healthy(name, health, record.started_at):
        state = "works"
    else:
        state = "does not answer"
    return ComponentStatus(name, state, process.pid if process else None, folders.log(name))


def _of_postgres(folders: Folders, health: Health | None) -> ComponentStatus:
    daemon = Daemon("postgres", folders)
    process = daemon.process()
    state: State
    if process is None:
        state = "has died" if daemon.record else "stopped"
    elif health and (health["metadatabase"] or {}).get("status") != "healthy":
        state = "does not answer"
    else:
        state = "works"
    return ComponentStatus(
        "postgres", state, process.pid if process else None, folders.log("postgres")
    )
