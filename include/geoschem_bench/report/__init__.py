"""Reports: one self-contained page, and its numbers for programs. Nothing is computed here."""

from geoschem_bench.report.advice import Said, headline_of, measured, sayings
from geoschem_bench.report.building import Report, build_report
from geoschem_bench.report.formats import number, short
from geoschem_bench.report.head import DAYS_PER_MONTH, Cell, HeadRow, head_rows, head_table
from geoschem_bench.report.index import (
    Index,
    IndexedRun,
    RunEntry,
    build_index,
    build_local_index,
    entry_of,
)
from geoschem_bench.report.study import CostColumn, build_study, cell_of_hours, study_table

__all__ = [
    "DAYS_PER_MONTH",
    "Cell",
    "CostColumn",
    "HeadRow",
    "Index",
    "IndexedRun",
    "Report",
    "RunEntry",
    "Said",
    "build_index",
    "build_local_index",
    "build_report",
    "build_study",
    "cell_of_hours",
    "entry_of",
    "head_rows",
    "head_table",
    "headline_of",
    "measured",
    "number",
    "sayings",
    "short",
    "study_table",
]
