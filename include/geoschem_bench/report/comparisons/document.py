"""Comparisons as JSON, for programs: numbers stay numbers, what is missing is null."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from geoschem_bench.analysis import PooledSpread
from geoschem_bench.report.comparisons.pairs import Pair, Side

SCHEMA_VERSION = "1.0"


def comparisons_json(pairs: Sequence[Pair], pooled: PooledSpread | None, version: str) -> str:
    """Everything the tables show and more: every field of the comparisons.

    Args:
        pairs: One or more, of the same baseline.
        pooled: The spread between runs that few runs were judged by.
        version: Of this package.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "geoschem_bench_version": version,
        "comparisons": [_pair(pair) for pair in pairs],
        "pooled_spread": pooled.model_dump(mode="json") if pooled else None,
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _pair(pair: Pair) -> dict[str, Any]:
    found = pair.comparison
    return {
        **found.model_dump(mode="json"),
        "percent_change": found.percent_change,
        "percent_interval": found.percent_interval,
        "cost_ratio": pair.cost_ratio,
        "baseline_side": _side(pair.baseline),
        "candidate_side": _side(pair.candidate),
    }


def _side(side: Side) -> dict[str, Any]:
    hours, cost, simulation = side.hours_per_sim_day, side.cost, side.sample.setup.simulation
    return {
        "label": side.sample.label,
        "simulation": vars(simulation),
        "provenance": side.sample.setup.provenance,
        "sources": side.sources,
        "runs": [f"{run.benchmark_run_id}/{run.benchmark_id}" for run in side.sample.runs],
        "left_out": [f"{run.benchmark_run_id}/{run.benchmark_id}" for run in side.sample.left_out],
        "values_seconds": side.sample.values,
        "hours_per_sim_day": hours.model_dump(mode="json") if hours else None,
        "usd_per_sim_month": cost.usd.model_dump(mode="json") if cost.usd else None,
        "price": cost.price.model_dump(mode="json") if cost.price else None,
        "cost_null_reason": cost.why,
        "cpmip": side.cpmip.model_dump(mode="json") if side.cpmip else None,
        "cpmip_null_reason": side.cpmip_why,
    }
