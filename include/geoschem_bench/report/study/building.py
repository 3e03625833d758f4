"""The three files of a study's report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from geoschem_bench.analysis import Study, analyse
from geoschem_bench.recommendation import Recommendation
from geoschem_bench.report.building import Report
from geoschem_bench.report.page import render_template
from geoschem_bench.report.study.page import study_page
from geoschem_bench.report.study.table import CostColumn
from geoschem_bench.report.tables import results_csv

SCHEMA_VERSION = "1.0"


def build_study(
    title: str,
    question: str,
    study: Study,
    costs: Sequence[CostColumn],
    recommendations: Sequence[Recommendation],
    *,
    made_at: datetime,
    version: str,
) -> Report:
    """The report; the same bytes for the same input.

    Args:
        title: Of the page.
        question: What it answers, in a sentence.
        study: `study_of(results)`.
        costs: One column each.
        recommendations: `recommend(results, tariff, goal)`.
        made_at: Now, with zone; given, so that a rebuild can be the same.
        version: Of this package.
    """
    page = study_page(
        title, question, study, costs, recommendations, made_at=made_at, version=version
    )
    data = _data(study, recommendations, made_at=made_at, version=version)
    html = render_template("study.html", page, data)
    return Report(html=html, csv=results_csv(study.results, analyse(study.results)), json=data)


def _data(
    study: Study, recommendations: Sequence[Recommendation], *, made_at: datetime, version: str
) -> bytes:
    document = {
        "schema_version": SCHEMA_VERSION,
        "made_at": made_at.isoformat(),
        "geoschem_bench_version": version,
        "results": [result.model_dump(mode="json") for result in study.results],
        "samples": [
            {
                "label": timed.sample.label,
                "runs": [run.benchmark_run_id for run in timed.sample.runs],
                "left_out": [run.benchmark_run_id for run in timed.sample.left_out],
                "seconds": timed.seconds.model_dump(mode="json"),
                "hours_per_sim_day": (
                    timed.hours_per_sim_day.model_dump(mode="json")
                    if timed.hours_per_sim_day
                    else None
                ),
            }
            for group in study.groups
            for timed in group.timed
        ],
        "pooled_spread": study.pooled.model_dump(mode="json") if study.pooled else None,
        "effects": [effect.model_dump(mode="json") for effect in study.effects],
        "cold_input": [cold.model_dump(mode="json") for cold in study.cold],
        "recommendations": [item.model_dump(mode="json") for item in recommendations],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")
