"""What the air is like at the start: temperature, density, tracers. No chance in it."""

from __future__ import annotations

import numpy as np

from geoschem_bench_runner.proxy.grid import (
    GAS_CONSTANT_J_PER_MOL_K,
    SURFACE_PRESSURE_PA,
    Array,
    Grid,
)

TRACERS = 8
OZONE, OXYGEN = 0, 1
"""With chemistry, the first two of the eight tracers react; the other six are carried only."""
ATOMIC, EXCITED = 0, 1
"""O(3P) and O(1D): they live for seconds, so nothing carries them, as in GEOS-Chem."""
OXYGEN_FRACTION, NITROGEN_FRACTION = 0.20946, 0.78084
"""mol mol-1 of dry air (US Standard Atmosphere 1976)."""
SCALE_HEIGHT_M = 7_000.0
BACKGROUND = 1.0e-9
"""mol mol-1. Above zero everywhere: a front that decays to denormal numbers would time the
processor's slow path for them, not transport."""


def altitude(grid: Grid) -> Array:
    """Shape (nlev,), m: log-pressure height of the middles of the layers."""
    return SCALE_HEIGHT_M * np.log(SURFACE_PRESSURE_PA / grid.pressure)


def temperature(grid: Grid) -> Array:
    """Shape (nlev, nlat), K: US Standard Atmosphere 1976, colder near the ground at the poles."""
    height = altitude(grid)
    standard = np.interp(
        height,
        [0.0, 11e3, 20e3, 32e3, 47e3, 51e3, 71e3, 85e3],
        [288.15, 216.65, 216.65, 228.65, 270.65, 270.65, 214.65, 186.87],
    )
    tilt = 20.0 * (np.cos(grid.lat) ** 2 - 0.5)
    return standard[:, None] + np.exp(-height / 10e3)[:, None] * tilt[None, :]


def air_density(grid: Grid) -> Array:
    """Shape (nlev, nlat), mol m-3, by the ideal gas law."""
    return grid.pressure[:, None] / (GAS_CONSTANT_J_PER_MOL_K * temperature(grid))


def ozone_profile(height: Array) -> Array:
    """Ozone in mol mol-1 at heights in m: 30 ppb below, 8 ppm at 34 km (a mid-latitude layer)."""
    return 3.0e-8 + 8.0e-6 * np.exp(-(((height - 34e3) / 9e3) ** 2))


def initial_level(grid: Grid, k: int, *, chemistry: bool) -> Array:
    """The tracers of one level at the start; shape (8, nlat, nlon), mol mol-1.

    Level by level, so that the bits do not depend on how levels are shared out.
    """
    field = np.empty((TRACERS, grid.nlat, grid.nlon))
    for tracer in range(TRACERS):
        field[tracer] = BACKGROUND + 1.0e-6 * _bell(grid, tracer) * _layer(grid, tracer)[k]
    if chemistry:
        field[OZONE] = ozone_profile(altitude(grid))[k]
        field[OXYGEN] = OXYGEN_FRACTION
    return field


def _bell(grid: Grid, tracer: int) -> Array:
    """A cosine bell (Williamson et al. 1992, test case 1), one elsewhere for each tracer."""
    lat0 = np.radians(-70.0 + 20.0 * tracer)
    lon0 = np.radians(-180.0 + 45.0 * tracer)
    lat, lon = grid.lat[:, None], grid.lon[None, :]
    near = np.sin(lat) * np.sin(lat0) + np.cos(lat) * np.cos(lat0) * np.cos(lon - lon0)
    angle = np.arccos(np.clip(near, -1.0, 1.0))
    return np.where(angle < 1.0, 0.5 * (1.0 + np.cos(np.pi * np.minimum(angle, 1.0))), 0.0)


def _layer(grid: Grid, tracer: int) -> Array:
    """Shape (nlev,): a layer 10 km thick, higher for each tracer."""
    return np.exp(-(((altitude(grid) - 5e3 * tracer) / 10e3) ** 2))
