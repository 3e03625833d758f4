"""Results and comparisons as pandas data frames, for notebooks.

Units are in the columns' names, types are nullable, and what is missing is NA, never 0.
"""

from geoschem_bench.frames.comparing import compare
from geoschem_bench.frames.reading import results

__all__ = ["compare", "results"]
