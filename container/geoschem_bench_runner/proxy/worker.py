"""One of the processes that compute: does its levels and blocks when told, and says when done.

Orders come on standard input, answers go to standard output, each of a fixed size. A worker whose
master dies reads the end of the file and leaves.
"""

from __future__ import annotations

import os
import resource
import struct
import sys
from dataclasses import asdict, dataclass
from enum import IntEnum

import numpy as np

from geoschem_bench_runner.proxy import shared
from geoschem_bench_runner.proxy.advection import Upwind
from geoschem_bench_runner.proxy.atmosphere import initial_level
from geoschem_bench_runner.proxy.grid import Grid
from geoschem_bench_runner.proxy.wind import steady_wind, substeps

ORDER = struct.Struct("<iid")
"""What to do, which of the two fields is the present one, seconds since the start."""
ANSWER = struct.Struct("<dd")
"""CPU seconds of this process so far: user, system."""


class Order(IntEnum):
    """What a worker can be told."""

    TRANSPORT = 1
    CHEMISTRY = 2


@dataclass(frozen=True)
class Share:
    """What a worker has to know: the grid, the shared memory, and which part is its own."""

    nlon: int
    nlat: int
    nlev: int
    descriptor: int
    rank: int
    workers: int
    chemistry: bool
    transport_seconds: float
    chemistry_seconds: float

    def as_arguments(self) -> list[str]:
        """For the command line of a worker."""
        return [repr(value) for value in asdict(self).values()]

    @classmethod
    def from_arguments(cls, arguments: list[str]) -> Share:
        """The inverse of `as_arguments`."""
        nlon, nlat, nlev, descriptor, rank, workers = (int(text) for text in arguments[:6])
        return cls(
            nlon, nlat, nlev, descriptor, rank, workers,
            arguments[6] == "True", float(arguments[7]), float(arguments[8]),
        )  # fmt: skip


class Worker:
    """The part of one worker, set up: tables made, memory touched, solver built."""

    def __init__(self, share: Share) -> None:
        grid = Grid(share.nlon, share.nlat, share.nlev)
        self._fields = shared.Fields(share.descriptor, grid)
        levels = [int(k) for k in np.array_split(np.arange(grid.nlev), share.workers)[share.rank]]
        wind = steady_wind(grid)
        parts = substeps(grid, wind, share.transport_seconds)
        self._upwind = Upwind(grid, wind, share.transport_seconds / parts, levels)
        for k in levels:  # each touches its own first: near its core where memory has a distance
            self._fields.tracers[0][:, k] = initial_level(grid, k, chemistry=share.chemistry)
            self._fields.tracers[1][:, k] = 0.0
            self._fields.short_lived[:, k] = 0.0
        if share.chemistry:
            from geoschem_bench_runner.proxy.chemistry import Chemistry, blocks

            mine = blocks(grid)[share.rank :: share.workers]
            self._chemistry = Chemistry(grid, mine, share.chemistry_seconds)

    def obey(self, order: int, present: int, seconds: float) -> None:
        """Do one (sub)step of one kind."""
        tracers = self._fields.tracers
        if order == Order.TRANSPORT:
            self._upwind.step(tracers[present], tracers[1 - present])
        else:
            self._chemistry.step(tracers[present], self._fields.short_lived, seconds)


def main() -> None:
    """Set up, say so, then obey until the orders end."""
    orders, answers = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    worker = Worker(Share.from_arguments(sys.argv[1:]))
    answers.write(_answer())
    while len(message := orders.read(ORDER.size)) == ORDER.size:
        worker.obey(*ORDER.unpack(message))
        answers.write(_answer())


def _answer() -> bytes:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return ANSWER.pack(usage.ru_utime, usage.ru_stime)


if __name__ == "__main__":
    main()
