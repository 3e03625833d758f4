"""How long a job may take before it is stopped: an upper bound, not an estimate.

The earlier system's limits killed real runs (7 days of 4x5 full chemistry got 5,400 s against
4,030–8,518 s measured). These start from the slowest published run of a kind and leave a factor
on top, since a job stopped too early loses all it cost.
"""

from __future__ import annotations

from geoschem_bench import units
from geoschem_bench.suite import Benchmark

SAFETY_FACTOR = 3.0
START_UP_SECONDS = 1800
"""Image pull, input staging, calibration, the model's own initialisation."""
LONGEST_SECONDS = 30 * units.SECONDS_PER_DAY

HOURS_PER_SIM_DAY: dict[str, float] = {
    # GC-Classic full chemistry: 4x5 8,518 s a week on 8 cores (12.1.1, Zhuang et al. 2019);
    # 2x2.5 75,367 s a month on 18 cores, doubled for 8; nested 0.5 90 h a month
    # (geos-chem#829); nested 0.25 12 h a day (geos-chem#924); the rest by number of cells
    "4x5": 0.34,
    "2x2.5": 1.4,
    "0.5x0.625": 3.0,
    "0.25x0.3125": 12.0,
    "0.125x0.15625": 48.0,
    # GCHP full chemistry: 6.3 h a month at c24 (gc-cloud-infrastructure, 13.4.0), then by cells
    "c24": 0.21,
    "c30": 0.33,
    "c48": 0.82,
    "c90": 2.9,
    "c180": 11.5,
    "c360": 46.0,
    "c720": 184.0,
}
GLOBAL_FACTOR = {"0.5x0.625": 10.0, "0.25x0.3125": 10.0, "0.125x0.15625": 10.0}
"""Fine grids above are timed on a nested window, about a tenth of the globe."""
SIMULATION_FACTOR = {"fullchem": 1.0, "aerosol": 0.7, "TransportTracers": 0.5, "carbon": 0.6}


def timeout_seconds(benchmark: Benchmark) -> int:
    """Time limit of one attempt of the whole job: start-up, warm-ups and repetitions."""
    resolution = benchmark.domain.resolution
    hours = HOURS_PER_SIM_DAY[resolution] * benchmark.duration.days
    hours *= SIMULATION_FACTOR.get(benchmark.simulation_type, 1.0)
    if benchmark.domain.type == "global":
        hours *= GLOBAL_FACTOR.get(resolution, 1.0)
    runs = benchmark.warmups + benchmark.repetitions
    seconds = START_UP_SECONDS + SAFETY_FACTOR * hours * units.SECONDS_PER_HOUR * runs
    return min(LONGEST_SECONDS, int(seconds))
