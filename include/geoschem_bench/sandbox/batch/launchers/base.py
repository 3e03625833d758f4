"""What an attempt needs of whoever runs its command."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from geoschem_bench.sandbox.batch.shelf import Document

OUTPUT = "output"
"""The file in an attempt's scratch folder with what it printed, for whoever finds it there."""


class CannotStartError(Exception):
    """The command did not start; the text is AWS's `container.reason`."""

    @classmethod
    def because(cls, error: object) -> CannotStartError:
        """As Batch words it when the image is there and the container does not start."""
        return cls(f"CannotStartContainerError: Error response from daemon: {error}")


class LostError(Exception):
    """Nobody can tell how a command ended, as when its host is lost."""


@dataclass(frozen=True)
class Task:
    """One attempt as a launcher sees it."""

    job_id: str
    name: str
    """Unique to the attempt, and fit to name a container."""
    container: Document
    """AWS's `ContainerDetail`: image, command, resources."""
    vcpus: int
    """As requested."""
    environment: dict[str, str]
    """All that Batch and the job set; what image or computer set comes from the launcher."""
    folder: Path
    """The attempt's own, empty; removed afterwards."""


class Running(Protocol):
    """A command that was started."""

    @property
    def reason(self) -> str | None:
        """AWS's `container.reason`, once `poll` gave the exit code."""

    @property
    def trace(self) -> Document:
        """What `Launcher.adopt` of a later server finds it by."""

    def poll(self) -> int | None:
        """The exit code as Docker reports it, once nothing of the command is left. LostError."""

    def lines(self, *, last: bool = False) -> list[bytes]:
        """What was printed since the last call: whole lines; with `last` all that is there."""

    def stop(self) -> None:
        """Asks the first process to end, as `docker stop` does."""

    def kill(self) -> None:
        """Ends all of it. SandboxError where that is of no use."""

    def close(self) -> None:
        """Lets go, and leaves nothing behind."""


class Launcher(Protocol):
    """Starts commands, and clears away what a killed server left of them."""

    def start(self, task: Task) -> Running:
        """Starts a command. CannotStartError where that is impossible."""

    def adopt(self, folder: Path, job_id: str, trace: Document) -> Running | None:
        """What an earlier server started, with all that it printed from the beginning.

        None where it cannot be found, or where another now goes by its number.
        """

    def clear(self, job_id: str, folder: Path) -> None:
        """Ends what is left of a job. What it printed is then in `folder`, under OUTPUT."""

    def sweep(self, kept: Collection[str] = ()) -> None:
        """Removes what belongs to no running job; these jobs were adopted."""


def scratch_folder(scratch: Path, job_id: str, attempt: int) -> Path:
    """Where an attempt has its working directory and its output."""
    return scratch / f"{job_id}-{attempt}"
