"""A process and everything it started, found in /proc."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def tree(root: int) -> list[int]:
    """Process ids of `root` and all its living descendants."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    """Children of all threads of a process; none where it has ended meanwhile."""
    found: list[int] = []
    try:
        for task in (PROC / str(pid) / "task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return found if (PROC / "self/task").exists() else []
    return found
