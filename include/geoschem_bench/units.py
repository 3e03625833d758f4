"""Units and the arithmetic between them: one place, so that no number changes its meaning."""

from __future__ import annotations

import math

SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86_400
HOURS_PER_DAY = 24
MIB_PER_GIB = 1024
KIB_PER_MIB = 1024

STEP_SECONDS = 1200
"""Chemistry step of GEOS-Chem at global resolutions: every duration is a multiple of it."""

STEPS_PER_DAY = SECONDS_PER_DAY // STEP_SECONDS


def steps_in(days: float) -> int | None:
    """Whole 20-minute steps in `days`, or None where it is no multiple of 20 minutes.

    Decimal days cannot name a third of an hour exactly: 0.0139 is one step, so a hundredth of a
    step of rounding is allowed.
    """
    steps = days * STEPS_PER_DAY
    if not math.isfinite(steps):
        return None
    nearest = round(steps)
    return nearest if nearest >= 1 and math.isclose(steps, nearest, abs_tol=0.01) else None


def throughput_days_per_day(simulated_days: float, wall_seconds: float) -> float:
    """Simulated days per wall-clock day, the field's headline speed (GCHP's `Throughput`)."""
    return simulated_days * SECONDS_PER_DAY / wall_seconds


def hours_per_sim_day(simulated_days: float, wall_seconds: float) -> float:
    """Wall-clock hours per simulated day."""
    return wall_seconds / SECONDS_PER_HOUR / simulated_days


def cpu_efficiency(cpu_seconds: float, wall_seconds: float, threads: int) -> float:
    """CPU seconds (user and system) over wall seconds times threads: 1 is all threads busy."""
    return cpu_seconds / (wall_seconds * threads)
