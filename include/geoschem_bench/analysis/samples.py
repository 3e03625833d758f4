"""Runs of one setup, gathered: what everything that compares works from."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from geoschem_bench import units
from geoschem_bench.analysis.grouping import latest_submissions, natural_key
from geoschem_bench.analysis.labels import labels_of
from geoschem_bench.analysis.setups import Setup, setup_of
from geoschem_bench.records import Result


@dataclass(frozen=True)
class Sample:
    """All runs of one setup, oldest first."""

    setup: Setup
    label: str
    """Tells samples of one simulation apart: `c5.4xlarge, 16 threads, singularity`. It holds
    among the samples that were made together, and changes with them: no key."""
    runs: tuple[Result, ...]
    """Those that the values are of."""
    left_out: tuple[Result, ...] = ()
    """Smoke runs beside others; and cold runs beside warm ones, as their extra seconds are the
    disk's, not the machine's."""

    @property
    def values(self) -> tuple[float, ...]:
        """Seconds: of several runs the median of each; of a single run its repetitions."""
        if len(self.runs) == 1:
            return self.runs[0].wall_seconds
        return tuple(statistics.median(run.wall_seconds) for run in self.runs)

    @property
    def kind(self) -> Literal["runs", "repetitions"]:
        """What the values are: repetitions of one job vary less than jobs do."""
        single = len(self.runs) == 1 and len(self.runs[0].wall_seconds) > 1
        return "repetitions" if single else "runs"

    @property
    def is_cold(self) -> bool:
        """Only cold runs are known. False also where nobody said."""
        return all(run.is_cold is True for run in self.runs)

    @property
    def is_smoke(self) -> bool:
        """All runs are too short or too synthetic to generalise from."""
        return all(run.is_smoke for run in self.runs)

    @property
    def all_runs(self) -> tuple[Result, ...]:
        """Those left out too."""
        return (*self.runs, *self.left_out)

    @property
    def left_out_as_smoke(self) -> tuple[Result, ...]:
        """Smoke runs beside others."""
        return tuple(run for run in self.left_out if run.is_smoke and not self.is_smoke)

    @property
    def left_out_as_cold(self) -> tuple[Result, ...]:
        """Cold runs beside warm ones, of the same class as these."""
        return tuple(run for run in self.left_out if run.is_smoke is self.is_smoke)

    @property
    def clock_uncertainty_seconds(self) -> float:
        """Of one value: the coarsest clock among the runs; 0 where all tell full seconds."""
        return max(run.wall_uncertainty_seconds or 0.0 for run in self.runs)

    @property
    def hours_per_sim_day(self) -> tuple[float, ...] | None:
        """The values as wall-clock hours per simulated day; None for a proxy."""
        simulation = self.setup.simulation
        if simulation.workload != "model" or simulation.simulated_days <= 0:
            return None
        days = simulation.simulated_days
        return tuple(units.hours_per_sim_day(days, seconds) for seconds in self.values)


def samples_of(results: Iterable[Result]) -> list[Sample]:
    """Samples of what succeeded, by the latest submission of each benchmark and run.

    Args:
        results: Of any runs, in any order. Published runs are in samples of their own.

    Returns:
        By simulation, then label, numbers in their order: the same whatever the order given.
    """
    groups: dict[Setup, list[Result]] = {}
    for result in latest_submissions(results)[0]:
        if _is_usable(result):
            groups.setdefault(setup_of(result), []).append(result)
    labels = labels_of(groups)
    samples = (_sample(setup, labels[setup], runs) for setup, runs in groups.items())
    return sorted(samples, key=_place)


def _is_usable(result: Result) -> bool:
    # 0 seconds is a clock that does not tick: no ratio can be made of it
    walls = result.wall_seconds
    return result.status == "succeeded" and bool(walls) and _are_durations(walls)


def _are_durations(walls: Sequence[float]) -> bool:
    return all(math.isfinite(wall) and wall > 0 for wall in walls)


def _sample(setup: Setup, label: str, results: Sequence[Result]) -> Sample:
    ordered = sorted(results, key=lambda r: (r.benchmark_run_id, natural_key(r.benchmark_id)))
    kept, smoke = _split(ordered, lambda run: not run.is_smoke)
    warm, cold = _split(kept, lambda run: run.is_cold is not True)
    return Sample(setup, label, warm, (*cold, *smoke))


def _split(
    runs: Sequence[Result], is_wanted: Callable[[Result], bool]
) -> tuple[tuple[Result, ...], tuple[Result, ...]]:
    """Those wanted and the others; all and none where none is wanted."""
    wanted = tuple(run for run in runs if is_wanted(run))
    others = tuple(run for run in runs if not is_wanted(run))
    return (wanted, others) if wanted else (others, ())


def _place(sample: Sample) -> tuple[object, ...]:
    simulation = sample.setup.simulation
    names = (simulation.workload, simulation.application, simulation.simulation_type,
             simulation.region)  # fmt: skip
    return (*names, natural_key(simulation.resolution), simulation.simulated_days,
            natural_key(sample.label))  # fmt: skip
