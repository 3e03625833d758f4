"""The CSV files of this package; where each is from says data/README.md."""

from __future__ import annotations

import csv
from importlib import resources

PAPER = (
    "Zhuang et al., Enabling immediate access to Earth science models through cloud computing, "
    "BAMS 100(10), 2019, https://doi.org/10.1175/BAMS-D-18-0243.1"
)

Row = dict[str, str]


def rows_of(name: str) -> list[Row]:
    """The rows of `data/<name>`, as text, blank where the source says nothing."""
    file = resources.files(__package__) / "data" / name
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def number(row: Row, column: str) -> float | None:
    """None for a blank."""
    return float(row[column]) if row[column] else None


def whole(row: Row, column: str) -> int | None:
    """None for a blank."""
    return int(row[column]) if row[column] else None
