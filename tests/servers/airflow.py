"""A whole Airflow for a test session: started side by side, killed and started again at will."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import httpx
import psutil

from geoschem_bench.suite import dag_id_of
from tests.servers.components import ARGUMENTS, Component, Name, Usage
from tests.servers.database import database
from tests.servers.errors import ServerError, tail
from tests.servers.guard import guarded
from tests.servers.ports import free_port
from tests.servers.postgres import Cluster
from tests.servers.rest import Client
from tests.servers.session import RestError
from tests.servers.settings import REPOSITORY, USER, Home, environment
from tests.servers.waiting import wait_until

Found = TypeVar("Found")
READY_SECONDS = 180.0
"""For the start of all: 12 s on two free cores, 40 s on two that four others share."""
PARSE_SECONDS = 120.0
SUITES_FILE = "suites.py"


@dataclass(frozen=True)
class TaskPids:
    """The two processes of a running task."""

    supervisor: int
    """A worker of the LocalExecutor, child of the scheduler."""
    runner: int
    """Where the task's own code runs."""


class Servers:
    """A running Airflow. Made by `running`."""

    def __init__(self, home: Home, suites: Path, environment: dict[str, str]) -> None:
        self.home = home
        self.suites = suites
        self.environment = environment
        """Of every component, and of every command: `airflow`, `geoschem-bench`."""
        self.components = {name: Component(name, home.log(name)) for name in ARGUMENTS}
        self.start_seconds = 0.0
        """How long it took until all were ready, the database included."""
        self.client = Client(home.url, check=self.check)

    def start(self, *names: Name, wait: bool = True) -> None:
        """Starts these components (all, if none is named) and waits until they are ready."""
        wanted = names or tuple(ARGUMENTS)
        for name in wanted:
            self.components[name].start(self.environment)
        if wait:
            for name in wanted:
                self.wait_until_ready(name)

    def wait_until_ready(self, name: Name) -> None:
        """Until the component answers, or says of itself that it works."""
        self.wait_for(lambda: self._is_ready(name), f"{name} to be ready", READY_SECONDS)

    def _is_ready(self, name: Name) -> bool:
        try:
            health = httpx.get(f"{self.home.url}/api/v2/monitor/health", timeout=10).json()
        except (httpx.TransportError, ValueError):  # not there yet
            return False
        if name == "api-server":
            if not self.client.has_token:
                self.client.log_in(USER, self.home.password)
            return bool(health["metadatabase"]["status"] == "healthy")
        key = name.replace("-", "_")
        last = (health.get(key) or {}).get(f"latest_{key}_heartbeat")
        # A heartbeat of the one that was killed says nothing of the one that was started
        return bool(last and _seconds(last) > self.components[name].started_at)

    def check(self) -> None:
        """ServerError if a component ended that nobody told to."""
        for component in self.components.values():
            component.check()

    def wait_for(
        self, found: Callable[[], Found], what: str, timeout_seconds: float = 60.0
    ) -> Found:
        """The first true answer of `found`; fails at once when a component has died."""
        return wait_until(found, what, timeout_seconds=timeout_seconds, check=self.check)

    def kill(
        self, name: Name, number: signal.Signals = signal.SIGKILL, *, with_children: bool = True
    ) -> None:
        """As if its host were lost; `with_children=False`: as if it alone were."""
        self.components[name].kill(number, with_children=with_children)

    def end(self, name: Name) -> None:
        """As an orderly restart ends it: SIGTERM to its first process."""
        self.kill(name, signal.SIGTERM, with_children=False)

    def stop(self) -> None:
        """Kills every component that runs; the end of `running` does it too."""
        for component in self.components.values():
            if component.is_running:
                component.kill(signal.SIGKILL, with_children=True)

    def usage(self, name: Name) -> Usage:
        """Processor time and memory of a component with all its children."""
        return self.components[name].usage()

    def log(self, name: Name) -> str:
        """What a component has printed, over all its starts."""
        return self.components[name].text()

    def task_pids(self, dag_id: str, run_id: str, task_id: str) -> TaskPids:
        """Of a running task, once its process is known. ServerError if it does not run."""
        pid = self.client.task_instance(dag_id, run_id, task_id)["pid"]
        try:
            supervisor = psutil.Process(pid).parent() if pid else None
        except psutil.NoSuchProcess:
            supervisor = None
        if supervisor is None:
            raise ServerError(f"{dag_id}/{task_id} of {run_id} has no process now")
        return TaskPids(runner=pid, supervisor=supervisor.pid)

    def kill_task(self, dag_id: str, run_id: str, task_id: str) -> None:
        """SIGKILL to supervisor and runner of a running task, as if their host were lost."""
        pids = self.task_pids(dag_id, run_id, task_id)
        for pid in (pids.supervisor, pids.runner):  # in this order nobody can report the end
            psutil.Process(pid).send_signal(signal.SIGKILL)

    def command(self, *words: str) -> str:
        """What a command of Airflow prints, e.g. `command("dags", "list")`."""
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *words],
            env=self.environment, cwd=self.home.folder, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise ServerError(f"airflow {' '.join(words)} ended with {done.returncode}:\n"
                              f"{tail(done.stdout + done.stderr)}")  # fmt: skip
        return done.stdout

    def add_suite(
        self, source: Path | str, name: str | None = None, *, paused: bool = False
    ) -> str:
        """Puts a suite into the suites' folder and waits for its DAG; returns the DAG's id.

        Args:
            source: A file, or the text of one.
            name: Of the file without `.yaml`; a text must have one.
            paused: Leave the DAG paused, as Airflow makes it.
        """
        if name is None and not isinstance(source, Path):
            raise ValueError("a suite given as text needs a name")
        name = name or Path(source).stem
        part = self.suites / f"{name}.part"
        part.write_text(source.read_text() if isinstance(source, Path) else source)
        part.rename(part.with_suffix(".yaml"))  # the DAG processor never sees half of it
        dag_id = dag_id_of(name)
        self.parse(dag_id)
        if not paused:
            self.client.unpause(dag_id)
        return dag_id

    def parse(self, dag_id: str) -> None:
        """Has the suites' DAG file parsed now, and waits until the DAG was."""
        # Where the DAG is there already, the first parse may have begun before its file was changed
        for _ in range(1 if self._parsed_at(dag_id) is None else 2):
            self._parse_once(dag_id)

    def _parse_once(self, dag_id: str) -> None:
        before = self._parsed_at(dag_id)
        self.client.ask_to_parse(self.home.file_token(SUITES_FILE))
        self.wait_for(
            lambda: self._parsed_at(dag_id) != before,
            f"the DAG {dag_id} to be parsed",
            PARSE_SECONDS,
        )

    def _parsed_at(self, dag_id: str) -> str | None:
        if errors := self.client.import_errors():
            raise ServerError("Airflow cannot load its DAG files:\n" + "\n".join(errors.values()))
        try:
            return str(self.client.dag(dag_id)["last_parsed_time"])
        except RestError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise


@contextmanager
def running(
    folder: Path,
    suites: Path,
    *,
    cluster: Cluster | None,
    dags: Path = REPOSITORY / "dags",
    extra: Mapping[str, str] | None = None,
) -> Iterator[Servers]:
    """A whole Airflow for the time of a block.

    Args:
        folder: Becomes its home; must not exist yet.
        suites: Where its suites lie; tests may add to them.
        cluster: Where it gets a database; None: SQLite, in its home.
        dags: Its DAG files.
        extra: Environment of all components, e.g. the sandbox's, and any `AIRFLOW__…` to change.
    """
    home = Home(folder, free_port())
    home.make()
    began = time.monotonic()
    with guarded(folder) as mark:
        said = dict(extra or {}) | mark

        def complete(url: str) -> dict[str, str]:
            return environment(home, url, dags=dags, suites=suites, extra=said)

        with database(home, cluster, complete) as url:
            servers = Servers(home, suites, complete(url))
            with closing(servers.client):
                servers.start()
                servers.start_seconds = time.monotonic() - began
                yield servers
    for component in servers.components.values():
        component.forget()


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
