"""What would full chemistry cost? TS1 (210 species, of CAM-chem) on a stated sample of columns.

For timing only: every cell starts from the mechanism's own surface state, and its photolysis rates
are the file's scaled by the sun's height. The results mean nothing and go nowhere.

    python -m geoschem_bench_runner.proxy.ts1 --columns 4 --steps 1
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import musica
import numpy as np
from musica.mechanism_configuration import parse
from musica.utils import find_config_path

from geoschem_bench_runner.proxy.chemistry import ChemistryError
from geoschem_bench_runner.proxy.grid import LEVELS

STEP_SECONDS = 1_200.0
RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE_MOL_PER_M3 = 1.0e-3, 1.0e-12
"""With MICM's own 1e-3 mol m-3 radicals go unheeded, and in strong light it finds no step."""
SETTLING_STEPS, SETTLING_SECONDS = 3, 30.0
FOLDER = ("v1", "ts1")


@dataclass(frozen=True)
class SampleTiming:
    """How long the sample took."""

    mechanism: str
    species: int
    columns: int
    cells: int
    steps: int
    wall_seconds: float
    """Of the solver's steps alone; building and settling are left out."""
    microseconds_per_cell_step: float


def time_sample(columns: int, steps: int) -> SampleTiming:
    """Solve TS1 for some columns of 72 cells, evenly spread over the daylight.

    Raises:
        ChemistryError: the solver did not reach the end of a step.
    """
    mechanism = parse(find_config_path(*FOLDER, "ts1.json"))
    solver = musica.MICM(mechanism=mechanism, solver_type=musica.SolverType.rosenbrock)
    cells = columns * LEVELS
    count = len(solver.create_state(1).get_species_ordering())
    solver.set_solver_parameters(
        musica.micm.RosenbrockSolverParameters(
            relative_tolerance=RELATIVE_TOLERANCE,
            absolute_tolerances=[ABSOLUTE_TOLERANCE_MOL_PER_M3] * count,
        )
    )
    state = solver.create_state(cells)  # after the tolerances, which it takes along
    _fill(state, columns)
    for _ in range(SETTLING_STEPS):  # radicals start from nothing: too stiff for a long first step
        _advance(solver, state, SETTLING_SECONDS)
    start = time.monotonic()
    for _ in range(steps):
        _advance(solver, state, STEP_SECONDS)
    seconds = time.monotonic() - start
    return SampleTiming(
        mechanism="TS1",
        species=count,
        columns=columns,
        cells=cells,
        steps=steps,
        wall_seconds=seconds,
        microseconds_per_cell_step=seconds / (cells * steps) * 1e6,
    )


def _fill(state: Any, columns: int) -> None:  # noqa: ANN401 - musica has no types
    """Every cell as the mechanism's own file has it, but for the light."""
    given = _initial_values()
    cells = columns * LEVELS
    temperature, pressure = given["ENV.temperature"], given["ENV.pressure"]
    state.set_conditions(np.full(cells, temperature), np.full(cells, pressure))
    species = state.get_species_ordering()
    state.set_concentrations({name: [given.get(f"CONC.{name}", 0.0)] * cells for name in species})
    sun = np.repeat(np.linspace(0.1, 1.0, columns), LEVELS)
    state.set_user_defined_rate_parameters(
        {
            # what the file does not give is nought: MICM leaves it as it finds it, which may be NaN
            name: list(
                given.get(name, 0.0) * (sun if name.startswith("PHOTO.") else np.ones(cells))
            )
            for name in state.get_user_defined_rate_parameters_ordering()
        }
    )


def _advance(solver: Any, state: Any, seconds: float) -> None:  # noqa: ANN401
    left = seconds
    while left > 0.0:
        result = solver.solve(state, left)
        if result.state != musica.micm.SolverState.Converged:
            raise ChemistryError(f"MICM stopped with {result.state} {left} s before the end")
        left -= result.stats.final_time


def _initial_values() -> dict[str, float]:
    """By MICM's names: `CONC.O3` (mol m-3), `PHOTO.jno2` (s-1), surfaces, the environment."""
    values = {}
    with Path(find_config_path(*FOLDER, "initial_conditions.csv")).open() as file:
        for name, *numbers in csv.reader(file):
            if name.startswith("SURF.") and len(numbers) == 2:
                values[f"{name}.effective radius [m]"] = float(numbers[0])
                values[f"{name}.particle number concentration [# m-3]"] = float(numbers[1])
            elif numbers:
                values[name] = float(numbers[0])
    return values


def main() -> int:
    """Time a sample; JSON on standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("--steps", type=int, default=1)
    given = parser.parse_args()
    json.dump(asdict(time_sample(given.columns, given.steps)), sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
