"""What the diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from geoschem_bench.errors import Reason


@dataclass(frozen=True)
class Waiting:
    """Why a job waits.

    `in_line`: for others, and they move. `starting`: its instance is being started. `stuck`: it
    will get none as things are.
    """

    kind: Literal["stuck", "in_line", "starting"]
    reason: Reason | None
    """Of the closed list, where it is stuck."""
    message: str
    cure: str | None
    is_of_the_queue: bool = False
    """What holds this job holds every other of its queue as well."""


def in_line(message: str) -> Waiting:
    """Others are before it, and they move."""
    return Waiting("in_line", None, message, None)


def starting(message: str) -> Waiting:
    """Its instance is on the way."""
    return Waiting("starting", None, message, None)


def stuck(reason: Reason, message: str, cure: str, *, of_queue: bool = False) -> Waiting:
    """It gets no instance as things are."""
    return Waiting("stuck", reason, message, cure, of_queue)
