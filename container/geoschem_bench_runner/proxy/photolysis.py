"""Light: the sun's height and the three photolysis rates of the Chapman mechanism.

Grey absorption along the slant path (Beer-Lambert; Jacob 1999, Introduction to Atmospheric
Chemistry, chapter 10). The magnitudes are right to a factor of a few, which sets the stiffness; the
proxy forecasts no ozone.
"""

from __future__ import annotations

import numpy as np

from geoschem_bench_runner.proxy.atmosphere import (
    OXYGEN_FRACTION,
    altitude,
    ozone_profile,
)
from geoschem_bench_runner.proxy.grid import Array, Grid

DECLINATION_RAD = np.radians(23.1)
"""1 July, the month of GEOS-Chem's own one-month simulations."""
SECONDS_PER_DAY = 86_400.0
AVOGADRO_PER_MOL = 6.02214076e23
AIR_KG_PER_MOL = 0.0289644
JO2_TOP_PER_S, JO2_CROSS_SECTION_M2 = 1.0e-9, 1.0e-27
JO3_EXCITED_TOP_PER_S, JO3_CROSS_SECTION_M2 = 8.0e-3, 4.0e-22
JO3_GROUND_PER_S = 4.0e-4
"""The Chappuis band is thin: the same at all heights while the sun is up."""
LOWEST_COSINE = 0.05
"""A flat atmosphere's slant path grows without bound at the horizon; a round one's does not."""


def cosine_of_zenith(lat: Array, lon: Array, seconds: float) -> Array:
    """Cosine of the solar zenith angle at a time since midnight UTC; lat and lon in radians."""
    hour_angle = 2.0 * np.pi * seconds / SECONDS_PER_DAY - np.pi + lon
    high = np.sin(lat) * np.sin(DECLINATION_RAD)
    result: Array = high + np.cos(lat) * np.cos(DECLINATION_RAD) * np.cos(hour_angle)
    return result


def optical_depths(grid: Grid) -> tuple[Array, Array]:
    """Vertical optical depths of O2 and O3 above the middle of each layer; each (nlev,)."""
    layer = grid.column_air / AIR_KG_PER_MOL * AVOGADRO_PER_MOL
    return (
        JO2_CROSS_SECTION_M2 * _above(OXYGEN_FRACTION * layer),
        JO3_CROSS_SECTION_M2 * _above(ozone_profile(altitude(grid)) * layer),
    )


def _above(layer: Array) -> Array:
    """Sum of all layers above, with half of this one."""
    from_top: Array = np.cumsum(layer[::-1])[::-1]
    return from_top - 0.5 * layer


def rates(depths: tuple[Array, Array], cosine: Array) -> Array:
    """Photolysis rates, s-1, shape (nlev, columns, 3): O2 -> 2 O, O3 -> O(1D), O3 -> O(3P).

    Args:
        depths: vertical optical depths of O2 and O3, each (nlev,).
        cosine: of the solar zenith angle, (columns,). Zero rates where the sun is down.
    """
    day = np.where(cosine > 0.0, 1.0, 0.0)
    slant = 1.0 / np.maximum(cosine, LOWEST_COSINE)
    result = np.empty((depths[0].size, cosine.size, 3))
    result[..., 0] = JO2_TOP_PER_S * day * np.exp(-depths[0][:, None] * slant)
    result[..., 1] = JO3_EXCITED_TOP_PER_S * day * np.exp(-depths[1][:, None] * slant)
    result[..., 2] = JO3_GROUND_PER_S * day
    return result
