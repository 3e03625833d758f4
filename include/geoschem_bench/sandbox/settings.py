"""What the sandbox is told when it starts, and the names under which everybody finds its parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geoschem_bench.planning.placement import DEFAULT_ENVIRONMENTS
from geoschem_bench.wiring.settings import DEFAULT_TABLE

HOST = "127.0.0.1"
DEFAULT_BUCKET = "geos-chem-benchmarks-sandbox"
TABLE = DEFAULT_TABLE
"""The sandbox has one table; GEOSCHEM_BENCH_TABLE names another installation's."""
DEFAULT_QUEUES = tuple(
    f"{environment}{spot}-queue"
    for environment in DEFAULT_ENVIRONMENTS.values()
    for spot in ("", "-spot")
)
LOG_GROUP = "/aws/batch/job"
STATUS_PATH = "/_sandbox/status"
FAULTS_PATH = "/_sandbox/faults"
CALLS_PATH = "/_sandbox/calls"
CONTROL_PATHS = (FAULTS_PATH, CALLS_PATH)
"""Unlike the status they need the key."""
LauncherName = Literal["process", "container"]


@dataclass(frozen=True)
class Behaviour:
    """Where the sandbox may differ from AWS, for those who cannot wait (tests)."""

    concurrent_jobs: int = 1
    """One at a time, or benchmarks would measure each other."""
    stop_seconds: float = 10.0
    """Between SIGTERM and SIGKILL. AWS gives 30."""
    minimum_timeout_seconds: int = 60
    """The shortest `attemptDurationSeconds` accepted. AWS refuses less than 60."""
    launcher: LauncherName = "process"
    """What a job is: a process of this computer, or a container of the image that it names."""


@dataclass(frozen=True)
class Folders:
    """The plain files of the state, below `<state_dir>/sandbox`."""

    root: Path

    @classmethod
    def of(cls, state_dir: Path) -> Folders:
        """The folders of a state directory such as `.geoschem-bench`."""
        return cls(state_dir.resolve() / "sandbox")

    def make(self) -> None:
        """Makes them, for their owner alone.

        A state directory that was there may hold other things that others read, so only what we
        make ourselves is closed; `root`, which holds the key, always.
        """
        self.root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.mkdir(mode=0o700, exist_ok=True)
        self.root.chmod(0o700)

    @property
    def server_file(self) -> Path:
        """Who serves this state and where."""
        return self.root / "server.json"

    @property
    def credentials_file(self) -> Path:
        """The key that the sandbox's callers must have."""
        return self.root / "credentials.json"

    @property
    def launcher_file(self) -> Path:
        """There while jobs run otherwise than they usually do."""
        return self.root / "launcher.json"

    @property
    def faults_file(self) -> Path:
        """The faults that are set; gone with `down`."""
        return self.root / "faults.json"

    @property
    def quotas_file(self) -> Path:
        """Service quotas, where they are not generous."""
        return self.root / "quotas.json"

    @property
    def server_log(self) -> Path:
        """What the server's process printed."""
        return self.root / "server.log"

    @property
    def batch(self) -> Path:
        """Environments, queues, definitions and jobs."""
        return self.root / "batch"

    @property
    def logs(self) -> Path:
        """Log events: one file per stream."""
        return self.root / "logs"

    @property
    def scratch(self) -> Path:
        """Working directories and raw output of jobs that run now; at a start the others' go."""
        return self.root / "scratch"
