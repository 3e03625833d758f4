"""Is the result of a proxy run sound? A broken one is a crash, not a number."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from geoschem_bench_runner.proxy.atmosphere import ATOMIC, EXCITED, OXYGEN, OZONE
from geoschem_bench_runner.proxy.grid import Array, Grid

LARGEST_DRIFT = 1.0e-10
"""Relative. Rounding over thousands of steps stays four orders below."""


class UnsoundResultError(Exception):
    """The computation broke a law that it must keep."""


@dataclass(frozen=True)
class Soundness:
    """What was checked, for the record."""

    mass_drift: float
    """Largest relative change of a conserved mass."""
    smallest: float
    """Smallest mixing ratio of a carried tracer, mol mol-1."""
    checksum: str
    """sha256 of the final field: equal for any number of threads on one machine."""


def conserved(grid: Grid, tracers: Array, short_lived: Array, *, chemistry: bool) -> Array:
    """What neither transport nor chemistry may change, in kg of air times mol mol-1.

    Every carried tracer by itself; with chemistry, oxygen atoms in place of O3 and O2.
    """
    air = grid.air_mass[:, :, None]
    masses = np.array([float((air * tracer).sum()) for tracer in tracers])
    if not chemistry:
        return masses
    free = float((air * (short_lived[ATOMIC] + short_lived[EXCITED])).sum())
    atoms = 3.0 * masses[OZONE] + 2.0 * masses[OXYGEN] + free
    return np.array([atoms, *masses[2:]])


def check(before: Array, after: Array, tracers: Array, short_lived: Array) -> Soundness:
    """Judge a final field by the conserved masses before and after.

    Raises:
        UnsoundResultError: a number is not finite, is negative, or mass was made or lost.
    """
    if not (np.isfinite(tracers).all() and np.isfinite(short_lived).all()):
        raise UnsoundResultError("the final field holds numbers that are not finite")
    smallest, least = float(tracers.min()), float(short_lived.min())
    if min(smallest, least) < 0.0:
        raise UnsoundResultError(
            f"a mixing ratio is negative: {min(smallest, least):.3g} mol mol-1"
        )
    drift = float(np.abs(after / before - 1.0).max())
    if not drift <= LARGEST_DRIFT:
        raise UnsoundResultError(
            f"mass drifted by {drift:.3g} of itself; allowed is {LARGEST_DRIFT:g}"
        )
    digest = hashlib.sha256(np.ascontiguousarray(tracers).tobytes())
    digest.update(np.ascontiguousarray(short_lived).tobytes())
    return Soundness(drift, smallest, digest.hexdigest())
