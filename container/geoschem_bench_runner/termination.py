"""SIGTERM: Batch's word for both "your time is up" and "a person stopped you"."""

from __future__ import annotations

import signal
from types import FrameType

from geoschem_bench.errors import Reason

SIGNALS = (signal.SIGTERM, signal.SIGINT)
MARGIN_SECONDS = 10.0
"""Batch counts from the start of the container, which is some seconds before ours."""
MARGIN_SHARE = 0.1


class TerminatedError(BaseException):
    """The job was told to stop. No `Exception`: no handler of failures shall swallow it."""


def raise_when_told() -> None:
    """From now on a signal raises TerminatedError in the main thread."""
    for number in SIGNALS:
        signal.signal(number, _raise)


def ignore() -> None:
    """From now on signals are let pass: the results are being written."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def reason_after(elapsed_seconds: float, timeout_seconds: int | None) -> Reason:
    """Whose word it was: the clock's if the plan's time has passed, else somebody's."""
    if timeout_seconds is None:
        return Reason.CANCELLED
    margin = min(MARGIN_SECONDS, MARGIN_SHARE * timeout_seconds)
    return Reason.TIMEOUT if elapsed_seconds >= timeout_seconds - margin else Reason.CANCELLED


def _raise(number: int, frame: FrameType | None) -> None:
    ignore()  # a second signal must not interrupt the clearing up after the first
    raise TerminatedError(signal.Signals(number).name)
