"""What goes wrong with a stack that no other words at the keyboard would mend."""

from __future__ import annotations

from geoschem_bench.errors import GeosChemBenchError


class StackError(GeosChemBenchError):
    """The stack was not made, changed or removed as asked. The message names the cure."""
