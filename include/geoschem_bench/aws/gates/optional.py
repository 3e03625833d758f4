"""Questions that we may not be allowed to ask: then nobody can tell, and the jobs will show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from geoschem_bench.aws.refusals import action_of, is_denied

Answer = TypeVar("Answer")


def if_allowed(ask: Callable[[], Answer], notes: list[str]) -> Answer | None:
    """The answer; None, and a note, where we may not ask."""
    try:
        return ask()
    except ClientError as error:
        if not is_denied(error):
            raise
        notes.append(f"not looked at, because {action_of(error)} is not allowed")
        return None


def with_notes(message: str, notes: list[str]) -> str:
    """One line of both."""
    return "; ".join([message, *dict.fromkeys(notes)])
