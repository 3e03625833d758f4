"""The metadata database of an Airflow: migrated once a session, copied for each."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tests.servers.errors import ServerError, tail
from tests.servers.postgres import Cluster
from tests.servers.settings import Home

TEMPLATE = "migrated"
URL_SETTING = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


@contextmanager
def database(
    home: Home, cluster: Cluster | None, environment: Callable[[str], Mapping[str, str]]
) -> Iterator[str]:
    """Yields the URL of a new, migrated database; it goes with the block.

    Args:
        home: Of the Airflow that it is for.
        cluster: Where it is made; None: SQLite, in the home.
        environment: Of a component that has the database of this URL.
    """

    def migrate(url: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=environment(url), capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise ServerError(f"airflow db migrate failed:\n{tail(done.stdout + done.stderr)}")

    if cluster is None:
        url = f"sqlite:///{home.folder / 'airflow.db'}"
        migrate(url)
        yield url
        return
    name = re.sub(r"\W+", "_", home.folder.name)
    try:
        yield cluster.create(name, TEMPLATE, migrate)
    finally:
        cluster.drop(name)
