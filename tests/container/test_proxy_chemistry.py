"""The Chapman mechanism against SciPy's BDF with the rate constants written out anew."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from geoschem_bench_runner.proxy import atmosphere, photolysis
from geoschem_bench_runner.proxy.chemistry import (
    Cells,
    Chemistry,
    ChemistryError,
    blocks,
    chapman_solver,
)
from geoschem_bench_runner.proxy.grid import Grid, grid_of

HEIGHTS_M = np.array([1e3, 12e3, 20e3, 25e3, 30e3, 40e3, 50e3, 60e3])
TEMPERATURE_K = np.array([282.0, 217.0, 217.0, 222.0, 227.0, 250.0, 270.0, 247.0])
PRESSURE_PA = 101_325.0 * np.exp(-HEIGHTS_M / 7_000.0)
DENSITY = PRESSURE_PA / (8.31446261815324 * TEMPERATURE_K)  # mol m-3
STEP = 1_200.0


def chapman(temperature, density, light):
    """d[O1D, O, O2, O3]/dt in mol m-3 s-1; constants of the mechanism, in mol, m and s."""
    to_atomic_n2 = 12947602.634 * np.exp(109.94829243348597 / temperature)
    to_atomic_o2 = 19873064.508 * np.exp(54.97414621674299 / temperature)
    both_lost = 4817712.608 * np.exp(-2059.0316582998285 / temperature)
    formed = 217.59707599952029 * (temperature / 300.0) ** -2.4 * density
    nitrogen = 0.78084 * density

    def tendency(_, y):
        o1d, o, o2, o3 = y
        quench = (to_atomic_n2 * nitrogen + to_atomic_o2 * o2) * o1d
        make, lose = formed * o * o2, both_lost * o * o3
        split, excite, ground = light[0] * o2, light[1] * o3, light[2] * o3
        return [
            excite - quench,
            quench + 2.0 * split + ground - make - lose,
            2.0 * lose + excite + ground - split - make,
            make - lose - excite - ground,
        ]

    return tendency


def start():
    """(cells, 4): O1D, O, O2, O3 in mol m-3."""
    o3 = atmosphere.ozone_profile(HEIGHTS_M) * DENSITY
    return np.stack([0.0 * o3, 0.0 * o3, 0.20946 * DENSITY, o3], axis=1)


def by_bdf(lights):
    """The same steps by SciPy; `lights` is (steps, cells, 3)."""
    ends = []
    for cell, y in enumerate(start()):
        for light in lights[:, cell]:
            tendency = chapman(TEMPERATURE_K[cell], DENSITY[cell], light)
            solved = solve_ivp(
                tendency, (0.0, STEP), y, "BDF", rtol=1e-9, atol=[1e-28, 1e-24, 1e-15, 1e-19]
            )
            assert solved.success
            y = solved.y[:, -1]
        ends.append(y)
    return np.array(ends)


def by_micm(lights):
    cells = Cells(chapman_solver(), TEMPERATURE_K, PRESSURE_PA)
    order = [cells.species[name] for name in ("O1D", "O", "O2", "O3")]
    state = np.zeros((HEIGHTS_M.size, 5))
    state[:, cells.species["N2"]] = 0.78084 * DENSITY
    state[:, order] = start()
    for light in lights:
        state = cells.solve(state, light, STEP)
    return state[:, order]


def lights(cosines):
    o2 = 1.0e-27 * 0.20946 * PRESSURE_PA / 9.81 / 0.029 * 6.022e23
    o3 = 4.0e-22 * 8.0e22 * np.minimum(1.0, np.exp(-(HEIGHTS_M - 20e3) / 6e3))  # 300 DU
    return np.stack([photolysis.rates((o2, o3), np.array([c]))[:, 0, :] for c in cosines])


def test_ozone_after_an_hour_of_changing_light_is_bdfs():
    light = lights([0.3, 0.6, 0.9])
    ours, theirs = by_micm(light), by_bdf(light)
    assert (np.abs(theirs[:, 3] / start()[:, 3] - 1.0) > 1e-3).any()  # something happened
    np.testing.assert_allclose(ours[:, 2], theirs[:, 2], rtol=1e-9)  # O2
    np.testing.assert_allclose(ours[:, 3], theirs[:, 3], rtol=1e-5)  # O3
    np.testing.assert_allclose(ours[:, :2], theirs[:, :2], rtol=1e-5)  # O1D and O


def test_ozone_through_dusk_is_bdfs():
    light = lights([0.2, 0.0, -0.2])
    ours, theirs = by_micm(light), by_bdf(light)
    np.testing.assert_allclose(ours[:, 3], theirs[:, 3], rtol=1e-5)
    assert ours.min() >= 0.0


def test_oxygen_atoms_are_kept():
    atoms = np.array([1.0, 1.0, 2.0, 3.0])
    after = by_micm(lights([0.9, 0.5, 0.1, -0.1]))
    np.testing.assert_allclose(after @ atoms, start() @ atoms, rtol=1e-13)


def test_in_steady_light_atomic_oxygen_balances_ozone():
    """Chapman (1930): O lives for seconds, so what makes it and what takes it are equal.

    Up to 40 km; at 60 km it lives for a quarter of an hour.
    """
    light = lights([0.8] * 3)
    for cell, (_, o, o2, o3) in enumerate(by_micm(light)[:6]):
        warmth, (split, excite, ground) = TEMPERATURE_K[cell], light[-1, cell]
        takes = 217.59707599952029 * (warmth / 300.0) ** -2.4 * DENSITY[cell] * o2
        takes += 4817712.608 * np.exp(-2059.0316582998285 / warmth) * o3
        makes = (excite + ground) * o3 + 2.0 * split * o2
        assert o == pytest.approx(makes / takes, rel=0.01)


def test_a_result_that_does_not_converge_is_refused():
    cells = Cells(chapman_solver(), TEMPERATURE_K, PRESSURE_PA)
    broken = np.full((HEIGHTS_M.size, 5), np.nan)
    with pytest.raises(ChemistryError, match="MICM stopped"):
        cells.solve(broken, lights([0.5])[0], STEP)


def test_cells_must_fill_micms_vectors():
    with pytest.raises(ValueError, match="multiple of 4"):
        Cells(chapman_solver(), TEMPERATURE_K[:5], PRESSURE_PA[:5])


@pytest.mark.parametrize("grid", [grid_of("4x5"), grid_of("2x2.5"), Grid(30, 5, 4)])
def test_blocks_cover_each_column_once(grid):
    covered = np.zeros((grid.nlat, grid.nlon), dtype=int)
    for block in blocks(grid):
        covered[block.row, block.first : block.last] += 1
    assert (covered == 1).all()


def test_a_step_on_the_grid_is_the_step_of_its_cells():
    """Gathering and scattering: each cell gets its own temperature, light and tracers back."""
    grid = Grid(8, 5, 8)
    tracers = np.stack([atmosphere.initial_level(grid, k, chemistry=True) for k in range(8)], 1)
    random = np.random.default_rng(1)
    tracers[atmosphere.OZONE] *= random.uniform(0.5, 1.5, grid.shape)
    before, short_lived = tracers.copy(), np.zeros((2, *grid.shape))
    Chemistry(grid, blocks(grid), STEP).step(tracers, short_lived, start=36_000.0)
    np.testing.assert_array_equal(tracers[2:], before[2:])
    row = 3
    middle = photolysis.cosine_of_zenith(grid.lat[row], grid.lon, 36_600.0)
    lon = int(np.argmin(np.abs(middle - 0.3)))  # a low sun, whose light changes fast
    light = photolysis.rates(photolysis.optical_depths(grid), middle[lon : lon + 1])[:, 0]
    density = atmosphere.air_density(grid)[:, row]
    cells = Cells(chapman_solver(), atmosphere.temperature(grid)[:, row], grid.pressure)
    state = np.zeros((8, 5))
    state[:, cells.species["N2"]] = atmosphere.NITROGEN_FRACTION * density
    state[:, cells.species["O2"]] = before[atmosphere.OXYGEN, :, row, lon] * density
    state[:, cells.species["O3"]] = before[atmosphere.OZONE, :, row, lon] * density
    alone = cells.solve(state, light, STEP)
    o3 = alone[:, cells.species["O3"]] / density
    np.testing.assert_allclose(tracers[atmosphere.OZONE, :, row, lon], o3, rtol=2e-3)
    excited = alone[:, cells.species["O1D"]] / density
    np.testing.assert_allclose(
        short_lived[atmosphere.EXCITED, :, row, lon], excited, rtol=5e-3, atol=1e-24
    )


def test_the_sun_is_up_at_noon_and_over_the_summer_pole_at_midnight():
    noon = photolysis.cosine_of_zenith(np.radians(23.1), np.array([0.0]), 43_200.0)
    assert noon[0] == pytest.approx(1.0)
    midnight = photolysis.cosine_of_zenith(np.radians([[0.0], [89.0], [-89.0]]), np.zeros(1), 0.0)
    assert midnight[0, 0] < 0.0 < midnight[1, 0]
    assert midnight[2, 0] < 0.0


def test_no_light_no_photolysis_and_less_of_it_below():
    grid = grid_of("4x5")
    rates = photolysis.rates(photolysis.optical_depths(grid), np.array([-0.1, 0.9]))
    assert not rates[:, 0].any()
    assert (np.diff(rates[:, 1, :2], axis=0) >= 0.0).all()
    assert 1e-10 < rates[-1, 1, 0] < 1e-8
    assert 1e-3 < rates[-1, 1, 1] < 2e-2
