"""How GCHP's cubed sphere may be cut into MPI ranks."""

from __future__ import annotations

FACES = 6
MIN_CELLS_PER_EDGE = 4
"""GCHP needs at least 4 × 4 cells per rank (GCHP documentation, "run configuration")."""


def fits(ranks: int, cells_per_edge: int) -> bool:
    """Whether each face splits into nx × ny pieces of at least 4 × 4 cells."""
    per_face, rest = divmod(ranks, FACES)
    most = cells_per_edge // MIN_CELLS_PER_EDGE
    return rest == 0 and any(
        per_face % nx == 0 and per_face // nx <= most for nx in range(1, min(per_face, most) + 1)
    )


def most_ranks(nodes: int, cores_per_node: int, cells_per_edge: int) -> int | None:
    """The most MPI ranks that suit cores and grid, the same number on every node.

    Returns None where not even 6 ranks can be had.
    """
    for ranks in range(nodes * cores_per_node, FACES - 1, -1):
        if ranks % nodes == 0 and fits(ranks, cells_per_edge):
            return ranks
    return None
