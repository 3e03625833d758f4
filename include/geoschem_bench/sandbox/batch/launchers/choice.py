"""From the name of a launcher to the launcher."""

from __future__ import annotations

from geoschem_bench.sandbox.batch.launchers.base import Launcher
from geoschem_bench.sandbox.batch.launchers.process import ProcessLauncher
from geoschem_bench.sandbox.settings import LauncherName


def launcher_of(name: LauncherName, engine: str | None, state: str) -> Launcher:
    """The launcher of this name.

    Args:
        name: As in `Behaviour`.
        engine: Where the container engine answers, for containers.
        state: Marks containers as those of one state, so that others' are left alone.
    """
    if name == "process":
        return ProcessLauncher()
    from geoschem_bench.sandbox.batch.launchers.container import ContainerLauncher
    from geoschem_bench.sandbox.engine import connect, find_engine

    return ContainerLauncher(connect(engine or find_engine()), state)
