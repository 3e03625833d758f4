"""Memory that several processes share, without /dev/shm.

Docker gives a container 64 MiB of /dev/shm, and writing beyond it is a bus error. A memory file
(Linux) has no such bound; elsewhere an unlinked file does.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from math import prod

import numpy as np

from geoschem_bench_runner.proxy.atmosphere import TRACERS
from geoschem_bench_runner.proxy.grid import Array, Grid

BYTES_PER_NUMBER = 8
SHORT_LIVED = 2


def make(grid: Grid) -> int:
    """A file descriptor, inheritable, of zeroed memory for the fields of a grid."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("geoschem-bench-proxy", 0)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, _count(grid) * BYTES_PER_NUMBER)
    os.set_inheritable(descriptor, True)
    return descriptor


class Fields:
    """The shared fields, mixing ratios in mol mol-1.

    `tracers` are two arrays (8, nlev, nlat, nlon), read from and written to in turn; `short_lived`
    is one, (2, nlev, nlat, nlon).
    """

    def __init__(self, descriptor: int, grid: Grid) -> None:
        size = _count(grid) * BYTES_PER_NUMBER
        flat: Array = np.frombuffer(mmap.mmap(descriptor, size), dtype=np.float64)
        cells = prod(grid.shape)
        one = TRACERS * cells
        self.tracers = tuple(
            flat[n * one : (n + 1) * one].reshape(TRACERS, *grid.shape) for n in range(2)
        )
        self.short_lived = flat[2 * one :].reshape(SHORT_LIVED, *grid.shape)


def _count(grid: Grid) -> int:
    return (2 * TRACERS + SHORT_LIVED) * prod(grid.shape)
