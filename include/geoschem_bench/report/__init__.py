"""Reports: one self-contained page, and its numbers for programs. Nothing is computed here."""

from geoschem_bench.report.building import Report, build_report
from geoschem_bench.report.head import Cell, HeadRow, head_rows, head_table

__all__ = ["Cell", "HeadRow", "Report", "build_report", "head_rows", "head_table"]
