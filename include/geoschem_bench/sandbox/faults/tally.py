"""How often each operation was asked for since the server started."""

from __future__ import annotations

import threading
from collections import Counter


class Tally:
    """A counter that many threads count on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, service: str, operation: str) -> None:
        """One call."""
        with self._lock:
            self._counts[f"{service}:{operation}"] += 1

    def counts(self) -> dict[str, int]:
        """All calls so far, by `service:Operation`."""
        with self._lock:
            return dict(sorted(self._counts.items()))

    def reset(self) -> None:
        """Begins anew."""
        with self._lock:
            self._counts.clear()
