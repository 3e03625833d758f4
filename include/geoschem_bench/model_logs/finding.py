"""Which files of a folder may be model logs, judged by name and place."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoschem_bench.errors import LogError, NotFoundError
from geoschem_bench.model_logs.opening import NO_FILE

_LOG = re.compile(r"(?:.+\.log|log\..+|.+\.log\..+|.+\.out|.+\.txt|log)(?:\.gz)?", re.IGNORECASE)
_TIMERS = re.compile(r"gcclassic_timers.*\.json", re.IGNORECASE)
LOOKED_FOR = "*.log, *.log.*, log, log.*, *.out, *.txt, all also as .gz, and gcclassic_timers*.json"
_ALL_PES = re.compile(r"allPEs\.log(?:\.gz)?", re.IGNORECASE)
_COMPANIONS_OF_A_RUN = re.compile(
    r"HEMCO\.log.*|PET\d+\..*|logfile\.\d+\.out.*|warnings_and_errors\.log.*"
    r"|CMake(?:Lists|Cache|Output|Error).*|(?:README|LICENSE|AUTHORS|requirements).*",
    re.IGNORECASE,
)
"""Lie beside the logs, have names like logs and are none."""
_DRY_RUN = re.compile(r"dry.?run", re.IGNORECASE)

Grouped = tuple[str, str | None, str | None]
"""The name of a log, of its timers file and of its `allPEs.log`."""


@dataclass(frozen=True)
class FoundLog:
    """A log, with what lies beside it and belongs to it."""

    path: Path
    timers_json: Path | None = None
    """`gcclassic_timers.json` (GC-Classic from 14.0 on)."""
    all_pes: Path | None = None
    """`allPEs.log` (GCHP: the profile is there from 14.7 on)."""


Listings = dict[Path, dict[Path, FoundLog]]
"""The logs of folders that were listed before, by path."""


def may_be_log(name: str) -> bool:
    """Whether a file of this name (without its folder) may be the log of a run."""
    return bool(
        _LOG.fullmatch(name)
        and not _ALL_PES.fullmatch(name)
        and not _COMPANIONS_OF_A_RUN.fullmatch(name)
    )


def group_logs(names: Iterable[str]) -> list[Grouped]:
    """The logs among files of any folders, each with what belongs to it, in the given order.

    The timers and `allPEs.log` of a folder belong to its log only where there is exactly one
    (dry runs aside): else nobody can tell whose they are. Where there is none, the timers files
    are all that is left of their runs and stand for the logs.

    Args:
        names: Paths or addresses of all files there are, with slashes.
    """
    folders: dict[str, list[str]] = {}
    for name in names:
        folders.setdefault(name.rpartition("/")[0], []).append(name)
    return [log for files in folders.values() for log in _of_folder(files)]


def _of_folder(files: Sequence[str]) -> list[Grouped]:
    names = {file: file.rpartition("/")[2] for file in files}
    timers = [file for file in files if _TIMERS.fullmatch(names[file])]
    all_pes = [file for file in files if _ALL_PES.fullmatch(names[file])]
    logs = [file for file in files if may_be_log(names[file])]
    real = [file for file in logs if not _DRY_RUN.search(names[file])]
    if not real:
        return [(file, None, None) for file in (*logs, *timers)]
    if len(real) > 1:
        return [(file, None, None) for file in logs]
    owner = (real[0], _only(timers), _only(all_pes))
    return [owner if file == real[0] else (file, None, None) for file in logs]


def _only(files: Sequence[str]) -> str | None:
    return files[0] if len(files) == 1 else None


def find_logs(path: Path, listings: Listings | None = None) -> tuple[list[FoundLog], int]:
    """The logs at `path`, and how many other files were passed over.

    A file is itself, whatever its name. A folder is searched with all below it, in order of
    names; linked folders are not entered. What belongs to a log, `group_logs` says.

    Args:
        path: Of a file or folder.
        listings: Filled here; given again it spares listing a folder for each of its files.

    Raises:
        NotFoundError: Nothing is there.
        LogError: It is a pipe or a device.
    """
    if not path.exists():
        raise NotFoundError(f"{path}: there is no such file or folder")
    if not path.is_dir():
        if not path.is_file():
            raise LogError(str(path), NO_FILE)
        known = listings if listings is not None else {}
        if path.parent not in known:
            known[path.parent] = _beside(path)
        return [known[path.parent].get(path) or FoundLog(path)], 0
    files: list[Path] = []
    for folder, _, names in os.walk(path):
        files += (Path(folder, name) for name in names)
    found = _grouped(files)
    taken = sum(1 + (log.timers_json is not None) + (log.all_pes is not None) for log in found)
    return sorted(found, key=lambda log: log.path), len(files) - taken


def _beside(path: Path) -> dict[Path, FoundLog]:
    try:
        return {log.path: log for log in _grouped(path.parent.iterdir())}
    except PermissionError:  # of a folder that may be entered, but not listed
        return {}


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except PermissionError:  # a link into a folder that may not be entered
        return False


def _grouped(files: Iterable[Path]) -> list[FoundLog]:
    there = {str(file): file for file in files if _is_file(file)}
    return [
        FoundLog(there[log], there.get(timers or ""), there.get(all_pes or ""))
        for log, timers, all_pes in group_logs(there)
    ]
