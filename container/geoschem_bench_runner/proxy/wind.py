"""The wind, as mass through the faces of the cells: no cell gains or loses air.

Horizontally a Rossby-Haurwitz wave of number 4 (Williamson et al. 1992, J. Comput. Phys. 102,
211-224, test case 6); over it an overturning of the size of the Hadley cells. Both come from stream
functions on the corners of the cells, so that their divergence vanishes to rounding, not only to
the order of a scheme.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from geoschem_bench_runner.proxy.grid import EARTH_RADIUS_M, SURFACE_PRESSURE_PA, Array, Grid

WAVE_PER_S = 7.848e-6
"""omega and K of Williamson's test case 6."""
WAVE_NUMBER = 4
OVERTURNING_KG_PER_S = 1.0e11
"""The strength of a Hadley cell, in round numbers."""
LARGEST_COURANT = 0.9
"""Below 1, the bound of positivity for a donor-cell scheme, with room for rounding."""


@dataclass(frozen=True)
class Fluxes:
    """Air through the faces of the cells, kg s-1, counted eastward, northward, upward.

    `x` has shape (nlev, nlat, nlon + 1), the last face being the first again; `y` has
    (nlev, nlat + 1, nlon), nothing crosses the poles; `z` has (nlev + 1, nlat, nlon).
    """

    x: Array
    y: Array
    z: Array


def fluxes_from_streams(grid: Grid, horizontal: Array, overturning: Array) -> Fluxes:
    """Fluxes from a stream function of each level and one of the zonal mean.

    Args:
        grid: the grid.
        horizontal: (nlev, nlat + 1, nlon + 1), m2 s-1, periodic, constant at each pole.
        overturning: (nlev + 1, nlat + 1), kg s-1, zero on all four sides.
    """
    air = grid.column_air[:, None, None]
    x = -air * np.diff(horizontal, axis=1)
    y = air * np.diff(horizontal, axis=2)
    y += np.diff(overturning, axis=0)[:, :, None] / grid.nlon
    lift = -np.diff(overturning, axis=1)[:, :, None] / grid.nlon
    return Fluxes(x, y, np.broadcast_to(lift, (grid.nlev + 1, grid.nlat, grid.nlon)).copy())


def steady_wind(grid: Grid) -> Fluxes:
    """The wind that the proxy blows, strongest where the jets are."""
    lat, lon = grid.lat_edges[:, None], grid.lon_edges[None, :]
    cosine = np.clip(np.cos(lat), 0.0, None)
    cosine[[0, -1]] = 0.0  # cos(pi / 2) is 6e-17 in floating point: air through the pole
    wave = cosine**WAVE_NUMBER * np.sin(lat) * np.cos(WAVE_NUMBER * lon)
    stream = EARTH_RADIUS_M**2 * WAVE_PER_S * (wave - np.sin(lat))
    stream[:, -1] = stream[:, 0]
    # 0.3 at the ground, 1 at 250 hPa, 0.4 far above: the shape of a mid-latitude jet
    height = np.log(SURFACE_PRESSURE_PA / grid.pressure)
    strength = np.interp(height, [0.0, 1.4, 3.0, 12.0], [0.3, 1.0, 0.5, 0.4])
    return fluxes_from_streams(grid, strength[:, None, None] * stream, _hadley(grid))


def _hadley(grid: Grid) -> Array:
    """Two cells, rising at the equator, closed at 100 hPa; shape (nlev + 1, nlat + 1), kg s-1."""
    depth = np.clip((grid.pressure_edges - 1.0e4) / (SURFACE_PRESSURE_PA - 1.0e4), 0.0, 1.0)
    profile = np.sin(np.pi * depth)
    profile[[0, -1]] = 0.0
    lat = grid.lat_edges
    across: Array = np.sin(2.0 * lat) * np.cos(lat) ** 2
    across[[0, -1]] = 0.0
    return -OVERTURNING_KG_PER_S * profile[:, None] * across[None, :]


def substeps(grid: Grid, fluxes: Fluxes, seconds: float) -> int:
    """Into how many equal parts a step must be cut for no cell to give more air than it holds."""
    out = np.maximum(fluxes.x[:, :, 1:], 0.0) - np.minimum(fluxes.x[:, :, :-1], 0.0)
    out += np.maximum(fluxes.y[:, 1:], 0.0) - np.minimum(fluxes.y[:, :-1], 0.0)
    out += np.maximum(fluxes.z[1:], 0.0) - np.minimum(fluxes.z[:-1], 0.0)
    courant = float((out * seconds / grid.air_mass[:, :, None]).max())
    return max(1, math.ceil(courant / LARGEST_COURANT))
