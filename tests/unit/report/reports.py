"""Reports for the tests of this folder."""

from datetime import UTC, datetime

from geoschem_bench.analysis import analyse
from geoschem_bench.recommendation import recommend
from geoschem_bench.report import Report, build_report

MADE_AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def report_of(results, *, plan=None, rejected=()) -> Report:
    analysis = analyse(results, plan)
    recommendations = recommend(analysis, results)
    return build_report(
        plan, results, rejected, analysis, recommendations, made_at=MADE_AT, version="0.1.0"
    )
