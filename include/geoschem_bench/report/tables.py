"""`results.csv` and `results.json`: the report's numbers for programs."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from geoschem_bench.analysis import Analysis, Spread, latest_submissions
from geoschem_bench.recommendation import Recommendation
from geoschem_bench.records import BudgetDecision, Rejected, Result, RunCosts, RunPlanFile
from geoschem_bench.report.formats import plain

SCHEMA_VERSION = "1.0"

_FIELDS = (
    "benchmark_run_id", "benchmark_id", "submission", "phase", "suite", "status", "reason",
    "message", "exit_code", "workload", "application", "simulation_type", "resolution",
    "region", "simulated_days", "model_version", "compiler", "meteorology", "levels",
    "requested_instance_type", "observed_instance_type", "platform", "machine_class",
    "architecture", "cpu_model", "vcpus", "physical_cores", "memory_mib", "threads",
    "threads_requested", "mpi_ranks", "nodes", "purchase_option", "started_at", "queue_seconds",
    "is_smoke", "hours_per_sim_day", "throughput_days_per_day", "cost_usd_per_sim_day",
    "null_reason", "cost_null_reason", "is_cold", "wall_clock", "wall_uncertainty_seconds",
    "aws_region", "origin", "source", "field_sha256", "memory_method", "config_sha256",
    "manifest_sha256", "output_path",
)  # fmt: skip
_PRICE = ("usd_per_hour", "as_of", "source")
_SPREADS = ("wall_seconds", "cpu_seconds", "peak_memory_gib", "cpu_efficiency")
_STATISTICS = ("n", "median", "minimum", "maximum", "cv_percent", "ci_low", "ci_high")
_REPETITIONS = ("wall_seconds", "cpu_seconds", "peak_memory_gib", "warmup_wall_seconds")
_BEFORE_FORMULA = re.compile(r"[\t\n]|[\s\ufeff\u200b]*[=+\-@]")
"""Blanks in front, and full-width signs after normalising: spreadsheets skip or fold them."""


def results_csv(results: Sequence[Result], analysis: Analysis) -> bytes:
    """One row for each submission; missing numbers empty; repetitions set apart by blanks."""
    latest, earlier = latest_submissions(results)
    components = sorted({name for result in results for name in result.timers})
    header = [
        *_FIELDS,
        *(f"price_{name}" for name in _PRICE),
        "is_latest",
        *(f"{metric}_{statistic}" for metric in _SPREADS for statistic in _STATISTICS),
        *(f"{metric}_repetitions" for metric in _REPETITIONS),
        *(f"timer_seconds: {name}" for name in components),
    ]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(spreadsheet_safe(name) for name in header)
    for result in (*latest, *earlier):
        writer.writerow(spreadsheet_safe(value) for value in _row(result, analysis, components))
    return out.getvalue().encode("utf-8", "replace")


def _row(result: Result, analysis: Analysis, components: Sequence[str]) -> list[Any]:
    measures = analysis.of(result)
    row: list[Any] = [getattr(result, field) for field in _FIELDS]
    row += [getattr(result.price, name) if result.price else None for name in _PRICE]
    row.append(measures is not None)
    for metric in _SPREADS:
        spread: Spread | None = getattr(measures, metric) if measures else None
        row += [getattr(spread, name) if spread else None for name in _STATISTICS]
    row += [" ".join(map(repr, getattr(result, metric))) for metric in _REPETITIONS]
    return row + [result.timers.get(name) for name in components]


def spreadsheet_safe(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets a quote in front (OWASP)."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return value
    text = plain(str(value))
    return f"'{text}" if _BEFORE_FORMULA.match(unicodedata.normalize("NFKC", text)) else text


def results_json(
    plan: RunPlanFile | None,
    results: Sequence[Result],
    rejected: Sequence[Rejected],
    analysis: Analysis,
    recommendations: Sequence[Recommendation],
    *,
    costs: RunCosts | None = None,
    decision: BudgetDecision | None = None,
    is_going_on: bool = False,
    made_at: datetime,
    version: str,
) -> bytes:
    """Everything the page shows. Missing numbers are null; NaN is refused."""
    latest, earlier = latest_submissions(results)
    document = {
        "schema_version": SCHEMA_VERSION,
        "made_at": made_at.isoformat(),
        "geoschem_bench_version": version,
        "is_going_on": is_going_on,
        "plan": plan.model_dump(mode="json") if plan else None,
        "results": [result.model_dump(mode="json") for result in latest],
        "earlier_submissions": [result.model_dump(mode="json") for result in earlier],
        "analysis": analysis.model_dump(mode="json"),
        "recommendations": [item.model_dump(mode="json") for item in recommendations],
        "rejected": [asdict(item) for item in rejected],
        "costs": costs.model_dump(mode="json") if costs else None,
        "budget": decision.model_dump(mode="json") if decision else None,
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")
