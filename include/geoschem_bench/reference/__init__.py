"""Published runs of GEOS-Chem with their sources: to compare with, never as our own.

Read from package data when asked for; importing this package opens no file.
"""

from geoschem_bench.reference.costs import PublishedCost, published_costs
from geoschem_bench.reference.runs import published_runs

__all__ = ["PublishedCost", "published_costs", "published_runs"]
