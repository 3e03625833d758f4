"""Suite files → what a DAG is made of. A broken file becomes a broken entry, never an exception."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geoschem_bench.errors import UserError
from geoschem_bench.suite import Suite, dag_id_of, load_suite


@dataclass(frozen=True)
class SuiteFile:
    """One file: its suite, or what is wrong with it."""

    path: Path
    suite: Suite | None
    error: str | None

    @property
    def dag_id(self) -> str:
        """By the file's name, so that a file keeps its DAG while it is broken."""
        return dag_id_of(self.path.stem)


def read_suites(folder: Path, only_dag_id: str | None = None) -> Iterator[SuiteFile]:
    """Every `*.yaml` in `folder`, by name; two that would be one DAG are an error of both.

    Args:
        folder: Of suites.
        only_dag_id: Read that DAG's file alone: a worker needs no other.
    """
    by_dag_id = defaultdict(list)
    for path in sorted(folder.glob("*.yaml")):
        by_dag_id[dag_id_of(path.stem)].append(path)
    for dag_id, paths in by_dag_id.items():
        if only_dag_id in (None, dag_id):
            yield _read(paths, folder)


def _read(paths: list[Path], folder: Path) -> SuiteFile:
    if len(paths) > 1:
        names = " and ".join(path.name for path in paths)
        return SuiteFile(paths[0], None, f"{names} would be one DAG; rename all but one")
    try:
        return SuiteFile(paths[0], load_suite(paths[0]), None)
    except UserError as error:
        # by name alone: a path of one machine would make a DAG version of its own on each
        return SuiteFile(paths[0], None, str(error).replace(f"{folder}{os.sep}", ""))
