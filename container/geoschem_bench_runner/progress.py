"""The run's log: each line goes out at once, for CloudWatch, and is kept for `run.log`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime


class Progress:
    """Collects lines and echoes them."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def say(self, text: str) -> None:
        """A line of progress, on standard output."""
        self._add(text)
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def complain(self, text: str) -> None:
        """A failure, on standard error."""
        self._add(text)
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def as_bytes(self) -> bytes:
        """The whole log so far, each line with its time (UTC)."""
        return ("\n".join(self._lines) + "\n").encode()

    def _add(self, text: str) -> None:
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._lines += [f"{stamp} {line}" for line in text.splitlines() or [""]]
