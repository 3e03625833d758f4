"""Which files of a folder may be model logs, judged by name and place."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geoschem_bench.errors import NotFoundError

_LOG = re.compile(r"(?:.+\.log|log\..+|.+\.log\..+|.+\.out|.+\.txt|log)(?:\.gz)?", re.IGNORECASE)
_TIMERS = re.compile(r"gcclassic_timers.*\.json", re.IGNORECASE)
_ALL_PES = re.compile(r"allPEs\.log(?:\.gz)?", re.IGNORECASE)
_COMPANIONS_OF_A_RUN = re.compile(
    r"HEMCO\.log.*|PET\d+\..*|logfile\.\d+\.out.*|warnings_and_errors\.log.*"
    r"|CMake(?:Lists|Cache|Output|Error).*|(?:README|LICENSE|AUTHORS|requirements).*",
    re.IGNORECASE,
)
"""Lie beside the logs, have names like logs and are none."""
_DRY_RUN = re.compile(r"dry.?run", re.IGNORECASE)


@dataclass(frozen=True)
class FoundLog:
    """A log, with what lies beside it and belongs to it."""

    path: Path
    timers_json: Path | None = None
    """`gcclassic_timers.json` (GC-Classic from 14.0 on)."""
    all_pes: Path | None = None
    """`allPEs.log` (GCHP: the profile is there from 14.7 on)."""


def may_be_log(name: str) -> bool:
    """Whether a file of this name (without its folder) may be the log of a run."""
    return bool(
        _LOG.fullmatch(name)
        and not _ALL_PES.fullmatch(name)
        and not _COMPANIONS_OF_A_RUN.fullmatch(name)
    )


def find_logs(path: Path) -> tuple[list[FoundLog], int]:
    """The logs at `path`, and how many other files were passed over.

    A file is itself, whatever its name. A folder is searched with all below it, in order of
    names; linked folders are not entered. The timers and `allPEs.log` of a folder belong to its
    log only where there is exactly one (dry runs aside): else nobody can tell whose they are.

    Raises:
        NotFoundError: Nothing is there.
    """
    if not path.exists():
        raise NotFoundError(f"{path}: there is no such file or folder")
    if not path.is_dir():
        beside = [item for item in path.parent.iterdir() if item.is_file()]
        own = [log for log in _in_folder(beside) if log.path == path]
        return (own or [FoundLog(path)]), 0
    found: list[FoundLog] = []
    seen = 0
    for folder, _, names in os.walk(path):
        files = [Path(folder, name) for name in names]
        seen += len(files)
        found += _in_folder([file for file in files if file.is_file()])
    taken = sum(1 + (log.timers_json is not None) + (log.all_pes is not None) for log in found)
    return sorted(found, key=lambda log: log.path), seen - taken


def _in_folder(files: Sequence[Path]) -> list[FoundLog]:
    timers = [file for file in files if _TIMERS.fullmatch(file.name)]
    all_pes = [file for file in files if _ALL_PES.fullmatch(file.name)]
    logs = [file for file in files if may_be_log(file.name)]
    real = [file for file in logs if not _DRY_RUN.search(file.name)]
    if len(real) != 1:
        return [FoundLog(file) for file in logs]
    owner = FoundLog(real[0], _only(timers), _only(all_pes))
    return [owner if file == real[0] else FoundLog(file) for file in logs]


def _only(files: Sequence[Path]) -> Path | None:
    return files[0] if len(files) == 1 else None
