"""The final fields of a small run: do two processors, or two builds, compute the same numbers?

    python -m geoschem_bench_runner.proxy.final_fields > fields.npz

The checksum of a run says only whether all bits are the same. Those of another architecture's
mathematical library need not be.
"""

from __future__ import annotations

import io
import sys

import numpy as np

from geoschem_bench_runner.proxy.grid import Array, Grid
from geoschem_bench_runner.proxy.workload import run_on

GRID = Grid(24, 13, 24)
STEPS = 9
"""Three hours."""
THREADS = 2


def final_fields() -> dict[str, Array]:
    """Mixing ratios after transport and chemistry: `tracers` and `short_lived`."""
    kept: dict[str, Array] = {}

    def keep(tracers: Array, short_lived: Array) -> None:
        kept.update(tracers=tracers.copy(), short_lived=short_lived.copy())

    run_on(GRID, STEPS, THREADS, chemistry=True, keep=keep)
    return kept


def main() -> None:
    """Write them in NumPy's form."""
    made = io.BytesIO()
    np.savez_compressed(made, **final_fields())  # type: ignore[arg-type]
    sys.stdout.buffer.write(made.getvalue())


if __name__ == "__main__":
    main()
