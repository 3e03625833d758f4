"""What the servers of `ui` talk to: AWS where this folder is connected to it, else the sandbox."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from geoschem_bench.cli.connection import (
    check_answers,
    foreign_settings,
    kept_marker,
    sandbox_queues,
    sandbox_region,
    use_connection,
)
from geoschem_bench.errors import NotFoundError
from geoschem_bench.wiring import Settings, read_settings, routes_of, state_folder, suites_folder

if TYPE_CHECKING:
    from geoschem_bench.servers import Status

_PATHS = ("GEOSCHEM_BENCH_CATALOG", "GEOSCHEM_BENCH_PRICES", "AWS_CONFIG_FILE",
          "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE")  # fmt: skip
SANDBOX = "the sandbox of this folder"
"""What servers talk to whose runs cost nothing, in words."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """Where the jobs of runs go."""

    words: str
    """For a person."""
    costs: str
    """What a run there costs, in words."""
    environment: Mapping[str, str] = field(repr=False)
    """For the servers, with absolute paths."""


@contextmanager
def target(step: Tell) -> Iterator[Target]:
    """AWS or the sandbox; a sandbox that it started is ended if the block fails.

    To be called within the servers' `at_work`: which command started it is known there alone.
    """
    use_connection()
    state = state_folder()
    if os.environ.get("GEOSCHEM_BENCH_BUCKET") and not _is_our_sandbox(state):
        yield _aws(step)
        return
    with _sandbox(state, step) as chosen:
        yield chosen


def end_sandbox(state: Path, step: Tell) -> bool:
    """Stops the sandbox if `ui up` started it and no command uses it. Whether it was running."""
    marker = _started_by_ui(state)
    if not marker.exists():
        return False
    kept_marker(state).unlink(missing_ok=True)
    ran = _end_unless_used(state, step)
    marker.unlink(missing_ok=True)
    return ran


def _end_unless_used(state: Path, step: Tell) -> bool:
    """Whether it was running and no command uses it."""
    from geoschem_bench import sandbox

    with (state / "sandbox-users.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            step("The sandbox runs on: a command uses it, and it ends with that")
            return False
        step("Ending the sandbox")
        return sandbox.down(state)


def with_sandbox(found: Status | None, state: Path) -> Status | None:
    """The servers' status, and that of the sandbox where their jobs go to it."""
    if found is None or found.talks_to != SANDBOX:
        return found
    from geoschem_bench import sandbox
    from geoschem_bench.servers import ComponentStatus

    running = sandbox.status(state)
    box = ComponentStatus(
        name="sandbox",
        state="works" if running else "stopped",
        pid=running.pid if running else None,
        log=sandbox_log(state),
    )
    return replace(found, components=(*found.components, box))


def sandbox_log(state: Path) -> Path:
    """What the sandbox printed."""
    return (state / "sandbox" / "server.log").resolve()


def _started_by_ui(state: Path) -> Path:
    from geoschem_bench.servers import Folders

    return Folders.of(state).root / "started-sandbox"


def _is_our_sandbox(state: Path) -> bool:
    """Whether the shell has the environment of this folder's own sandbox, and no stack's."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        return False
    from geoschem_bench import sandbox

    running = sandbox.status(state)
    named = (endpoint, os.environ.get("GEOSCHEM_BENCH_BUCKET"))
    return running is not None and named == (running.endpoint_url, running.bucket)


def _aws(step: Tell) -> Target:
    settings = read_settings()
    routes_of()  # a mistake in them is told before anything starts
    check_answers(settings.endpoint_url)
    _check_credentials(settings, step)
    where = f"bucket {settings.bucket} in {settings.region}"
    names = ["AWS_", "GEOSCHEM_BENCH_"]
    if settings.aws_conn_id:
        names.append(f"AIRFLOW_CONN_{settings.aws_conn_id.upper()}")
    given = {name: value for name, value in os.environ.items() if name.startswith(tuple(names))}
    costs = "a stand-in for AWS" if settings.endpoint_url else "AWS: runs cost money"
    return Target(where, costs, given | _places())


def _check_credentials(settings: Settings, step: Tell) -> None:
    """AccessError where AWS does not let us in: said at once, not by every task."""
    if settings.endpoint_url or settings.aws_conn_id:
        return
    from geoschem_bench.aws.account import Account

    step("Asking AWS who we are")
    Account(settings.region).identity()


@contextmanager
def _sandbox(state: Path, step: Tell) -> Iterator[Target]:
    from geoschem_bench import sandbox
    from geoschem_bench.servers import Folders

    places = _places()
    Folders.of(state).make()
    was_kept, was_running = kept_marker(state).exists(), sandbox.status(state) is not None
    if not was_kept:
        _started_by_ui(state).touch(mode=0o600)
    try:
        step("Starting the sandbox" if not was_running else "Asking the sandbox")
        running = sandbox.up(state, region=sandbox_region(), queues=sandbox_queues())
        kept_marker(state).touch()
        hidden = {*foreign_settings(), "GEOSCHEM_BENCH_BUCKET", "GEOSCHEM_BENCH_TABLE"}
        given = {name: value for name, value in os.environ.items()
                 if name.startswith("GEOSCHEM_BENCH_") and name not in hidden}  # fmt: skip
        yield Target(SANDBOX, "runs cost nothing", given | running.environment() | places)
    except BaseException:
        if not was_kept:
            kept_marker(state).unlink(missing_ok=True)
            _started_by_ui(state).unlink(missing_ok=True)
        if not was_running:
            with suppress(Exception):  # what came first is what is told
                _end_unless_used(state, step)
        raise


def _places() -> dict[str, str]:
    """Folders and files that the environment names, as the servers' folder is another one."""
    suites = suites_folder().resolve()
    if not suites.is_dir():
        raise NotFoundError(f"GEOSCHEM_BENCH_SUITES: there is no folder {suites}; run this in a "
                            "checkout, or name the folder of your suites")  # fmt: skip
    named = {name: str(Path(os.environ[name]).resolve()) for name in _PATHS if os.environ.get(name)}
    return named | {
        "GEOSCHEM_BENCH_SUITES": str(suites),
        "GEOSCHEM_BENCH_STATE": str(state_folder().resolve()),
    }
