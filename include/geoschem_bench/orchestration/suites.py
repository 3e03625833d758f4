"""Suite files → what a DAG is made of. A broken file becomes a broken entry, never an exception."""

from __future__ import annotations

import os
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
    """Every `*.yaml` in `folder`, by name.

    Args:
        folder: Of suites.
        only_dag_id: Read that DAG's file alone: a worker needs no other.
    """
    for path in sorted(folder.glob("*.yaml")):
        if only_dag_id is not None and dag_id_of(path.stem) != only_dag_id:
            continue
        try:
            yield SuiteFile(path, load_suite(path), None)
        except UserError as error:
            # by name alone: a path of one machine would make a DAG version of its own on each
            yield SuiteFile(path, None, str(error).replace(f"{folder}{os.sep}", ""))
