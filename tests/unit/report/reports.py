"""Reports for the tests of this folder."""

from datetime import UTC, datetime

from geoschem_bench.analysis import analyse
from geoschem_bench.recommendation import recommend
from geoschem_bench.report import Report, build_report

_built: dict[str, Report] = {}
MADE_AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def report_of(results, *, plan=None, rejected=()) -> Report:
    """The report, built once for the same input: its figures are what takes time."""
    key = repr((results, plan, rejected))
    if key not in _built:
        _built[key] = fresh_report_of(results, plan=plan, rejected=rejected)
    return _built[key]


def fresh_report_of(results, *, plan=None, rejected=()) -> Report:
    analysis = analyse(results, plan)
    recommendations = recommend(analysis.latest(results))
    return build_report(
        plan, results, rejected, analysis, recommendations, made_at=MADE_AT, version="0.1.0"
    )
