import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoschem_bench_runner.proxy.advection import Upwind
from geoschem_bench_runner.proxy.grid import EARTH_RADIUS_M, Grid
from geoschem_bench_runner.proxy.wind import (
    Fluxes,
    fluxes_from_streams,
    steady_wind,
    substeps,
)

SMALL = Grid(8, 6, 4)
SECONDS = 600.0


def any_wind(grid, random, strength):
    """Random fluxes that respect the walls; not free of divergence, which mass must survive."""
    nlev, nlat, nlon = grid.shape
    scale = strength * grid.air_mass.min() / SECONDS
    x = random.normal(size=(nlev, nlat, nlon + 1)) * scale
    x[..., -1] = x[..., 0]
    y = random.normal(size=(nlev, nlat + 1, nlon)) * scale
    z = random.normal(size=(nlev + 1, nlat, nlon)) * scale
    y[:, [0, -1]] = 0.0
    z[[0, -1]] = 0.0
    return Fluxes(x, y, z)


def blow(grid, wind, field, steps, levels=None):
    parts = substeps(grid, wind, SECONDS)
    scheme = Upwind(grid, wind, SECONDS / parts, levels or range(grid.nlev))
    old, new = field.copy(), np.empty_like(field)
    for _ in range(steps * parts):
        scheme.step(old, new)
        old, new = new, old
    return old


def mass(grid, field):
    return (grid.air_mass[:, :, None] * field).sum(axis=(1, 2, 3))


@given(seed=st.integers(0, 2**32 - 1), strength=st.floats(1e-3, 30.0), spikes=st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_wind_keeps_mass_and_sign(seed, strength, spikes):
    random = np.random.default_rng(seed)
    field = random.random((3, *SMALL.shape))
    if spikes:  # mostly nothing, some of it all: the hardest for positivity
        field = np.where(field > 0.95, 1e3 * field, 0.0)
        field[0, 0, 0, 0] = field[1, 1, 1, 1] = field[2, 2, 2, 2] = 1.0
    after = blow(SMALL, any_wind(SMALL, random, strength), field, steps=3)
    assert after.min() >= 0.0
    np.testing.assert_allclose(mass(SMALL, after), mass(SMALL, field), rtol=1e-13)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_what_is_even_stays_even_and_no_new_extremes_appear(seed):
    random = np.random.default_rng(seed)
    nlev, nlat, nlon = SMALL.shape
    stream = random.normal(size=(nlev, nlat + 1, nlon + 1)) * 1e8
    stream[:, [0, -1]] = 0.0
    stream[..., -1] = stream[..., 0]
    over = random.normal(size=(nlev + 1, nlat + 1)) * 1e11
    over[[0, -1]] = 0.0
    over[:, [0, -1]] = 0.0
    field = random.random((2, *SMALL.shape))
    field[0] = 0.25
    after = blow(SMALL, fluxes_from_streams(SMALL, stream, over), field, steps=4)
    np.testing.assert_allclose(after[0], 0.25, rtol=1e-12)
    assert field[1].min() * (1 - 1e-12) <= after[1].min()
    assert after[1].max() <= field[1].max() * (1 + 1e-12)


def test_a_cloud_goes_round_the_earth_in_time():
    """Solid-body rotation (Williamson et al. 1992, test case 1): the centre must keep pace."""
    grid = Grid(72, 46, 2)
    days = 3.0
    omega = 2.0 * np.pi / (12.0 * 86_400.0)  # once round in 12 days
    stream = -(EARTH_RADIUS_M**2) * omega * np.sin(grid.lat_edges)[None, :, None]
    wind = fluxes_from_streams(
        grid,
        np.broadcast_to(stream, (2, 47, 73)).copy(),
        np.zeros((3, 47)),
    )
    field = np.full((1, *grid.shape), 1e-9)
    field[:, :, 20:26, 10:16] = 1.0
    after = blow(grid, wind, field, steps=round(days * 144))
    turned = np.angle(centre(grid, after) / centre(grid, field))
    # upwind lags by (1 - c)(1 - 2c)(k dx)^2 / 6 = 0.11 % for the longest wave
    assert turned == pytest.approx(2.0 * np.pi * days / 12.0, rel=2e-3)


def centre(grid, field):
    """The mean direction of the tracer in the equatorial plane, a complex number."""
    weight = (grid.air_mass[:, :, None] * field[0]).sum(axis=(0, 1))
    return (weight * np.exp(1j * grid.lon)).sum()


def test_overturning_lifts_tracer_off_the_ground():
    grid = Grid(8, 19, 24)
    field = np.zeros((1, *grid.shape))
    field[:, 0] = 1.0
    after = blow(grid, steady_wind(grid), field, steps=20)
    assert after[0, 1, 9].min() > 0.0
    assert after[0, 1, 9].mean() > after[0, 1, 3].mean()  # it rises at the equator


def test_levels_may_be_shared_out_in_any_way():
    grid = Grid(12, 7, 9)
    random = np.random.default_rng(7)
    wind, field = any_wind(grid, random, 0.05), random.random((3, *grid.shape))
    assert substeps(grid, wind, SECONDS) == 1
    whole = blow(grid, wind, field, steps=1)
    for shares in ([range(9)], [range(4), range(4, 9)], [[8, 0], [3], [1, 2, 4, 5, 6, 7]]):
        pieces = np.full_like(field, np.nan)
        for levels in shares:
            Upwind(grid, wind, SECONDS, list(levels)).step(field, pieces)
        assert pieces.tobytes() == whole.tobytes()


def test_tracers_done_in_chunks_are_the_tracers_done_at_once(monkeypatch):
    random = np.random.default_rng(3)
    wind, field = any_wind(SMALL, random, 0.3), random.random((5, *SMALL.shape))
    whole = blow(SMALL, wind, field, steps=2)
    monkeypatch.setattr("geoschem_bench_runner.proxy.advection.CACHE_CELLS", 2 * 48)
    assert blow(SMALL, wind, field, steps=2).tobytes() == whole.tobytes()
