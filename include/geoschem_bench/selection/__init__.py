"""What the words of a command mean: logs, runs, benchmarks, published runs → results."""

from geoschem_bench.selection.logs import LogFile, logs_at, read, read_all
from geoschem_bench.selection.words import (
    HELP,
    Chosen,
    Stores,
    choose,
    everything,
    imported,
    is_study,
)

__all__ = [
    "HELP",
    "Chosen",
    "LogFile",
    "Stores",
    "choose",
    "everything",
    "imported",
    "is_study",
    "logs_at",
    "read",
    "read_all",
]
