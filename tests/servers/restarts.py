"""PostgreSQL ended in the middle of its work, and started again as it was."""

from __future__ import annotations

import shlex
import subprocess
import time
from pathlib import Path
from typing import Literal

import psutil

from tests.servers.errors import ServerError
from tests.servers.postgres import USER, Cluster

IDLE_SECONDS = 15
"""After which a session that idles in a transaction is ended."""
Mode = Literal["fast", "immediate"]


def prepare(cluster: Cluster) -> None:
    """Makes it a database as a person relies on, for every session from now on.

    A crash loses no commit. And a session that does nothing in a transaction is ended: a worker of
    the LocalExecutor that outlives its scheduler keeps the scheduler's connection open, with locks
    on the rows of its runs, and the next scheduler would pass over these for ever.
    """
    for setting, value in (
        ("synchronous_commit", "on"),
        ("idle_in_transaction_session_timeout", f"{IDLE_SECONDS}s"),
    ):
        cluster._say(f"ALTER ROLE {USER} SET {setting} = '{value}'")


def restart(cluster: Cluster, how: Mode, down_seconds: float) -> None:
    """Ends the server, waits, and starts it with the same options, folder and user.

    Args:
        cluster: Of `postgres.running`, whose end also ends what this starts.
        how: In PostgreSQL's words: `fast` cuts off who is connected; `immediate` does it without a
            checkpoint, as a crash.
        down_seconds: How long nobody answers.
    """
    server = _postmaster(cluster)
    command, folder = server.cmdline(), Path(server.cwd()).parent
    options = command[command.index("-c") :]

    def say(*words: str | Path) -> None:
        done = subprocess.run(
            [cluster.programs / "pg_ctl", *words, "--pgdata", folder / "data", "--silent"],
            cwd=folder, env=environment, user=user, group=group, extra_groups=[],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            raise ServerError(f"pg_ctl {words[0]} ended with {done.returncode}; see {folder}")

    environment, user, group = server.environ(), server.uids().real, server.gids().real
    say("stop", "--mode", how)
    time.sleep(down_seconds)
    say("start", "--wait", "--log", folder / "again.log", "--options", shlex.join(options))


def _postmaster(cluster: Cluster) -> psutil.Process:
    program, port = str(cluster.programs / "postgres"), f"port={cluster.port}"
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if words[:1] == [program] and port in words:
            return process
    raise ServerError(f"no PostgreSQL listens on port {cluster.port}; did somebody else end it?")
