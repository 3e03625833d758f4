"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
_PAUSE_SECONDS = 0.1


def nothing() -> None:
    """No check."""


def wait_until(
    found: Callable[[], Found],
    what: str,
    *,
    timeout_seconds: float,
    check: Callable[[], None] = nothing,
) -> Found:
    """The first thing that is true of what `found` gives.

    Args:
        found: Asked again and again.
        what: Waited for; for the message.
        timeout_seconds: The longest wait.
        check: Called between; raises where waiting on is of no use.

    Raises:
        TimeoutError: Nothing true came in time; says what came last.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        answer = found()
        if answer:
            return answer
        check()
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"waited {timeout_seconds:.0f} s for {what}; the last answer was {answer!r}"
            )
        time.sleep(_PAUSE_SECONDS)
