"""The environment of every component; each setting of our own with its why."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.keys import USER, Keys
from geoschem_bench.servers.ports import HOST

OTHERS = ("AIRFLOW", "AWS_", "GEOSCHEM_BENCH_", "PG")
"""What a shell says of other Airflows, AWS, this program and other databases reaches the servers
only if asked for."""

SMALL = {
    # For two cores: 32 processes are forked at the start otherwise
    "CORE__PARALLELISM": "4",
    "API__WORKERS": "1",
    "DAG_PROCESSOR__PARSING_PROCESSES": "1",
}
APART = {
    # Nothing of this Airflow reaches beyond this computer, or comes from it
    "CORE__LOAD_EXAMPLES": "False",
    # Airflow's own, which also gives back a task whose worker was killed before it began
    "CORE__EXECUTOR": "geoschem_bench.orchestration.local_executor.LocalExecutor",
    "SCHEDULER__TASK_QUEUED_TIMEOUT": "120",
    "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "30",
    "SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "20",
    "API__HOST": HOST,
    "SCHEDULER__ENABLE_HEALTH_CHECK": "False",  # its server listens on 0.0.0.0
    "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
    "LOGGING__COLORED_CONSOLE_LOG": "False",
    "USAGE_DATA_COLLECTION__ENABLED": "False",
}
SOON = {
    # A new suite is there within half a minute, not five
    "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
    # An api-server that is started again is waited for by the tasks (3 of 5 s are Airflow's own)
    "WORKERS__MAX_FAILED_HEARTBEATS": "12",
}


@dataclass(frozen=True)
class Shared:
    """What all components of one installation agree on."""

    folders: Folders
    keys: Keys = field(repr=False)
    port: int
    title: str
    """On every page: what the runs use, and so whether they cost money."""
    dags: Path
    given: Mapping[str, str] = field(repr=False)
    """What they need of AWS and this program: `AWS_…`, `GEOSCHEM_BENCH_…`."""

    @property
    def url(self) -> str:
        """Of the UI."""
        return f"http://{HOST}:{self.port}"

    def settings(self, database_url: str) -> dict[str, str]:
        """Airflow's settings that are this installation's own."""
        return {
            "CORE__DAGS_FOLDER": str(self.dags),
            "CORE__PLUGINS_FOLDER": str(self.dags.parent / "plugins"),
            "DATABASE__SQL_ALCHEMY_CONN": database_url,
            "API__PORT": str(self.port),
            "API__BASE_URL": self.url,
            "API__INSTANCE_NAME": self.title,
            "API__SECRET_KEY": self.keys.api,
            "API_AUTH__JWT_SECRET": self.keys.jwt,
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.folders.login_file),
            "CORE__FERNET_KEY": self.keys.fernet,
            "LOGGING__BASE_LOG_FOLDER": str(self.folders.airflow / "logs"),
        }

    def environment(self, database_url: str) -> dict[str, str]:
        """What every component and every command of this Airflow gets."""
        from geoschem_bench.sandbox.proxies import without_proxy  # heavy, for all that is beside it

        settings = SMALL | APART | SOON | self.settings(database_url)
        return (
            kept_of_the_shell(os.environ)
            | without_proxy(os.environ)  # tasks speak to the api-server on loopback
            | {f"AIRFLOW__{name}": value for name, value in settings.items()}
            | {
                "AIRFLOW_HOME": str(self.folders.airflow),
                "SPT_NOENV": "1",  # setproctitle would write over our mark
                "PYTHONUNBUFFERED": "1",  # the last words of a killed one are in its log
            }
            | dict(self.given)
        )


def kept_of_the_shell(shell: Mapping[str, str]) -> dict[str, str]:
    """A shell's environment without what it says of Airflow, AWS and this program."""
    kept = {name: value for name, value in shell.items() if not name.startswith(OTHERS)}
    # Images forbid bytecode, and each start of a component would compile Airflow anew
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept
