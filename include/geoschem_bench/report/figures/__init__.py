"""Figures as inline SVG. matplotlib is loaded when the first one is drawn."""

from geoschem_bench.report.figures.components import draw_components
from geoschem_bench.report.figures.scaling import draw_scaling
from geoschem_bench.report.figures.times import draw_times

__all__ = ["draw_components", "draw_scaling", "draw_times"]
