"""Stiff chemistry: the Chapman mechanism of stratospheric ozone, solved by NCAR's MICM.

MICM (PyPI `musica`) integrates d[X]/dt of O, O(1D), O2 and O3 by a Rosenbrock method with a step of
its own choice, the same for all cells of a block. Blocks are therefore fixed by the grid and never
by the number of processes: else one process and two would choose other steps and other bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import musica
import numpy as np
from musica.mechanism_configuration import parse
from musica.utils import find_config_path

from geoschem_bench_runner.proxy import atmosphere, photolysis
from geoschem_bench_runner.proxy.grid import Array, Grid

RELATIVE_TOLERANCE = 1.0e-3
ABSOLUTE_TOLERANCES = {"N2": 1e-6, "O1D": 1e-16, "O": 1e-13, "O2": 1e-6, "O3": 1e-11}
"""mol m-3. MICM's own default, 1e-3 for all, is more than all the ozone there is. After 12 hours of
changing light these keep ozone within 0.6 % of a run with rtol 1e-6, everywhere."""
PHOTOLYSIS = ("PHOTO.jo2_b", "PHOTO.jo3_b", "PHOTO.jo3_a")
"""In the order of `photolysis.rates`."""
COLUMNS = 24
"""Columns of a block: 1,728 cells stay in a second-level cache, and 138 blocks share out well."""


class ChemistryError(Exception):
    """The solver did not reach the end of the step."""


@dataclass(frozen=True)
class Block:
    """Some neighbouring columns on one circle of latitude."""

    row: int
    first: int
    last: int
    """One past the last longitude."""


def blocks(grid: Grid) -> list[Block]:
    """All blocks of a grid, in an order that depends on the grid only."""
    starts = range(0, grid.nlon, COLUMNS)
    return [
        Block(row, first, min(first + COLUMNS, grid.nlon))
        for row in range(grid.nlat)
        for first in starts
    ]


def chapman_solver() -> Any:  # noqa: ANN401 - musica has no types
    """MICM with the Chapman mechanism that comes with it (6 species, 7 reactions)."""
    mechanism = parse(find_config_path("v1", "chapman", "config.json"))
    solver = musica.MICM(mechanism=mechanism, solver_type=musica.SolverType.rosenbrock)
    order = solver.create_state(1).get_species_ordering()
    names = sorted(order, key=order.get)
    solver.set_solver_parameters(
        musica.micm.RosenbrockSolverParameters(
            relative_tolerance=RELATIVE_TOLERANCE,
            absolute_tolerances=[ABSOLUTE_TOLERANCES[name] for name in names],
        )
    )
    return solver


class Cells:
    """Cells solved together: one MICM state, filled and read through NumPy.

    Args:
        solver: from `chapman_solver`.
        temperature: (cells,), K.
        pressure: (cells,), Pa. The number of cells must be a multiple of MICM's vector of 4.
    """

    def __init__(self, solver: Any, temperature: Array, pressure: Array) -> None:  # noqa: ANN401
        self._solver = solver
        self._vector: int = musica.micm.micm.vector_size(musica.SolverType.rosenbrock)
        if temperature.size % self._vector:
            raise ValueError(f"{temperature.size} cells are no multiple of {self._vector}")
        self._state = solver.create_state(temperature.size)
        self._state.set_conditions(temperature, pressure)
        self.species: dict[str, int] = self._state.get_species_ordering()
        order = self._state.get_user_defined_rate_parameters_ordering()
        self._photolysis = [order[name] for name in PHOTOLYSIS]

    def solve(self, concentrations: Array, rates: Array, seconds: float) -> Array:
        """Concentrations after a step.

        Args:
            concentrations: (cells, species), mol m-3, species ordered as in `species`.
            rates: (cells, 3), s-1, in the order of `PHOTOLYSIS`.
            seconds: length of the step.
        """
        inner = self._state.get_internal_state()
        ordered = np.empty_like(rates)
        ordered[:, self._photolysis] = rates
        inner.concentrations[:] = _vector_of(self._packed(concentrations))
        inner.user_defined_rate_parameters[:] = _vector_of(self._packed(ordered))
        left = seconds
        while left > 0.0:
            result = self._solver.solve(self._state, left)
            if result.state != musica.micm.SolverState.Converged:
                raise ChemistryError(f"MICM stopped with {result.state} {left} s before the end")
            left -= result.stats.final_time
        return self._unpacked(np.array(list(inner.concentrations)))

    def _packed(self, values: Array) -> Array:
        """MICM's order: groups of 4 cells, in them species by species, in these cell by cell."""
        return values.reshape(-1, self._vector, values.shape[1]).transpose(0, 2, 1).ravel()

    def _unpacked(self, flat: Array) -> Array:
        columns = len(self.species)
        return flat.reshape(-1, columns, self._vector).transpose(0, 2, 1).reshape(-1, columns)


def _vector_of(flat: Array) -> Any:  # noqa: ANN401
    return musica.backend.get_backend().VectorDouble(flat)


class Chemistry:
    """The chemistry of some blocks of the grid.

    Args:
        grid: the grid.
        mine: the blocks to advance.
        seconds: length of one chemistry step.
    """

    def __init__(self, grid: Grid, mine: list[Block], seconds: float) -> None:
        self._grid, self._seconds = grid, seconds
        self._depths = photolysis.optical_depths(grid)
        self._density = atmosphere.air_density(grid)
        solver, temperature = chapman_solver(), atmosphere.temperature(grid)
        self._cells = [
            (
                block,
                Cells(
                    solver,
                    np.repeat(temperature[:, block.row], block.last - block.first),
                    np.repeat(grid.pressure, block.last - block.first),
                ),
            )
            for block in mine
        ]

    def step(self, tracers: Array, short_lived: Array, start: float) -> None:
        """Advance own blocks in place.

        Args:
            tracers: (8, nlev, nlat, nlon), mol mol-1, of which O3 and O2 react.
            short_lived: (2, nlev, nlat, nlon), mol mol-1: O(3P), O(1D).
            start: seconds since midnight UTC at the start of the step; light is that of its middle.
        """
        for block, cells in self._cells:
            self._advance(block, cells, tracers, short_lived, start + 0.5 * self._seconds)

    def _advance(
        self, block: Block, cells: Cells, tracers: Array, short_lived: Array, moment: float
    ) -> None:
        here = (slice(None), block.row, slice(block.first, block.last))
        views = {
            "O3": tracers[atmosphere.OZONE][here],
            "O2": tracers[atmosphere.OXYGEN][here],
            "O": short_lived[atmosphere.ATOMIC][here],
            "O1D": short_lived[atmosphere.EXCITED][here],
        }
        density = np.repeat(self._density[:, block.row], block.last - block.first)
        before = np.empty((density.size, len(cells.species)))
        before[:, cells.species["N2"]] = atmosphere.NITROGEN_FRACTION * density
        for name, view in views.items():
            before[:, cells.species[name]] = view.ravel() * density
        lat, lon = self._grid.lat[block.row], self._grid.lon[block.first : block.last]
        light = photolysis.rates(
            self._depths, photolysis.cosine_of_zenith(np.asarray(lat), lon, moment)
        )
        after = cells.solve(before, light.reshape(-1, 3), self._seconds)
        for name, view in views.items():
            view[:] = (after[:, cells.species[name]] / density).reshape(view.shape)
