"""One result → one row of a data frame."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from geoschem_bench.analysis import cpmip_of
from geoschem_bench.pricing import Price, usd_of_run, usd_per_sim_month, usd_per_sim_year
from geoschem_bench.records import Result

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

Cost = tuple[float | None, Price | None, str | None]
"""USD per simulated day, the price it was counted by, why there is none."""
CostOf = Callable[[Result], Cost]

_TEXT = (
    "benchmark_run_id", "benchmark_id", "phase", "suite", "origin", "source", "status", "reason",
    "message", "workload", "application", "simulation_type", "resolution", "region",
    "model_version", "compiler", "meteorology", "machine_class", "architecture", "cpu_model",
    "purchase_option", "aws_region", "started_at", "null_reason",
)  # fmt: skip
_WHOLE = ("submission", "levels", "vcpus", "physical_cores", "nodes", "threads", "mpi_ranks")
_NUMBERS = ("simulated_days", "hours_per_sim_day", "throughput_days_per_day", "cpu_efficiency",
            "queue_seconds")  # fmt: skip
_FLAGS = ("is_smoke", "is_cold")

COLUMNS: dict[str, str] = {
    "benchmark_run_id": "string",
    "benchmark_id": "string",
    "submission": "Int64",
    "origin": "string",
    "source": "string",
    "status": "string",
    "reason": "string",
    "message": "string",
    "suite": "string",
    "phase": "string",
    "workload": "string",
    "application": "string",
    "model_version": "string",
    "simulation_type": "string",
    "resolution": "string",
    "region": "string",
    "simulated_days": "Float64",
    "compiler": "string",
    "meteorology": "string",
    "levels": "Int64",
    "instance_type": "string",
    "machine_class": "string",
    "architecture": "string",
    "cpu_model": "string",
    "vcpus": "Int64",
    "physical_cores": "Int64",
    "nodes": "Int64",
    "threads": "Int64",
    "mpi_ranks": "Int64",
    "purchase_option": "string",
    "aws_region": "string",
    "started_at": "string",
    "is_smoke": "boolean",
    "is_cold": "boolean",
    "n": "Int64",
    "wall_seconds": "Float64",
    "queue_seconds": "Float64",
    "peak_memory_gib": "Float64",
    "cpu_efficiency": "Float64",
    "hours_per_sim_day": "Float64",
    "throughput_days_per_day": "Float64",
    "sypd": "Float64",
    "chsy": "Float64",
    "asypd": "Float64",
    "usd_of_run": "Float64",
    "usd_per_sim_day": "Float64",
    "usd_per_sim_month": "Float64",
    "usd_per_sim_year": "Float64",
    "price_usd_per_hour": "Float64",
    "price_region": "string",
    "price_option": "string",
    "price_as_of": "string",
    "price_source": "string",
    "usd_null_reason": "string",
    "null_reason": "string",
}
"""Column → pandas' type, in their order. `wall_seconds` is the median of `n` repetitions."""


def row_of(result: Result, cost: CostOf, timers: bool) -> Row:
    """Every column that has a value, and the factors; with `timers`, those too."""
    row: Row = {name: getattr(result, name) for name in (*_TEXT, *_WHOLE, *_NUMBERS, *_FLAGS)}
    walls, memory, cpmip = result.wall_seconds, result.peak_memory_gib, cpmip_of(result)
    row |= {
        "instance_type": result.observed_instance_type,
        "n": len(walls),
        "wall_seconds": statistics.median(walls) if walls else None,
        "peak_memory_gib": max(memory, default=None),
        **({"sypd": cpmip.sypd, "chsy": cpmip.chsy, "asypd": cpmip.asypd} if cpmip else {}),
        **{f"factor: {name}": value for name, value in result.factors.items()},
        **_cost_columns(result, *cost(result)),
    }
    return row | ({f"timer_seconds: {k}": v for k, v in result.timers.items()} if timers else {})


def _cost_columns(result: Result, usd: float | None, price: Price | None, why: str | None) -> Row:
    hours = result.hours_per_sim_day
    if usd is None or price is None or hours is None or result.nodes is None:
        return {"usd_per_sim_day": usd, "usd_null_reason": why}
    return {
        "usd_of_run": usd_of_run(price, statistics.median(result.wall_seconds), result.nodes),
        "usd_per_sim_day": usd,
        "usd_per_sim_month": usd_per_sim_month(price, hours, result.nodes),
        "usd_per_sim_year": usd_per_sim_year(price, hours, result.nodes),
        "price_usd_per_hour": price.usd_per_hour,
        "price_region": price.region,
        "price_option": price.purchase_option,
        "price_as_of": price.as_of,
        "price_source": price.source,
    }


def frame_of(rows: Sequence[Row]) -> pd.DataFrame:
    """All of COLUMNS, then factors and timers."""
    import pandas as pd

    names = list(dict.fromkeys(name for row in rows for name in row if name not in COLUMNS))
    factors = [name for name in names if name.startswith("factor: ")]
    seconds = [name for name in names if name.startswith("timer_seconds: ")]
    types = COLUMNS | dict.fromkeys(factors, "string") | dict.fromkeys(seconds, "Float64")
    columns = {name: [row.get(name) for row in rows] for name in types}
    return pd.DataFrame({name: pd.array(values, dtype=types[name])  # type: ignore[call-overload]
                         for name, values in columns.items()})  # fmt: skip
