"""Exports of comparisons: the terminal's tables, GCPy's, Markdown, JSON, CSV and Parquet."""

from geoschem_bench.report.comparisons.choosing import Choice, choose_samples
from geoschem_bench.report.comparisons.comparing import Compared, compare_results
from geoschem_bench.report.comparisons.document import comparisons_json
from geoschem_bench.report.comparisons.gcpy import gcpy_table
from geoschem_bench.report.comparisons.markdown import markdown
from geoschem_bench.report.comparisons.notes import notes
from geoschem_bench.report.comparisons.pairs import Cost, Pair, Side, pair_of
from geoschem_bench.report.comparisons.sections import Section, hidden, sections, title
from geoschem_bench.report.comparisons.tidy import tidy_csv, tidy_frame, tidy_parquet, tidy_rows
from geoschem_bench.report.comparisons.wording import headline, line, summary

__all__ = [
    "Choice",
    "Compared",
    "Cost",
    "Pair",
    "Section",
    "Side",
    "choose_samples",
    "compare_results",
    "comparisons_json",
    "gcpy_table",
    "headline",
    "hidden",
    "line",
    "markdown",
    "notes",
    "pair_of",
    "sections",
    "summary",
    "tidy_csv",
    "tidy_frame",
    "tidy_parquet",
    "tidy_rows",
    "title",
]
