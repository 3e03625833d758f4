"""AWS or the sandbox: what the commands of this program talk to."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from geoschem_bench.catalog import load_catalog
from geoschem_bench.cli.console import say
from geoschem_bench.errors import NotFoundError, SettingsError, UserError
from geoschem_bench.planning import plan_suite
from geoschem_bench.selection import Stores
from geoschem_bench.suite import load_suite
from geoschem_bench.suite.names import likeliest
from geoschem_bench.wiring import (
    Settings,
    object_store,
    read_settings,
    region_of,
    results_store,
    state_folder,
    suites_folder,
)
from geoschem_bench.wiring.connection import Connection, read_connection

if TYPE_CHECKING:
    from geoschem_bench.sandbox import Sandbox


def find_suite(name: str) -> Path:
    """A path as it is, or the suite of that name in the suites' folder."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        return path
    folder = suites_folder()
    known = [found.stem for found in sorted(folder.glob("*.yaml"))]
    if name not in known:
        raise NotFoundError(
            f"no suite '{name}' in {folder}{likeliest(name, known)}; there are: {', '.join(known)}"
        )
    return folder / f"{name}.yaml"


@contextmanager
def connected(*suites: Path) -> Iterator[Settings]:
    """Settings of AWS where a bucket or a connection is, else of the sandbox of this folder.

    A sandbox that was not running is started, and stopped at the end; its state stays on disk.

    Args:
        suites: Whose queues the sandbox must have, besides those of the suites' folder.
    """
    use_connection()
    if os.environ.get("GEOSCHEM_BENCH_BUCKET"):
        settings = read_settings()
        check_answers(settings.endpoint_url)
        yield settings
        return
    with _sandbox_in_use(state_folder(), *suites) as running:
        where = f"{running.endpoint_url}, stored in {state_folder()}"
        say(f"Sandbox at {where} (GEOSCHEM_BENCH_BUCKET is not set)")
        _forget_other_accounts()
        os.environ.update(running.environment())
        yield read_settings()


def use_connection() -> Connection | None:
    """The stack that `stack connect` wrote down; its environment is set where nothing is.

    A bucket that the environment names wins. A stack of the sandbox is for a shell that has the
    sandbox's environment: only that has its key.
    """
    connection = read_connection(state_folder())
    if connection is None:
        return None
    named = os.environ.get("GEOSCHEM_BENCH_BUCKET")
    if named and named != connection.environment.get("GEOSCHEM_BENCH_BUCKET"):
        return None
    if named:
        return connection
    if not connection.is_reached_from(os.environ):
        return None
    connection.check_region(os.environ)
    connection.apply()
    say(f"Connected to {connection.title} in {connection.region} (forget it: geoschem-bench stack "
        "disconnect)")  # fmt: skip
    return connection


class LazyStores:
    """The stores, connected when first asked for: who compares two files needs no sandbox."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._stores: Stores | None = None

    def __call__(self) -> Stores:
        """The same ones every time."""
        if self._stores is None:
            settings = self._stack.enter_context(connected())
            objects, results = object_store(settings), results_store(settings)
            self._stores = Stores(settings.bucket, objects, results)
        return self._stores


@contextmanager
def lazy_stores() -> Iterator[LazyStores]:
    """For `selection.choose`; what was connected is let go at the end."""
    with ExitStack() as stack:
        yield LazyStores(stack)


@contextmanager
def _sandbox_in_use(state: Path, *suites: Path) -> Iterator[Sandbox]:
    """A running sandbox; the last command that uses it stops it, unless `sandbox up` asked for it.

    Each user holds a shared lock, so that one run does not end another's jobs.
    """
    # Heavy (moto), and not needed on AWS
    from geoschem_bench import sandbox

    state.mkdir(parents=True, exist_ok=True)
    with (state / "sandbox-users.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            yield sandbox.up(state, region=sandbox_region(), queues=sandbox_queues(*suites))
        finally:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not kept_marker(state).exists():
                    sandbox.down(state)


def kept_marker(state: Path) -> Path:
    """There while `sandbox up` wants it to run on."""
    return state / "sandbox-kept"


def check_answers(endpoint_url: str | None) -> None:
    """An environment that outlived its sandbox: say so at once, not after a minute of tries."""
    url = urlsplit(endpoint_url or "")
    if url.hostname not in ("127.0.0.1", "localhost"):
        return
    try:
        socket.create_connection((url.hostname, url.port or 80), timeout=2).close()
    except OSError as error:
        raise SettingsError(
            f"nobody answers at AWS_ENDPOINT_URL={endpoint_url}; start the sandbox and "
            'take its environment: eval "$(geoschem-bench sandbox up --env)", or unset '
            "AWS_ENDPOINT_URL and GEOSCHEM_BENCH_BUCKET"
        ) from error


def sandbox_region() -> str:
    """The region that the sandbox stands for. SettingsError where there is none of that name."""
    regions = {region for instance in load_catalog() for region in instance.regions}
    if region_of() not in regions:
        raise SettingsError(f"AWS_DEFAULT_REGION is '{region_of()}', no region of AWS"
                            f"{likeliest(region_of(), regions)}")  # fmt: skip
    return region_of()


def _forget_other_accounts() -> None:
    """What the person's shell says of AWS must not reach past the sandbox."""
    for name in foreign_settings():
        del os.environ[name]


def foreign_settings() -> list[str]:
    """Variables that are set and would lead out of the sandbox, or to queues it has not."""
    names = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "GEOSCHEM_BENCH_QUEUES",
             "GEOSCHEM_BENCH_JOB_DEFINITIONS", "GEOSCHEM_BENCH_TOPIC")  # fmt: skip
    return [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL") or name in names]


def sandbox_queues(*suites: Path) -> set[str]:
    """Queues of every suite that can be read."""
    queues = set()
    for path in (*suites, *suites_folder().glob("*.yaml")):
        try:
            queues |= {planned.job_queue for planned in plan_suite(load_suite(path))}
        except UserError:
            continue  # a broken file is reported by the command that is given it
    return queues
