"""The report of a study: results of any number of runs, logs or publications, side by side."""

from geoschem_bench.report.study.building import build_study
from geoschem_bench.report.study.table import CostColumn, cell_of_hours, study_table

__all__ = ["CostColumn", "build_study", "cell_of_hours", "study_table"]
