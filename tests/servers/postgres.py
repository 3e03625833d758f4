"""A PostgreSQL of its own for a test session, from the distribution's packages.

PostgreSQL refuses to run as root, so root starts it as `postgres` or `nobody`. Its folder lies
beside pytest's and not in it: pytest's is closed to others.
"""

from __future__ import annotations

import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from geoschem_bench.servers import postgres
from tests.servers.errors import ServerError, tail
from tests.servers.guard import guarded
from tests.servers.ports import free_port
from tests.servers.waiting import wait_until

USER = postgres.USER
SETTINGS = postgres.SETTINGS | {
    # What is written need not outlive this computer's next crash
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
_ANSWER_SECONDS = 30.0


@dataclass
class Cluster:
    """A running PostgreSQL."""

    programs: Path
    port: int
    password: str = field(repr=False)
    templates: set[str] = field(default_factory=set)

    def url(self, database: str) -> str:
        """For SQLAlchemy."""
        return postgres.url(self.port, self.password, database)

    def create(self, database: str, template: str, fill: Callable[[str], None]) -> str:
        """A new database, copied from a template that `fill(url)` fills once; returns its URL."""
        if template not in self.templates:
            self._say(f'CREATE DATABASE "{template}"')
            fill(self.url(template))
            self.templates.add(template)
        self._say(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Removes a database, whoever is still connected to it."""
        self._say(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _say(self, statement: str) -> None:
        postgres.say(self.programs, self.port, self.password, statement)


@contextmanager
def running() -> Iterator[Cluster]:
    """A new cluster for the time of a block; nothing of it stays."""
    programs, account = find_programs(), postgres.account()
    folder = Path(tempfile.mkdtemp(prefix="geoschem-bench-postgres-"))
    if account:
        shutil.chown(folder, account.pw_uid, account.pw_gid)
    with guarded(folder, first=signal.SIGINT, remove=True) as mark:
        cluster = Cluster(programs, free_port(), secrets.token_hex(16))
        _initialise(cluster, folder, mark, account)
        server = _start(cluster, folder, mark, account)
        try:
            _wait_until_it_answers(cluster, server, folder / "server.log")
            yield cluster
        finally:
            server.send_signal(signal.SIGINT)  # "fast": at once, whoever is connected
            try:
                server.wait(_ANSWER_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def find_programs() -> Path:
    """The folder of initdb, postgres and psql: Debian's newest, else the one on PATH."""
    try:
        return postgres.find_programs()
    except ServerError as error:
        raise ServerError(
            f"{error}; or let Airflow use SQLite: TEST_SERVERS_DATABASE=sqlite"
        ) from error


def _initialise(
    cluster: Cluster, folder: Path, mark: dict[str, str], account: pwd.struct_passwd | None
) -> None:
    secret = folder / "password"
    secret.write_text(cluster.password)
    secret.chmod(0o600)
    if account:
        shutil.chown(secret, account.pw_uid, account.pw_gid)
    command = [*postgres.initdb_command(cluster.programs, folder / "data", secret), "--no-sync"]
    with (folder / "initdb.log").open("wb") as log:
        code = _spawn(command, folder, mark, account, log.fileno()).wait()
    if code:
        raise ServerError(f"initdb failed ({code}):\n{tail((folder / 'initdb.log').read_text())}")
    secret.unlink()


def _start(
    cluster: Cluster, folder: Path, mark: dict[str, str], account: pwd.struct_passwd | None
) -> subprocess.Popen[bytes]:
    command = postgres.server_command(cluster.programs, folder / "data", cluster.port, SETTINGS)
    with (folder / "server.log").open("wb") as log:
        return _spawn(command, folder, mark, account, log.fileno())


def _spawn(
    command: Sequence[str | Path],
    folder: Path,
    mark: dict[str, str],
    account: pwd.struct_passwd | None,
    output: int,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=postgres.ENVIRONMENT | mark,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def _wait_until_it_answers(cluster: Cluster, server: subprocess.Popen[bytes], log: Path) -> None:
    def check() -> None:
        if server.poll() is not None:
            raise ServerError(f"PostgreSQL ended ({server.returncode}):\n{tail(log.read_text())}")

    wait_until(
        lambda: postgres.answers(cluster.programs, cluster.port),
        "PostgreSQL to answer",
        timeout_seconds=_ANSWER_SECONDS,
        check=check,
    )
