"""AWS or the sandbox: what the commands of this program talk to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geoschem_bench.cli.console import say
from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import load_suite
from geoschem_bench.suite.names import likeliest
from geoschem_bench.wiring import Settings, read_settings, region_of, state_folder, suites_folder


def find_suite(name: str) -> Path:
    """A path as it is, or the suite of that name in the suites' folder."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.exists():
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
    """Settings of AWS where a bucket is named, else of the sandbox of this folder.

    A sandbox that was not running is started, and stopped at the end; its state stays on disk.

    Args:
        suites: Whose queues the sandbox must have, besides those of the suites' folder.
    """
    if os.environ.get("GEOSCHEM_BENCH_BUCKET"):
        yield read_settings()
        return
    # Heavy (moto), and not needed on AWS
    from geoschem_bench import sandbox

    state = state_folder()
    was_running = sandbox.status(state) is not None
    running = sandbox.up(state, region=region_of(), queues=sandbox_queues(*suites))
    say(f"Sandbox at {running.endpoint_url} (GEOSCHEM_BENCH_BUCKET is not set)")
    os.environ.update(running.environment())
    try:
        yield read_settings()
    finally:
        if not was_running:
            sandbox.down(state)


def sandbox_queues(*suites: Path) -> set[str]:
    """Queues of every suite that can be read."""
    queues = set()
    for path in (*suites, *suites_folder().glob("*.yaml")):
        try:
            queues |= {planned.job_queue for planned in plan_suite(load_suite(path))}
        except UserError:
            continue  # a broken file is reported by the command that is given it
    return queues
