import numpy as np
import pytest

from geoschem_bench_runner.proxy.grid import (
    EARTH_RADIUS_M,
    GRAVITY_M_PER_S2,
    SURFACE_PRESSURE_PA,
    TOP_PRESSURE_PA,
    Grid,
    grid_of,
)
from geoschem_bench_runner.proxy.wind import Fluxes, steady_wind, substeps


@pytest.mark.parametrize(("resolution", "shape"), [("4x5", (72, 46, 72)), ("2x2.5", (72, 91, 144))])
def test_grids_have_the_models_sizes(resolution, shape):
    assert grid_of(resolution).shape == shape


def test_boxes_at_the_poles_are_half_as_high():
    edges = np.degrees(grid_of("4x5").lat_edges)
    assert np.diff(edges)[[0, 1, -2, -1]] == pytest.approx([2.0, 4.0, 4.0, 2.0])
    assert edges[[0, -1]] == pytest.approx([-90.0, 90.0])


@pytest.mark.parametrize("grid", [grid_of("4x5"), grid_of("2x2.5"), Grid(8, 5, 4)])
def test_cells_cover_the_sphere_and_hold_all_the_air(grid):
    sphere = 4.0 * np.pi * EARTH_RADIUS_M**2
    assert grid.nlon * grid.cell_area.sum() == pytest.approx(sphere, rel=1e-13)
    air = (SURFACE_PRESSURE_PA - TOP_PRESSURE_PA) / GRAVITY_M_PER_S2 * sphere
    assert grid.nlon * grid.air_mass.sum() == pytest.approx(air, rel=1e-13)


def test_a_grid_too_small_to_wrap_is_refused():
    with pytest.raises(ValueError, match="too small"):
        Grid(2, 5, 4)


@pytest.mark.parametrize("grid", [grid_of("4x5"), grid_of("2x2.5")])
def test_wind_neither_gathers_nor_thins_air(grid):
    wind = steady_wind(grid)
    gain = -np.diff(wind.x, axis=2) - np.diff(wind.y, axis=1) - np.diff(wind.z, axis=0)
    largest = max(np.abs(part).max() for part in (wind.x, wind.y, wind.z))
    assert np.abs(gain).max() < 1e-12 * largest


def test_no_air_crosses_the_poles_the_ground_or_the_top():
    wind = steady_wind(grid_of("4x5"))
    assert not wind.y[:, [0, -1]].any()
    assert not wind.z[[0, -1]].any()
    np.testing.assert_array_equal(wind.x[..., 0], wind.x[..., -1])


def test_wind_is_as_strong_as_in_the_atmosphere():
    grid = grid_of("4x5")
    eastward = steady_wind(grid).x[:, :, :-1] / grid.column_air[:, None, None]
    speed = eastward / (EARTH_RADIUS_M * np.diff(grid.lat_edges)[None, :, None])
    assert 30.0 < speed.max() < 120.0  # m/s


@pytest.mark.parametrize("resolution", ["4x5", "2x2.5"])
def test_the_models_own_step_needs_no_cutting(resolution):
    grid = grid_of(resolution)
    assert substeps(grid, steady_wind(grid), 600.0) == 1


def test_ten_times_the_wind_is_taken_in_more_parts():
    grid = grid_of("2x2.5")
    wind = steady_wind(grid)
    strong = Fluxes(10.0 * wind.x, 10.0 * wind.y, 10.0 * wind.z)
    assert substeps(grid, strong, 600.0) == substeps(grid, wind, 6000.0) > 1
