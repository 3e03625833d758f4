"""How an attempt's command is run: as a process of this computer, or in a container."""

from geoschem_bench.sandbox.batch.launchers.base import (
    OUTPUT,
    CannotStartError,
    Launcher,
    LostError,
    Running,
    Task,
    scratch_folder,
)
from geoschem_bench.sandbox.batch.launchers.choice import launcher_of

__all__ = [
    "OUTPUT",
    "CannotStartError",
    "Launcher",
    "LostError",
    "Running",
    "Task",
    "launcher_of",
    "scratch_folder",
]
