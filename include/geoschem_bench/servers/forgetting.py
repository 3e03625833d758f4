"""Taking everything away that the servers have kept."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from geoschem_bench.errors import ServerError
from geoschem_bench.servers.at_work import all_marked
from geoschem_bench.servers.folders import Folders


def holdings(state: Path) -> list[tuple[str, int]]:
    """What would go: a description and its size in bytes; nothing where there is nothing."""
    folders = Folders.of(state)
    folders.check()
    named = (
        ("the database with the history of all runs", [folders.postgres, *_sqlite(folders)]),
        ("the logs of tasks", [folders.airflow / "logs"]),
        ("the logs of servers", [folders.log("any").parent]),
        ("login and keys", [folders.login_file, folders.keys_file]),
    )
    sized = [(words, sum(_size(path) for path in paths)) for words, paths in named]
    return [(words, size) for words, size in sized if size]


def forget(state: Path) -> None:
    """Removes it, within `at_work`. ServerError while something of it runs: `down` ends that."""
    folders = Folders.of(state)
    folders.check()
    if all_marked(folders):
        raise ServerError(f"{folders.root}: its servers run; end them: geoschem-bench ui down")
    for path in folders.root.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != folders.lock_file:
            path.unlink()
    folders.lock_file.unlink()  # last: from now on another command may be at work here
    with suppress(OSError):
        folders.root.rmdir()


def _sqlite(folders: Folders) -> list[Path]:
    return list(folders.airflow.glob("*.db*"))


def _size(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    total = 0
    for file in files:
        with suppress(OSError):  # gone meanwhile
            total += file.stat().st_size if file.is_file() else 0
    return total
