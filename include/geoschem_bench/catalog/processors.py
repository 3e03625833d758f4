"""Which processor an instance family has: a small dated table, because EC2's API does not say."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "processor_families.csv"
"""Columns: family, processor_family, source, date (when the source was read or published)."""


def processor_family_of(family: str) -> str | None:
    """`Graviton3` for `c7g`; None for a family the table does not list. Nothing is guessed."""
    return _table().get(family)


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    with TABLE.open(newline="", encoding="utf-8") as file:
        return {row["family"]: row["processor_family"] for row in csv.DictReader(file)}
