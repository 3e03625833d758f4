"""Logs that people have of their runs: bytes in, one checked record per run out."""

from geoschem_bench.errors import LogError
from geoschem_bench.model_logs.finding import (
    LOOKED_FOR,
    FoundLog,
    Listings,
    find_logs,
    group_logs,
    may_be_log,
)
from geoschem_bench.model_logs.opening import (
    MAX_UNPACKED_BYTES,
    open_log,
    open_regular,
    unpack,
)
from geoschem_bench.model_logs.reading import read_log, read_timers_run
from geoschem_bench.model_logs.records import ModelRun
from geoschem_bench.model_logs.timers import MAX_JSON_BYTES, read_timers_json

__all__ = [
    "LOOKED_FOR",
    "MAX_JSON_BYTES",
    "MAX_UNPACKED_BYTES",
    "FoundLog",
    "Listings",
    "LogError",
    "ModelRun",
    "find_logs",
    "group_logs",
    "may_be_log",
    "open_log",
    "open_regular",
    "read_log",
    "read_timers_json",
    "read_timers_run",
    "unpack",
]
