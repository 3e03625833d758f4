"""The environment of an Airflow for tests; each setting of our own with its why."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from itsdangerous import URLSafeSerializer

from tests.servers.ports import HOST

REPOSITORY = Path(__file__).resolve().parents[2]
USER = "tester"
TRIGGERER_LOST_SECONDS = 8
"""After which another triggerer, or the same one started again, takes over what a dead one had."""
TASK_LOST_SECONDS = 15
"""After which a task whose supervisor was killed is failed or tried again."""
QUEUED_LOST_SECONDS = 30
"""After which a task that no worker has begun is queued anew."""

QUICK = {
    # Scheduler: look often, for a test waits for each step
    "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "SCHEDULER__JOB_HEARTBEAT_SEC": "1",
    "SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "1",  # 15: when a deferred task's time is over
    "SCHEDULER__PARSING_CLEANUP_INTERVAL": "5",  # 60: DAGs whose file is gone
    # A killed one is noticed soon, but not one that two busy cores kept waiting
    "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(TASK_LOST_SECONDS),
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    # For one whose worker was killed before it began; one that waits for a worker loses nothing
    "SCHEDULER__TASK_QUEUED_TIMEOUT": str(QUEUED_LOST_SECONDS),
    "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
    "SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "20",
    "TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": str(TRIGGERER_LOST_SECONDS),
    # A running task learns in a second that it was cleared or marked, and outlives a restart of the
    # api-server (3 failures of 1 s would end it; Airflow's own 3 of 5 s give it 15 s)
    "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "WORKERS__MAX_FAILED_HEARTBEATS": "30",
    # Requests to parse, as `Servers.add_suite` makes them, are seen every second anyway
    "DAG_PROCESSOR__REFRESH_INTERVAL": "1",
    "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
    "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",  # 30: what no request asked for
    "DAG_PROCESSOR__STALE_DAG_THRESHOLD": "5",
    "DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",  # a changed suite is there after its parse
    # 32 processes are forked at the start otherwise, for two cores
    "CORE__PARALLELISM": "4",
    "API__WORKERS": "1",
    "API__MAXIMUM_PAGE_LIMIT": "1000",  # 100: a suite of 1,000 benchmarks is one page
}
APART = {
    # Nothing of this Airflow reaches beyond this computer, or comes from it
    "CORE__LOAD_EXAMPLES": "False",
    "CORE__EXECUTOR": "geoschem_bench.orchestration.local_executor.LocalExecutor",
    "API__HOST": HOST,
    "SCHEDULER__ENABLE_HEALTH_CHECK": "False",  # its server listens on 0.0.0.0
    "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
    "LOGGING__COLORED_CONSOLE_LOG": "False",
}
_OTHERS = ("AIRFLOW", "AWS_", "GEOSCHEM_BENCH_")


@dataclass(frozen=True)
class Home:
    """The folder of one Airflow, and what its components must agree on."""

    folder: Path
    port: int
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    jwt_secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    @property
    def url(self) -> str:
        """Of its API."""
        return f"http://{HOST}:{self.port}"

    def log(self, component: str) -> Path:
        """What a component printed, over all its starts."""
        return self.folder / "components" / f"{component}.log"

    def make(self) -> None:
        """The folder, with the password of our user in it."""
        self.log("any").parent.mkdir(parents=True)
        self._passwords.write_text(json.dumps({USER: self.password}) + "\n")

    @property
    def _passwords(self) -> Path:
        return self.folder / "passwords.json"

    def file_token(self, file: str) -> str:
        """How the API names a DAG file; it is signed."""
        named = {"bundle_name": "dags-folder", "relative_fileloc": file}
        return str(URLSafeSerializer(self.jwt_secret).dumps(named))

    def settings(self, database_url: str) -> dict[str, str]:
        """Airflow's settings that are this home's own."""
        return {
            "DATABASE__SQL_ALCHEMY_CONN": database_url,
            "API__PORT": str(self.port),
            "API__BASE_URL": self.url,
            "API__SECRET_KEY": self.jwt_secret,
            "API_AUTH__JWT_SECRET": self.jwt_secret,
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self._passwords),
            "CORE__FERNET_KEY": "",
        }


def environment(
    home: Home, database_url: str, *, dags: Path, suites: Path, extra: Mapping[str, str]
) -> dict[str, str]:
    """What every component and every command of this Airflow gets.

    Ours of the shell without what it says of other Airflows, AWS and this program.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_OTHERS)}
    # Images forbid bytecode, and each start of a component would compile Airflow anew
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    folders = {"CORE__DAGS_FOLDER": str(dags), "CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins")}
    settings = QUICK | APART | folders | home.settings(database_url)
    return (
        kept
        | {f"AIRFLOW__{name}": value for name, value in settings.items()}
        | {
            "AIRFLOW_HOME": str(home.folder),
            "GEOSCHEM_BENCH_SUITES": str(suites),
            "SPT_NOENV": "1",  # setproctitle would write over the guard's mark
            "PYTHONUNBUFFERED": "1",  # the last words of a killed one are in its log
        }
        | dict(extra)
    )
