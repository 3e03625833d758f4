"""A short fixed measurement of the machine: how fast is its memory, how fast its arithmetic?

Version 1: NumPy's triad a = b + s·c (after STREAM, McCalpin 1995) on 3 arrays of 80 MiB in all
processes together, and a Horner step x = x·s + t on 4,096 numbers that stay in the first-level
cache. Medians. NumPy does the triad in two passes, so 5 numbers move for each result; caches larger
than 20 MiB hold part of it, and a virtual machine's share of them is not ours to know. It compares
machines with machines by the same version only.
"""

from __future__ import annotations

import os
import statistics
import struct
import sys
import time
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from geoschem_bench_runner.team import Team

Array = npt.NDArray[np.float64]
VERSION = "1"
ARRAY_BYTES = 80 * 1024 * 1024
"""Each of the three, over all processes: 240 MiB together, four times a cache of 20 MiB."""
BYTES_PER_RESULT = 5 * 8
"""Read c, write a; read a, read b, write a."""
COMPUTE_NUMBERS, COMPUTE_PASSES, FLOP_PER_PASS = 4_096, 20_000, 2
LEAST_TRIES = 5
ORDER, ANSWER = struct.Struct("<i"), struct.Struct("<d")


class Kernel(IntEnum):
    """What a process is told to do."""

    TRIAD = 1
    COMPUTE = 2


@dataclass(frozen=True)
class CalibrationResult:
    """Rates of all processes together."""

    version: str
    threads: int
    triad_gb_per_s: float
    compute_gflop_per_s: float
    seconds: float
    """Wall time that the calibration took."""


def calibrate(threads: int, least_seconds: float = 0.0) -> CalibrationResult:
    """Measure with as many processes as the workload will use.

    Args:
        threads: processes.
        least_seconds: go on trying for so long at least (a cloud instance settles in 20 s).
    """
    start = time.monotonic()
    numbers = ARRAY_BYTES // 8 // threads
    with Team("geoschem_bench_runner.calibration", [[str(numbers)]] * threads, ANSWER) as team:
        team.hear()
        triad = _median_seconds(team, Kernel.TRIAD, least_seconds / 2.0)
        compute = _median_seconds(team, Kernel.COMPUTE, least_seconds / 2.0)
    flop = threads * COMPUTE_NUMBERS * COMPUTE_PASSES * FLOP_PER_PASS
    return CalibrationResult(
        version=VERSION,
        threads=threads,
        triad_gb_per_s=threads * numbers * BYTES_PER_RESULT / triad / 1e9,
        compute_gflop_per_s=flop / compute / 1e9,
        seconds=time.monotonic() - start,
    )


def _median_seconds(team: Team, kernel: Kernel, least_seconds: float) -> float:
    """Median over the tries of the slowest process's time; one try before is not counted."""
    _slowest(team, kernel)
    until, tries = time.monotonic() + least_seconds, list[float]()
    while len(tries) < LEAST_TRIES or time.monotonic() < until:
        tries.append(_slowest(team, kernel))
    return statistics.median(tries)


def _slowest(team: Team, kernel: Kernel) -> float:
    team.tell(ORDER.pack(kernel))
    return max(float(answer[0]) for answer in team.hear())


def _triad(a: Array, b: Array, c: Array) -> None:
    np.multiply(c, 3.0, out=a)
    np.add(a, b, out=a)


def _compute(x: Array) -> None:
    for _ in range(COMPUTE_PASSES):
        np.multiply(x, 0.999, out=x)
        np.add(x, 0.001, out=x)


def main() -> None:
    """One process: make its arrays, then run a kernel whenever told."""
    orders, answers = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    numbers = int(sys.argv[1])
    a, b, c = np.zeros(numbers), np.ones(numbers), np.full(numbers, 2.0)
    x = np.full(COMPUTE_NUMBERS, 0.5)
    answers.write(ANSWER.pack(0.0))
    while len(message := orders.read(ORDER.size)) == ORDER.size:
        kernel = ORDER.unpack(message)[0]
        start = time.perf_counter()
        if kernel == Kernel.TRIAD:
            _triad(a, b, c)
        else:
            _compute(x)
        answers.write(ANSWER.pack(time.perf_counter() - start))


if __name__ == "__main__":
    main()
