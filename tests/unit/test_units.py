"""Units, against figures worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoschem_bench import units


@pytest.mark.parametrize(
    ("days", "steps"),
    [(1, 72), (7, 504), (0.25, 18), (1 / 72, 1), (0.0139, 1), (0.3333, 24), (31, 2232)],
)
def test_days_in_whole_steps(days, steps):
    assert units.steps_in(days) == steps


@pytest.mark.parametrize(
    "days", [0, -1, 0.01, 0.001, 0.501, 1e-300, math.nan, math.inf, -math.inf, 1.7e308]
)
def test_days_that_are_no_whole_steps(days):
    assert units.steps_in(days) is None


@settings(max_examples=60)
@given(st.integers(1, 100_000))
def test_every_number_of_steps_is_found_again(steps):
    assert units.steps_in(steps / units.STEPS_PER_DAY) == steps


def test_throughput_of_a_published_run():
    """c5.9xlarge, 12.1.1: 7 days in 4,030.4 s are 150.1 days per day."""
    assert units.throughput_days_per_day(7, 4030.4) == pytest.approx(150.1, abs=0.05)


@settings(max_examples=60)
@given(st.floats(0.1, 400), st.floats(1, 1e6))
def test_throughput_and_hours_say_the_same(days, seconds):
    throughput = units.throughput_days_per_day(days, seconds)
    assert throughput * units.hours_per_sim_day(days, seconds) == pytest.approx(24)


def test_cpu_efficiency_is_one_when_all_threads_are_busy():
    assert units.cpu_efficiency(cpu_seconds=160, wall_seconds=10, threads=16) == 1
