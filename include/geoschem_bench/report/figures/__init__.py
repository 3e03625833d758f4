"""Figures as inline SVG. matplotlib is loaded when the first one is drawn."""

from geoschem_bench.report.figures.components import Bar, draw_bars, draw_components
from geoschem_bench.report.figures.costs import Point, draw_costs
from geoschem_bench.report.figures.scaling import draw_scaling
from geoschem_bench.report.figures.times import draw_times

__all__ = [
    "Bar",
    "Point",
    "draw_bars",
    "draw_components",
    "draw_costs",
    "draw_scaling",
    "draw_times",
]
