"""PostgreSQL from the distribution's programs: what to call, and as whom.

It refuses to run as root, so root starts it as `postgres` or `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from geoschem_bench.errors import ServerError
from geoschem_bench.servers.ports import HOST

USER = "airflow"
INSTALL = "apt-get install --no-install-recommends postgresql"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # the path of a state folder may be longer than a socket's may
    "max_connections": "200",  # each component of an Airflow keeps up to 30
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",  # in its folder, so that nothing stays if it is killed
    # Of a killed scheduler's forks, which hold rows of its runs: the next one would pass over them
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",  # Airflow's queries are small: compiling them takes longer than running them
}
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
_DEBIAN = Path("/usr/lib/postgresql")


def find_programs(version: str | None = None) -> Path:
    """The folder of initdb, postgres and psql: Debian's newest, else the one on PATH.

    Args:
        version: The major version wanted; None: any.

    Raises:
        ServerError: there is none; says how to come by one.
    """
    debian = sorted(
        (path.parent for path in _DEBIAN.glob("*/bin/initdb")),
        key=lambda folder: float(folder.parent.name),
    )
    on_path = shutil.which("initdb")
    found = [*([Path(on_path).resolve().parent] if on_path else []), *debian]
    fitting = [each for each in found if version in (None, version_of(each))]
    if fitting:
        return fitting[-1]
    if found:
        raise ServerError(f"PostgreSQL {version} is not here, only "
                          f"{', '.join(version_of(each) for each in found)}")  # fmt: skip
    raise ServerError(
        f"PostgreSQL is not installed (neither {_DEBIAN}/*/bin/initdb nor initdb on PATH); "
        f"install it: {INSTALL}"
    )


def version_of(programs: Path) -> str:
    """Its major version, which a cluster is bound to."""
    said = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout.split()
    return said[2].split(".")[0] if len(said) > 2 else "unknown"


def account() -> pwd.struct_passwd | None:
    """Who runs it; None for ourselves. ServerError where root has nobody to run it."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return names[name]
    raise ServerError("PostgreSQL does not run as root, and there is no user postgres or nobody")


def initdb_command(programs: Path, data: Path, password_file: Path) -> list[str | Path]:
    """Makes a cluster that asks everybody for a password."""
    command: list[str | Path] = [programs / "initdb", "-D", data, "-U", USER]
    command += ["--encoding=UTF8", "--locale=C"]
    return [*command, "--auth=scram-sha-256", f"--pwfile={password_file}"]


def server_command(
    programs: Path, data: Path, port: int, settings: Mapping[str, str] = SETTINGS
) -> list[str | Path]:
    """The server itself, in the foreground."""
    command: list[str | Path] = [programs / "postgres", "-D", data]
    for name, value in ({"port": str(port)} | dict(settings)).items():
        command += ["-c", f"{name}={value}"]
    return command


def answers(programs: Path, port: int) -> bool:
    """Whether it takes connections."""
    asking: list[str | Path] = [programs / "pg_isready", "-q", "-h", HOST, "-p", str(port)]
    return subprocess.run(asking, check=False).returncode == 0


def say(
    programs: Path, port: int, password: str, *statements: str, database: str = "postgres"
) -> str:
    """What psql prints for statements: a line for each row. ServerError where one is refused."""
    asked = [word for statement in statements for word in ("-c", statement)]
    done = subprocess.run(
        [programs / "psql", "-h", HOST, "-p", str(port), "-U", USER, "-X", "-q", "-A", "-t",
         "-v", "ON_ERROR_STOP=1", "-d", database, *asked],
        env=ENVIRONMENT | {"PGPASSWORD": password}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ServerError(f"PostgreSQL, asked for {'; '.join(statements)}: {done.stderr.strip()}")
    return done.stdout


def url(port: int, password: str, database: str) -> str:
    """For SQLAlchemy."""
    return f"postgresql+psycopg2://{USER}:{password}@{HOST}:{port}/{database}"
