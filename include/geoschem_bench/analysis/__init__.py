"""Analysis: numbers in, numbers out. Nothing here formats, draws or asks a store."""

from geoschem_bench.analysis.analysis import Analysis, Counts, analyse
from geoschem_bench.analysis.grouping import (
    family_of,
    latest_submissions,
    natural_key,
    ordered_groups,
    simulation_of,
)
from geoschem_bench.analysis.measures import Component, Measures, measures_of
from geoschem_bench.analysis.scaling import ScalingPoint, ScalingSeries, thread_scaling
from geoschem_bench.analysis.spread import FEWEST_FOR_INTERVAL, Spread, spread_of

__all__ = [
    "FEWEST_FOR_INTERVAL",
    "Analysis",
    "Component",
    "Counts",
    "Measures",
    "ScalingPoint",
    "ScalingSeries",
    "Spread",
    "analyse",
    "family_of",
    "latest_submissions",
    "measures_of",
    "natural_key",
    "ordered_groups",
    "simulation_of",
    "spread_of",
    "thread_scaling",
]
