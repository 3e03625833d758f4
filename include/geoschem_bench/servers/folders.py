"""Where the servers keep what they have: `<state>/ui`, for its owner alone."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from geoschem_bench.errors import SettingsError

MARK = "GEOSCHEM_BENCH_UI"
"""In the environment of every process of these servers: the path of their folder."""


@dataclass(frozen=True)
class Folders:
    """What is where."""

    root: Path

    @classmethod
    def of(cls, state: Path) -> Folders:
        """The folders of a state directory such as `.geoschem-bench`."""
        return cls(state.resolve() / "ui")

    @property
    def mark(self) -> dict[str, str]:
        """What every process gets into its environment."""
        return {MARK: str(self.root)}

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME, with the tasks' logs."""
        return self.root / "airflow"

    @property
    def sqlite(self) -> Path:
        """The database, where there is no PostgreSQL."""
        return self.airflow / "airflow.db"

    @property
    def postgres(self) -> Path:
        """Of PostgreSQL's account, where root started it."""
        return self.root / "postgres"

    @property
    def cluster(self) -> Path:
        """There once it was initialised whole."""
        return self.postgres / "data"

    @property
    def keys_file(self) -> Path:
        """Secrets, made once."""
        return self.root / "keys.json"

    @property
    def login_file(self) -> Path:
        """User → password, as Airflow reads it."""
        return self.root / "login.json"

    @property
    def choices_file(self) -> Path:
        """What is to stay the same: ports, Airflow's version, what they talk to."""
        return self.root / "choices.json"

    @property
    def lock_file(self) -> Path:
        """Held by the command that is at work."""
        return self.root / "at-work.lock"

    def record(self, name: str) -> Path:
        """Which process a component is."""
        return self.root / "processes" / f"{name}.json"

    def log(self, name: str) -> Path:
        """What a component printed, over all its starts."""
        return self.root / "logs" / f"{name}.log"

    def make(self) -> None:
        """Makes them.

        Raises:
            SettingsError: they are another person's, or may not be made.
        """
        self.check()
        with _explained(self.root):
            self.root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.mkdir(mode=0o700, exist_ok=True)
            for folder in (self.airflow, self.log("any").parent, self.record("any").parent):
                folder.mkdir(mode=0o700, exist_ok=True)
            self.lock_file.touch()
            self.lock_file.chmod(0o600)

    def check(self) -> None:
        """SettingsError where what is there is another person's, or no folder."""
        with _explained(self.root):
            if not self.root.exists():
                return
            owner = self.root.stat().st_uid
        if not self.root.is_dir():
            raise SettingsError(f"{self.root} is no folder; remove it, or {_ELSEWHERE}")
        if owner != os.geteuid():
            raise SettingsError(
                f"{self.root} is of {user_name(owner)}, and you are {user_name(os.geteuid())}; "
                f"run this as {user_name(owner)}, or {_ELSEWHERE}"
            )


_ELSEWHERE = "name another folder for the state: export GEOSCHEM_BENCH_STATE=…"


class _explained:  # noqa: N801 - reads as a statement
    """Turns what the system says of a folder into what a person can do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise SettingsError(
                f"{error.filename or self.folder}: {error.strerror}; make it writable, or "
                f"{_ELSEWHERE}"
            ) from error


def user_name(number: int) -> str:
    """Of a user; the number where the system has no name."""
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return f"user {number}"
