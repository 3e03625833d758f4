"""The most MPI ranks that a benchmark of GCHP can use."""

from __future__ import annotations

from geoschem_bench.suite.cubed_sphere import FACES, fits


def most_ranks(nodes: int, cores_per_node: int, cells_per_edge: int) -> int | None:
    """The most MPI ranks that suit cores and grid, the same number on every node.

    Returns None where not even 6 ranks can be had.
    """
    for ranks in range(nodes * cores_per_node, FACES - 1, -1):
        if ranks % nodes == 0 and fits(ranks, cells_per_edge):
            return ranks
    return None
