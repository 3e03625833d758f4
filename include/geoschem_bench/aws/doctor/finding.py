"""What the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is. Only `ok` is good."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """AWS did not say. That is not ok."""
    SKIPPED = "skipped"
    """It rests on another that failed, or means nothing here; the detail says which."""


@dataclass(frozen=True)
class Finding:
    """One check of one thing."""

    check: str
    state: State
    detail: str
    command: str = ""
    """Shows it."""
    cure: str = ""


def ok(check: str, detail: str, command: str = "") -> Finding:
    """All is well."""
    return Finding(check, State.OK, detail, command)


def failed(check: str, detail: str, command: str, cure: str) -> Finding:
    """It cannot work so."""
    return Finding(check, State.FAILED, detail, command, cure)


def unknown(check: str, detail: str, command: str, cure: str) -> Finding:
    """Nobody can tell."""
    return Finding(check, State.UNKNOWN, detail, command, cure)


def skipped(check: str, why: str) -> Finding:
    """Not looked at."""
    return Finding(check, State.SKIPPED, why)
