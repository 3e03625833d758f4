"""One run of the proxy: set up, then the timed part, then the check of its science."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from geoschem_bench_runner.proxy import shared
from geoschem_bench_runner.proxy.check import Soundness, check, conserved
from geoschem_bench_runner.proxy.grid import Array, Grid, grid_of
from geoschem_bench_runner.proxy.wind import steady_wind, substeps
from geoschem_bench_runner.proxy.worker import ANSWER, ORDER, Order, Share
from geoschem_bench_runner.team import CpuSeconds, Team

TRANSPORT_SECONDS = 600.0
CHEMISTRY_SECONDS = 1_200.0
"""GEOS-Chem Classic's own time steps at 4x5."""
STEPS_PER_DAY = 72
"""Chemistry steps; a day is cut into these, so durations are multiples of 20 minutes."""
SIMULATIONS = ("TransportTracers", "fullchem")


@dataclass(frozen=True)
class ProxyRun:
    """What one run measured."""

    wall_seconds: float
    cpu: CpuSeconds
    """Of the timed part: all workers and their master."""
    timers: dict[str, float]
    """Wall seconds of each component; together the timed part."""
    setup_seconds: float
    """Before the timed part: starting processes, importing, filling the fields."""
    steps: int
    soundness: Soundness


def run(simulation: str, resolution: str, days: float, threads: int) -> ProxyRun:
    """Run the proxy on the model's grid.

    Args:
        simulation: one of `SIMULATIONS`.
        resolution: a key of `grid.SIZES`.
        days: simulated days, a multiple of 1/72.
        threads: processes to share the work.
    """
    steps = round(days * STEPS_PER_DAY)
    return run_on(grid_of(resolution), steps, threads, chemistry=simulation == "fullchem")


def run_on(
    grid: Grid,
    steps: int,
    threads: int,
    *,
    chemistry: bool,
    keep: Callable[[Array, Array], None] | None = None,
) -> ProxyRun:
    """Run `steps` times 20 minutes on any grid.

    `keep` is given the final fields (tracers, short-lived), which are gone afterwards.

    Raises:
        UnsoundResultError: the computation broke a conservation law.
        MemberDiedError: one of its processes ended early.
    """
    born = time.monotonic()
    descriptor = shared.make(grid)
    try:
        fields = shared.Fields(descriptor, grid)
        with _team(grid, descriptor, threads, chemistry=chemistry) as team:
            course = _Course(team, _parts(grid))
            course.cpu = _total(team)
            before = conserved(grid, fields.tracers[0], fields.short_lived, chemistry=chemistry)
            ready, ready_own, start = course.cpu, _own(), time.monotonic()
            for step in range(steps):
                course.advance(step, chemistry=chemistry)
            wall, cpu = time.monotonic() - start, course.cpu - ready + (_own() - ready_own)
    finally:
        os.close(descriptor)
    final = fields.tracers[course.present]
    after = conserved(grid, final, fields.short_lived, chemistry=chemistry)
    sound = check(before, after, final, fields.short_lived)
    if keep is not None:
        keep(final, fields.short_lived)
    return ProxyRun(wall, cpu, course.timers, start - born, steps, sound)


def _team(grid: Grid, descriptor: int, threads: int, *, chemistry: bool) -> Team:
    share = Share(
        grid.nlon, grid.nlat, grid.nlev, descriptor, 0, threads, chemistry,
        TRANSPORT_SECONDS, CHEMISTRY_SECONDS,
    )  # fmt: skip
    arguments = [replace(share, rank=rank).as_arguments() for rank in range(threads)]
    return Team("geoschem_bench_runner.proxy.worker", arguments, ANSWER, [descriptor])


def _total(team: Team) -> CpuSeconds:
    """Wait for all; the CPU seconds that they have used so far, together."""
    return sum((CpuSeconds(*answer) for answer in team.hear()), CpuSeconds(0.0, 0.0))


@dataclass
class _Course:
    """Where a run is: which field is the present one, and what its parts took."""

    team: Team
    parts: int
    present: int = 0
    cpu: CpuSeconds = field(default_factory=lambda: CpuSeconds(0.0, 0.0))
    timers: dict[str, float] = field(default_factory=dict)

    def advance(self, step: int, *, chemistry: bool) -> None:
        """Twenty minutes: transport twice, then chemistry, as the model splits its operators."""
        start = time.monotonic()
        for _ in range(round(CHEMISTRY_SECONDS / TRANSPORT_SECONDS) * self.parts):
            self._do(Order.TRANSPORT, 0.0)
            self.present = 1 - self.present
        self._add("Transport", start)
        if chemistry:
            start = time.monotonic()
            self._do(Order.CHEMISTRY, step * CHEMISTRY_SECONDS)
            self._add("All chemistry", start)

    def _do(self, order: Order, seconds: float) -> None:
        self.team.tell(ORDER.pack(order, self.present, seconds))
        self.cpu = _total(self.team)

    def _add(self, name: str, start: float) -> None:
        self.timers[name] = self.timers.get(name, 0.0) + time.monotonic() - start


def _parts(grid: Grid) -> int:
    return substeps(grid, steady_wind(grid), TRANSPORT_SECONDS)


def _own() -> CpuSeconds:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return CpuSeconds(usage.ru_utime, usage.ru_stime)
