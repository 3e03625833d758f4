"""The three files of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geoschem_bench.analysis import Analysis
from geoschem_bench.recommendation import Recommendation
from geoschem_bench.records import BudgetDecision, Rejected, Result, RunCosts, RunPlanFile
from geoschem_bench.report.page import render
from geoschem_bench.report.tables import results_csv, results_json
from geoschem_bench.report.view import page_of


@dataclass(frozen=True)
class Report:
    """`report.html`, `results.csv` and `results.json`, to be stored side by side."""

    html: bytes
    csv: bytes
    json: bytes


def build_report(
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
) -> Report:
    """The report of a run; the same bytes for the same input.

    Args:
        plan: Of the run; None where results came without one.
        results: All submissions of all benchmarks.
        rejected: Manifests that could not be read.
        analysis: `analyse(results, plan)`.
        recommendations: `recommend(analysis.latest(results))`.
        costs: What its jobs have cost; None where that was never summed.
        decision: Whether it was let to spend; None where nobody decided.
        is_going_on: The run has not ended: results are still to come.
        made_at: Now, with zone; given, so that a rebuild can be the same.
        version: Of this package.
    """
    data = results_json(
        plan, results, rejected, analysis, recommendations, costs=costs, decision=decision,
        is_going_on=is_going_on, made_at=made_at, version=version,
    )  # fmt: skip
    page = page_of(
        plan, results, rejected, analysis, recommendations, costs=costs, decision=decision,
        is_going_on=is_going_on, made_at=made_at, version=version,
    )  # fmt: skip
    return Report(html=render(page, data), csv=results_csv(results, analysis), json=data)
