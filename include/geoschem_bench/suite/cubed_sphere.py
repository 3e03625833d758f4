"""Which numbers of MPI ranks GCHP's cubed sphere may be cut into."""

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
