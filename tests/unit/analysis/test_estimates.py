import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geoschem_bench.analysis import estimate_of, pooled_spread, samples_of, spread_of
from tests.unit.analysis.runs import sample
from tests.unit.factories import make_model_result

positive = st.floats(min_value=1e-2, max_value=1e6)
# two pairs, each 2 % apart: sigma = ln(1.02) / sqrt(2) = 0.0140025, 2 degrees of freedom
POOLED = pooled_spread([sample(100.0, 102.0), sample(50.0, 51.0, threads=8)])
SIGMA = math.log(1.02) / math.sqrt(2)


@given(st.lists(positive, min_size=3, max_size=9))
def test_three_or_more_by_their_own_spread(values):
    found, spread = estimate_of(sample(*values), POOLED), spread_of(values)
    assert spread is not None
    assert (found.n, found.value) == (len(values), spread.median)
    assert (found.low, found.high, found.method) == (
        spread.ci_low, spread.ci_high, spread.ci_method)  # fmt: skip


@pytest.mark.parametrize("values", [(90.0,), (90.0, 99.0)])
def test_fewer_by_the_pooled_spread(values):
    found = estimate_of(sample(*values, threads=4), POOLED)
    centre = math.exp(sum(map(math.log, values)) / len(values))
    width = stats.t.ppf(0.975, 2) * SIGMA / math.sqrt(len(values))
    assert found.method == "pooled"
    assert found.value == pytest.approx(centre)
    assert found.low == pytest.approx(centre * math.exp(-width))
    assert found.high == pytest.approx(centre * math.exp(width))


def test_two_repetitions_of_one_run_are_one_run_to_it():
    (twice,) = samples_of([make_model_result(wall_seconds=(90.0, 90.0))])
    found = estimate_of(twice, POOLED)
    assert (found.n, found.kind) == (2, "repetitions")
    width = stats.t.ppf(0.975, 2) * SIGMA
    assert found.high == pytest.approx(90.0 * math.exp(width))


@pytest.mark.parametrize("pooled", [None, pooled_spread([sample(1.0, 2.0, simulated_days=9.0)])])
def test_no_interval_without_a_spread_that_holds(pooled):
    found = estimate_of(sample(90.0, 92.0), pooled)
    assert (found.low, found.high, found.method) == (None, None, None)


def test_one_value_is_itself_to_the_last_digit():
    assert estimate_of(sample(8402.54)).value == 8402.54


def test_a_clock_of_whole_minutes_widens_the_interval_at_both_ends():
    sure = estimate_of(sample(1000.0, 1010.0, 1005.0))
    coarse = estimate_of(sample(1000.0, 1010.0, 1005.0, wall_uncertainty_seconds=60.0))
    assert sure.low is not None
    assert sure.high is not None
    assert coarse.low == pytest.approx(sure.low - 60)
    assert coarse.high == pytest.approx(sure.high + 60)
    assert (coarse.value, coarse.clock_uncertainty) == (sure.value, 60.0)


def test_nothing_takes_less_than_no_time():
    coarse = estimate_of(sample(30.0, 31.0, 32.0, wall_uncertainty_seconds=60.0))
    assert coarse.low == 0.0


def test_a_coarse_clock_alone_makes_no_interval():
    coarse = estimate_of(sample(1000.0, wall_uncertainty_seconds=60.0))
    assert (coarse.low, coarse.high) == (None, None)


def test_another_unit():
    seconds = estimate_of(sample(3600.0, 3700.0, 3650.0, wall_uncertainty_seconds=36.0))
    hours = seconds.times(1 / 3600)
    assert hours.value == pytest.approx(3650 / 3600)
    assert hours.clock_uncertainty == pytest.approx(0.01)
    assert (hours.low or 0) * 3600 == pytest.approx(seconds.low)
    assert estimate_of(sample(1.0)).times(2.0).low is None


@given(st.lists(positive, min_size=1, max_size=8))
def test_the_interval_holds_the_value(values):
    found = estimate_of(sample(*values), POOLED)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value * (1 + 1e-9)
    assert found.high >= found.value * (1 - 1e-9)
