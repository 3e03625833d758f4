"""What is struck: an Airflow with PostgreSQL and the sandbox, and who keeps it up between."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from benchmarks.chaos.plan import BENCHMARKS

from geoschem_bench.cli.connection import sandbox_queues
from geoschem_bench.sandbox import Behaviour, Sandbox, down, up
from geoschem_bench.suite import dag_id_of
from tests.orchestration.jobs import suite_of
from tests.servers import airflow, postgres, restarts
from tests.servers.airflow import Servers
from tests.servers.components import Name
from tests.servers.guard import guarded
from tests.servers.postgres import Cluster
from tests.servers.rest import Client

BEHAVIOUR = Behaviour(concurrent_jobs=8, stop_seconds=2)
IDS = tuple(f"B-{number:02d}" for number in range(BENCHMARKS))
_KEEPER_SECONDS = 0.5


@dataclass(frozen=True)
class Run:
    """A run that goes on."""

    dag_id: str
    run_id: str


class Ground:
    """All that runs, and how it is struck and set up again."""

    def __init__(self, servers: Servers, sandbox: Sandbox, cluster: Cluster | None) -> None:
        self.servers = servers
        self.sandbox = sandbox
        self.cluster = cluster
        self.client = Client(servers.home.url)
        self.client.log_in("tester", servers.home.password)
        self.said: list[str] = []
        """What happened, with its moment."""
        self.began = time.monotonic()
        self.fell: list[str] = []
        """Components that ended by themselves, and were started again."""
        self.wishes: list[tuple[Run, str, str | None]] = []
        """What a person has asked for by REST: a task's new state; None: cleared."""
        self.over = threading.Event()
        """The runs that were to be struck have ended."""
        self.orphans: list[psutil.Process] = []
        """Workers whose scheduler alone was killed; they wait for work for ever."""
        self._held: set[str] = set()
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """One line, on the screen and in the log of the round."""
        line = f"{time.monotonic() - self.began:6.1f}  {text}"
        self.said.append(line)
        print(line, flush=True)

    @contextmanager
    def holding(self, name: str) -> Iterator[bool]:
        """Whether this part is ours alone for the block; no: another fault has it down."""
        with self._lock:
            is_free = name not in self._held
            self._held.add(name)
        try:
            yield is_free
        finally:
            if is_free:
                self._held.discard(name)

    def restart_sandbox(self, *, orderly: bool, down_seconds: float) -> None:
        """Ended and started with the same state."""
        if orderly:
            down(self.sandbox.state_dir)
        else:
            os.kill(self.sandbox.pid, 9)
        time.sleep(down_seconds)
        self.sandbox = up(self.sandbox.state_dir, behaviour=BEHAVIOUR)

    def keep_up(self, ending: threading.Event) -> None:
        """Starts again what ended by itself, as an installation's supervisor does."""
        while not ending.wait(_KEEPER_SECONDS):
            for name, component in self.servers.components.items():
                with self.holding(name) as is_ours:
                    if is_ours and not component.is_running:
                        self.fell.append(name)
                        self.say(f"{name} has ended by itself; started again")
                        component.start(self.servers.environment)

    def bring_up(self, name: Name) -> None:
        """Starts a component, without waiting for it."""
        self.servers.components[name].start(self.servers.environment)


@contextmanager
def ground(
    folder: Path, runs: int, benchmarks: int = BENCHMARKS, **header: str
) -> Iterator[Ground]:
    """Everything up, with a suite for each of the runs that go on at once.

    Args:
        folder: For all state and logs; must be empty.
        runs: How many at once.
        benchmarks: Of each suite.
        header: More of the suites' own block.
    """
    suites = folder / "suites"
    suites.mkdir()
    for number in range(runs):
        (suites / f"chaos_{number}.yaml").write_text(suite_text(benchmarks, **header))
    before = dict(os.environ)
    state = folder / "state"
    with guarded(state) as mark, postgres.running() as cluster:
        os.environ.update(mark)
        try:
            restarts.prepare(cluster)
            sandbox = up(state, queues=sandbox_queues(*suites.glob("*.yaml")), behaviour=BEHAVIOUR)
            with airflow.running(
                folder / "home", suites, cluster=cluster, extra=sandbox.environment()
            ) as servers:
                here = Ground(servers, sandbox, cluster)
                with closing(here.client):
                    yield _ready(here, runs)
        finally:
            down(state)
            os.environ.clear()
            os.environ.update(before)


def suite_text(benchmarks: int = BENCHMARKS, **header: str) -> str:
    """A suite of so many short benchmarks of the proxy."""
    return suite_of(IDS[:benchmarks], **header)


def dag_id(number: int) -> str:
    """Of the suite of one of the runs at once."""
    return dag_id_of(f"chaos_{number}")


def _ready(ground: Ground, runs: int) -> Ground:
    for number in range(runs):
        ground.servers.parse(dag_id(number))
        ground.client.unpause(dag_id(number))
    return ground


def keep_logs(ground: Ground, to: Path) -> None:
    """What explains a violation, where it outlives the draw."""
    home, state = ground.servers.home.folder, ground.sandbox.state_dir / "sandbox"
    shutil.copytree(home / "logs", to / "logs", dirs_exist_ok=True)
    shutil.copytree(home / "components", to / "components", dirs_exist_ok=True)
    shutil.copytree(state / "batch" / "jobs", to / "jobs", dirs_exist_ok=True)
    shutil.copytree(state / "logs", to / "job-logs", dirs_exist_ok=True)
    shutil.copy(state / "server.log", to / "sandbox.log")
