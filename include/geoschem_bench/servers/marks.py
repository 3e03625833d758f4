"""Processes that carry a mark in their environment, which every child inherits.

Whatever was started with it is found by it, without any file that could be stale or half-written,
and nothing of others is ever hit.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress

import psutil

_PAUSE_SECONDS = 0.05
_LOOKS = 2
"""Before "none" is believed: a process shows no mark for a moment of its start."""


def lives(process: psutil.Process) -> bool:
    """Whether it runs; a dead one of which nobody has taken note does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def has_mark(process: psutil.Process, name: str, value: str) -> bool:
    """Whether the variable of that name says so in its environment."""
    try:
        return bool(process.environ().get(name) == value)
    except (psutil.Error, OSError):  # gone, or another person's
        return False


def marked(name: str, value: str) -> list[psutil.Process]:
    """Living processes with this mark, and their children; never the one that asks."""
    found = {each.pid: each for each in psutil.process_iter() if has_mark(each, name, value)}
    found.pop(os.getpid(), None)
    for process in list(found.values()):
        with suppress(psutil.NoSuchProcess):
            found |= {child.pid: child for child in process.children(recursive=True)}
    found.pop(os.getpid(), None)
    return [process for process in found.values() if lives(process)]


def send(process: psutil.Process, number: signal.Signals) -> None:
    """A signal, to that very process or to nobody."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def end(
    living: Callable[[], Collection[psutil.Process]],
    first: signal.Signals,
    patience_seconds: float,
) -> int:
    """Ends all that `living` finds, also what comes meanwhile; returns how many they were.

    Args:
        living: Asked until it finds nothing.
        first: Sent once to each; after the patience it is SIGKILL, again and again.
        patience_seconds: How long they may take to end in order.
    """
    to_send, deadline = first, time.monotonic() + patience_seconds
    told: set[psutil.Process] = set()
    looks_without_any = 0
    while looks_without_any < _LOOKS:
        found = living()
        looks_without_any = 0 if found else looks_without_any + 1
        if time.monotonic() > deadline:
            to_send = signal.SIGKILL
        for process in found:
            if process not in told or to_send == signal.SIGKILL:
                told.add(process)
                send(process, to_send)
        time.sleep(_PAUSE_SECONDS)
    return len(told)
