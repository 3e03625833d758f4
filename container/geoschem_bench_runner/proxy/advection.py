"""Conservative upwind advection: the donor-cell scheme, unsplit, in flux form.

What leaves a cell through a face enters its neighbour by the same number, so tracer mass changes by
rounding only; with an outflow Courant number below 1 no mixing ratio turns negative (Courant,
Isaacson & Rees 1952; LeVeque 2002, chapter 20). Each level reads the old field and writes the
new, so any number of processes may do them in any order and get the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoschem_bench_runner.proxy.grid import Array, Grid
from geoschem_bench_runner.proxy.wind import Fluxes

CACHE_CELLS = 32_768
"""Cells of a level times tracers done at once: four such arrays fill a cache of 1 MiB."""


class Upwind:
    """One step of the scheme for some levels of the grid.

    Args:
        grid: the grid.
        fluxes: air through the faces, kg s-1, of the whole grid.
        seconds: length of one (sub)step.
        levels: the levels to advance.
    """

    def __init__(self, grid: Grid, fluxes: Fluxes, seconds: float, levels: Sequence[int]) -> None:
        self._grid = grid
        self._levels = {k: _Level(grid, fluxes, seconds, k) for k in levels}
        self._chunk = max(1, CACHE_CELLS // (grid.nlat * grid.nlon))

    def step(self, old: Array, new: Array) -> None:
        """Advance; both (tracers, nlev, nlat, nlon), mol mol-1. Writes own levels of `new` only."""
        tracers = old.shape[0]
        for first in range(0, tracers, self._chunk):
            part = slice(first, min(first + self._chunk, tracers))
            room = _Room(part.stop - first, self._grid)
            for k, level in self._levels.items():
                below = old[part, k - 1] if k > 0 else None
                above = old[part, k + 1] if k + 1 < self._grid.nlev else None
                level.advance(old[part, k], below, above, new[part, k], room)


class _Room:
    """Working arrays, made once for all levels so that they stay in the cache."""

    def __init__(self, tracers: int, grid: Grid) -> None:
        nlat, nlon = grid.nlat, grid.nlon
        self.wrapped = np.empty((tracers, nlat, nlon + 2))
        self.face_x = np.empty((tracers, nlat, nlon + 1))
        self.part_x = np.empty_like(self.face_x)
        self.face_y = np.empty((tracers, nlat - 1, nlon))
        self.part_y = np.empty_like(self.face_y)
        self.gain = np.empty((tracers, nlat, nlon))
        self.part = np.empty_like(self.gain)


class _Level:
    """The faces of one level: kg per step in the two directions, kept apart (no branches later)."""

    def __init__(self, grid: Grid, fluxes: Fluxes, seconds: float, k: int) -> None:
        self.east, self.west = _both_ways(fluxes.x[k] * seconds)
        self.north, self.south = _both_ways(fluxes.y[k, 1:-1] * seconds)
        self.up_below, self.down_below = _both_ways(fluxes.z[k] * seconds)
        self.up_above, self.down_above = _both_ways(fluxes.z[k + 1] * seconds)
        self.per_air = np.ascontiguousarray(1.0 / grid.air_mass[k][:, None])

    def advance(
        self, here: Array, below: Array | None, above: Array | None, new: Array, room: _Room
    ) -> None:
        """Write the new mixing ratios of this level; arrays (tracers, nlat, nlon)."""
        self._zonal(here, room)
        self._meridional(here, room)
        if below is not None:
            _through(self.up_below, below, self.down_below, here, room)
            room.gain += room.part
        if above is not None:
            _through(self.up_above, here, self.down_above, above, room)
            room.gain -= room.part
        np.multiply(room.gain, self.per_air, out=room.gain)
        np.add(here, room.gain, out=new)

    def _zonal(self, here: Array, room: _Room) -> None:
        wrapped = room.wrapped
        wrapped[..., 1:-1] = here
        wrapped[..., 0] = here[..., -1]
        wrapped[..., -1] = here[..., 0]
        np.multiply(self.east, wrapped[..., :-1], out=room.face_x)
        np.multiply(self.west, wrapped[..., 1:], out=room.part_x)
        room.face_x += room.part_x
        np.subtract(room.face_x[..., :-1], room.face_x[..., 1:], out=room.gain)

    def _meridional(self, here: Array, room: _Room) -> None:
        np.multiply(self.north, here[:, :-1], out=room.face_y)
        np.multiply(self.south, here[:, 1:], out=room.part_y)
        room.face_y += room.part_y
        room.gain[:, :-1] -= room.face_y
        room.gain[:, 1:] += room.face_y


def _through(up: Array, lower: Array, down: Array, upper: Array, room: _Room) -> None:
    """Tracer upward through a level's face, into `room.part` (`room.wrapped` is free by now)."""
    spare = room.wrapped[..., : upper.shape[-1]]
    np.multiply(up, lower, out=room.part)
    np.multiply(down, upper, out=spare)
    room.part += spare


def _both_ways(flux: Array) -> tuple[Array, Array]:
    return np.maximum(flux, 0.0), np.minimum(flux, 0.0)
