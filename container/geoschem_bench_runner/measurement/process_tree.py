"""A process and everything it started, found in /proc."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")
GONE = (FileNotFoundError, ProcessLookupError, NotADirectoryError)


def tree(root: int) -> list[int]:
    """Process ids of `root` and all its living descendants."""
    parents = None if lists_children() else _parents()
    found, waiting = list[int](), [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        if parents is None:
            waiting += _children(pid)
        else:
            waiting += [child for child, parent in parents.items() if parent == pid]
    return found


def lists_children() -> bool:
    """Whether the kernel was built to list the children of a process (most are)."""
    return (PROC / "thread-self" / "children").exists()


def _children(pid: int) -> list[int]:
    """Children of all threads of a process; none where it has ended meanwhile."""
    found: list[int] = []
    try:
        for task in (PROC / str(pid) / "task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    except GONE:
        pass
    return found


def _parents() -> dict[int, int]:
    """Every process with its parent: slower, but any kernel knows it."""
    found = {}
    for folder in PROC.iterdir() if PROC.is_dir() else ():
        if folder.name.isdecimal():
            try:
                # the name in brackets may hold spaces and brackets of its own
                state = (folder / "stat").read_text().rpartition(")")[2].split()
            except GONE:
                continue
            found[int(folder.name)] = int(state[1])
    return found
