"""Analysis: numbers in, numbers out. Nothing here formats, draws or asks a store."""

from geoschem_bench.analysis.analysis import Analysis, Counts, analyse
from geoschem_bench.analysis.cold import ColdEffect, ColdPair, cold_effects
from geoschem_bench.analysis.comparability import (
    NotComparableError,
    are_comparable,
    require_comparable,
)
from geoschem_bench.analysis.comparison import Change, Comparison, Verdict, compare
from geoschem_bench.analysis.cpmip import Cpmip, cpmip_of, cpmip_of_sample
from geoschem_bench.analysis.differences import Difference
from geoschem_bench.analysis.effects import Combined, Effect, effects_of
from geoschem_bench.analysis.estimates import Estimate, estimate_of
from geoschem_bench.analysis.grouping import (
    family_of,
    latest_submissions,
    natural_key,
    ordered_groups,
    simulation_of,
)
from geoschem_bench.analysis.labels import labels_of
from geoschem_bench.analysis.measures import Component, Measures, measures_of
from geoschem_bench.analysis.parts import parts_of
from geoschem_bench.analysis.pooled import PooledSpread, ScopeSpread, pooled_spread
from geoschem_bench.analysis.samples import Sample, samples_of
from geoschem_bench.analysis.scaling import ScalingPoint, ScalingSeries, thread_scaling
from geoschem_bench.analysis.scopes import Scope, scope_of
from geoschem_bench.analysis.setups import Setup, Simulation, setup_of
from geoschem_bench.analysis.spread import FEWEST_FOR_INTERVAL, Spread, spread_of
from geoschem_bench.analysis.study import Group, Study, Timed, study_of

__all__ = [
    "FEWEST_FOR_INTERVAL",
    "Analysis",
    "Change",
    "ColdEffect",
    "ColdPair",
    "Combined",
    "Comparison",
    "Component",
    "Counts",
    "Cpmip",
    "Difference",
    "Effect",
    "Estimate",
    "Group",
    "Measures",
    "NotComparableError",
    "PooledSpread",
    "Sample",
    "ScalingPoint",
    "ScalingSeries",
    "Scope",
    "ScopeSpread",
    "Setup",
    "Simulation",
    "Spread",
    "Study",
    "Timed",
    "Verdict",
    "analyse",
    "are_comparable",
    "cold_effects",
    "compare",
    "cpmip_of",
    "cpmip_of_sample",
    "effects_of",
    "estimate_of",
    "family_of",
    "labels_of",
    "latest_submissions",
    "measures_of",
    "natural_key",
    "ordered_groups",
    "parts_of",
    "pooled_spread",
    "require_comparable",
    "samples_of",
    "scope_of",
    "setup_of",
    "simulation_of",
    "spread_of",
    "study_of",
    "thread_scaling",
]
