"""Airflow's database in a PostgreSQL of its own, below the state folder."""

from __future__ import annotations

import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from geoschem_bench.errors import ServerError
from geoschem_bench.servers import postgres
from geoschem_bench.servers.choices import Choices
from geoschem_bench.servers.daemons import Daemon, signal_name
from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.marks import end, lives
from geoschem_bench.servers.ports import free_port, is_free
from geoschem_bench.servers.waiting import wait_until

DATABASE = "airflow"
_NEW = "airflow_new"
_ANSWER_SECONDS = 60.0
"""Also for a server that was killed and reads its log anew."""
_STOP_SECONDS = 30.0
_START_ANEW = "start anew, without the history of runs: geoschem-bench ui down --forget"


@dataclass
class Cluster:
    """A PostgreSQL, whether it runs or not."""

    folders: Folders
    programs: Path
    account: pwd.struct_passwd | None
    port: int
    password: str = field(repr=False)

    @property
    def words(self) -> str:
        """For a person."""
        return f"PostgreSQL {postgres.version_of(self.programs)} in {self.folders.postgres}"

    @property
    def daemon(self) -> Daemon:
        """Its first process."""
        return Daemon("postgres", self.folders)

    @property
    def url(self) -> str:
        """Of Airflow's database."""
        return postgres.url(self.port, self.password, DATABASE)

    def start(self, tell: Callable[[str], None]) -> bool:
        """Makes the cluster if there is none, starts the server; whether that was needed."""
        if self.daemon.process() and postgres.answers(self.programs, self.port):
            return False
        tell("Starting the database")
        self.stop()
        if not self.folders.cluster.exists():
            self._initialise()
        self._forget_stale_pid()
        command = postgres.server_command(self.programs, self.folders.cluster, self.port)
        self.daemon.start(command, postgres.ENVIRONMENT, self.account)
        wait_until(
            lambda: postgres.answers(self.programs, self.port),
            f"PostgreSQL to answer; its log: {self.folders.log('postgres')}",
            timeout_seconds=_ANSWER_SECONDS,
            check=self._check_lives,
        )
        return True

    def stop(self) -> None:
        """Ends it in order, whoever is connected."""
        if process := self.daemon.process():
            tree = [process, *process.children(recursive=True)]
            end(lambda: [process] if lives(process) else [], signal.SIGINT, _STOP_SECONDS)
            end(lambda: [each for each in tree if lives(each)], signal.SIGKILL, 0)
        self.daemon.forget()

    def is_there(self) -> bool:
        """Whether Airflow's database is there, whole."""
        return DATABASE in self._databases()

    def new(self, *, copied: bool) -> str:
        """A database to be migrated, empty or a copy; returns its URL."""
        self._say(f'DROP DATABASE IF EXISTS "{_NEW}" WITH (FORCE)')
        source = f' TEMPLATE "{DATABASE}"' if copied else ""
        self._say(f'CREATE DATABASE "{_NEW}"{source}')
        return postgres.url(self.port, self.password, _NEW)

    def put_in_place(self, old_name: str) -> str | None:
        """Makes the new database Airflow's; says where the old one is, if there was one."""
        there = self.is_there()
        renamed = [f'ALTER DATABASE "{DATABASE}" RENAME TO "{old_name}"'] if there else []
        renamed.append(f'ALTER DATABASE "{_NEW}" RENAME TO "{DATABASE}"')
        self._say("BEGIN", *renamed, "COMMIT")  # both or none
        return f"database {old_name} in the same cluster" if there else None

    def _databases(self) -> list[str]:
        return self._say("SELECT datname FROM pg_database").split()

    def _say(self, *statements: str) -> str:
        return postgres.say(self.programs, self.port, self.password, *statements)

    def _initialise(self) -> None:
        """Whole or not at all: what a killed one has left is made anew."""
        part = self.folders.postgres / "data.part"
        shutil.rmtree(part, ignore_errors=True)
        secret = self.folders.postgres / "password"
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        if self.account:
            shutil.chown(secret, self.account.pw_uid, self.account.pw_gid)
        command = postgres.initdb_command(self.programs, part, secret)
        try:
            run_to_its_end("initdb", command, postgres.ENVIRONMENT, self.folders, self.account)
        finally:
            secret.unlink()
        part.rename(self.folders.cluster)

    def _forget_stale_pid(self) -> None:
        """After a restart of the computer its number may be another program's."""
        path = self.folders.cluster / "postmaster.pid"
        try:
            pid = int(path.read_text().split()[0])
            is_postgres = "postgres" in psutil.Process(pid).name()
        except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
            return  # PostgreSQL itself sees that nobody has that number
        if not is_postgres:
            path.unlink()

    def _check_lives(self) -> None:
        if self.daemon.process() is None:
            raise ServerError(
                f"PostgreSQL {signal_name(self.daemon.exit_code())}; the end of its log "
                f"({self.folders.log('postgres')}):\n{self.daemon.log_tail()}"
            )


def open_cluster(folders: Folders, choices: Choices, password: str) -> tuple[Cluster, Choices]:
    """The cluster of this installation, not started yet.

    Raises:
        ServerError: this computer cannot run it; says why.
    """
    programs, account = _programs(folders), postgres.account()
    make_folder(folders, account)
    port = choices.postgres_port
    daemon = Daemon("postgres", folders)
    if port is None or not (daemon.process() or is_free(port)):
        port = free_port()
        choices = replace(choices, postgres_port=port)
    return Cluster(folders, programs, account, port, password), choices


def _programs(folders: Folders) -> Path:
    """Those that the cluster was made with, as a cluster is bound to its version."""
    try:
        version = (folders.cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return postgres.find_programs()
    try:
        return postgres.find_programs(version)
    except ServerError as error:
        raise ServerError(
            f"{folders.cluster} was made by PostgreSQL {version}, and {error}; install that beside "
            f"it ({postgres.INSTALL}-{version}), or {_START_ANEW}"
        ) from error


def make_folder(folders: Folders, account: pwd.struct_passwd | None) -> None:
    """Where the cluster comes; ServerError where its account cannot reach it."""
    folders.postgres.mkdir(mode=0o700, exist_ok=True)
    if account is None:
        return
    for folder in (folders.root, folders.root.parent):
        folder.chmod(folder.stat().st_mode | 0o011)  # to pass through, not to look into
    if folders.postgres.stat().st_uid != account.pw_uid:
        shutil.chown(folders.postgres, account.pw_uid, account.pw_gid)
    reaches = subprocess.run(
        ["test", "-w", folders.postgres],
        user=account.pw_uid, group=account.pw_gid, extra_groups=[], check=False,
    ).returncode == 0  # fmt: skip
    if not reaches:
        raise ServerError(
            f"PostgreSQL does not run as root, and its account {account.pw_name} may not pass "
            f"through to {folders.postgres}"
        )


def run_to_its_end(
    name: str,
    command: list[str | Path],
    environment: dict[str, str],
    folders: Folders,
    account: pwd.struct_passwd | None = None,
) -> None:
    """Waits for a program of the installation. ServerError, with its log's end, where it fails."""
    daemon = Daemon(name, folders)
    daemon.start(command, environment, account)
    wait_until(
        lambda: daemon.exit_code() is not None,
        f"the end of {name}; its log: {folders.log(name)}",
        timeout_seconds=600,
    )
    code = daemon.exit_code()
    daemon.forget()
    if code:
        raise ServerError(f"{name} {signal_name(code)}; the end of its log "
                          f"({folders.log(name)}):\n{daemon.log_tail(25)}")  # fmt: skip
