"""The model's grid: GEOS-Chem Classic's longitudes and latitudes, 72 levels, and the air in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

EARTH_RADIUS_M = 6.371e6
GRAVITY_M_PER_S2 = 9.80665
GAS_CONSTANT_J_PER_MOL_K = 8.31446261815324
SURFACE_PRESSURE_PA = 101_325.0
TOP_PRESSURE_PA = 1.0
"""0.01 hPa, the top of the model's 72-level atmosphere."""
LEVELS = 72

SIZES: dict[str, tuple[int, int]] = {"4x5": (72, 46), "2x2.5": (144, 91)}
"""Resolution -> longitudes, latitudes. Sizes of GEOS-Chem Classic's global grids."""


@dataclass(frozen=True)
class Grid:
    """A global longitude-latitude grid with half-height boxes at the poles, as GEOS-Chem has.

    Levels are even in the logarithm of pressure over a flat surface; the model's own 72 are denser
    near the ground. That changes where the air is, not the work per cell.
    """

    nlon: int
    nlat: int
    nlev: int

    def __post_init__(self) -> None:
        if self.nlon < 4 or self.nlat < 3 or self.nlev < 2:
            raise ValueError(f"a grid of {self.shape} is too small: 2 levels x 3 x 4 at least")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Levels (from the ground up), latitudes (from the south), longitudes."""
        return self.nlev, self.nlat, self.nlon

    @property
    def lat_edges(self) -> Array:
        """Shape (nlat + 1,), radians."""
        inner = -90.0 + 180.0 / (self.nlat - 1) * (np.arange(self.nlat - 1) + 0.5)
        edges: Array = np.radians(np.concatenate([[-90.0], inner, [90.0]]))
        return edges

    @property
    def lon_edges(self) -> Array:
        """Shape (nlon + 1,), radians; the first box is centred on the date line."""
        edges: Array = np.radians(-180.0 + 360.0 / self.nlon * (np.arange(self.nlon + 1) - 0.5))
        return edges

    @property
    def lat(self) -> Array:
        """Shape (nlat,), radians: the middles of the boxes."""
        return 0.5 * (self.lat_edges[1:] + self.lat_edges[:-1])

    @property
    def lon(self) -> Array:
        """Shape (nlon,), radians: the middles of the boxes."""
        return 0.5 * (self.lon_edges[1:] + self.lon_edges[:-1])

    @property
    def pressure_edges(self) -> Array:
        """Shape (nlev + 1,), Pa, falling."""
        span = np.log(TOP_PRESSURE_PA / SURFACE_PRESSURE_PA)
        edges: Array = SURFACE_PRESSURE_PA * np.exp(span * np.arange(self.nlev + 1) / self.nlev)
        return edges

    @property
    def pressure(self) -> Array:
        """Shape (nlev,), Pa: the middles of the layers."""
        return 0.5 * (self.pressure_edges[1:] + self.pressure_edges[:-1])

    @property
    def cell_area(self) -> Array:
        """Shape (nlat,), m2: exact areas on the sphere."""
        strip: Array = np.diff(np.sin(self.lat_edges))
        return EARTH_RADIUS_M**2 * (2.0 * np.pi / self.nlon) * strip

    @property
    def column_air(self) -> Array:
        """Shape (nlev,), kg m-2: air of a layer over a square metre, by the hydrostatic law."""
        air: Array = -np.diff(self.pressure_edges) / GRAVITY_M_PER_S2
        return air

    @property
    def air_mass(self) -> Array:
        """Shape (nlev, nlat), kg: air in one cell; the same at all longitudes."""
        return self.column_air[:, None] * self.cell_area[None, :]


def grid_of(resolution: str) -> Grid:
    """The grid of a resolution that the proxy knows."""
    nlon, nlat = SIZES[resolution]
    return Grid(nlon, nlat, LEVELS)
