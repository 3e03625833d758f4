import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geoschem_bench.analysis import Spread, spread_of

positive = st.floats(min_value=1e-6, max_value=1e9)
samples = st.lists(positive, min_size=1, max_size=40)


def spread(values) -> Spread:
    found = spread_of(values)
    assert found is not None
    return found


def test_nothing_has_no_spread():
    assert spread_of([]) is None


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match="only finite"):
        spread_of([1.0, bad])


def test_one_value_has_neither_variation_nor_interval():
    assert spread_of([2.5]) == Spread(1, 2.5, 2.5, 2.5, None)


def test_two_values_have_variation_but_never_an_interval():
    found = spread([1.0, 3.0])
    assert found.cv_percent == pytest.approx(100 * math.sqrt(2) / 2)
    assert (found.ci_low, found.ci_high, found.ci_method) == (None, None, None)


def test_a_mean_of_zero_has_no_relative_variation():
    found = spread([0.0, 0.0, 0.0])
    assert found.cv_percent is None
    assert found.ci_low is None


def test_equal_values_have_an_interval_of_that_value():
    found = spread([0.1, 0.1, 0.1])
    assert (found.ci_low, found.ci_high, found.cv_percent) == (0.1, 0.1, 0.0)


@pytest.mark.parametrize(
    ("n", "low", "high"),
    # ranks (from 1) of Hoefler and Belli's order-statistic interval, as tables of the sign test
    # print them; n = 6 is the first where the extremes reach 95 %
    [(6, 1, 6), (7, 1, 7), (8, 1, 8), (9, 2, 8), (10, 2, 9), (15, 4, 12), (20, 6, 15), (25, 8, 18)],
)
def test_ranks_of_the_distribution_free_interval(n, low, high):
    found = spread(range(1, n + 1))
    assert (found.ci_low, found.ci_high) == (low, high)
    assert found.ci_method == "order_statistics"


@given(st.lists(positive, min_size=3, max_size=5))
def test_interval_of_few_values_is_students_on_the_logarithms(values):
    logs = [math.log(value) for value in values]
    found = spread(values)
    centre, error = statistics.fmean(logs), stats.sem(logs)
    half_width = stats.t.ppf(0.975, len(logs) - 1) * error
    assert found.ci_low == pytest.approx(math.exp(centre - half_width), rel=1e-6)
    assert found.ci_high == pytest.approx(math.exp(centre + half_width), rel=1e-6)


@given(st.integers(min_value=6, max_value=100))
def test_distribution_free_interval_covers_just_enough(n):
    found = spread(range(n))
    rank = int(found.ci_low or 0)  # values left out at each end
    coverage = 1 - 2 * stats.binom.cdf(rank, n, 0.5)
    assert coverage >= 0.95
    assert 1 - 2 * stats.binom.cdf(rank + 1, n, 0.5) < 0.95


@given(samples)
def test_against_the_standard_library(values):
    found = spread(values)
    assert found.n == len(values)
    assert found.median == statistics.median(values)
    assert (found.minimum, found.maximum) == (min(values), max(values))
    assert found.minimum <= found.median <= found.maximum
    if len(values) > 1:
        assert found.cv_percent == pytest.approx(
            100 * statistics.stdev(values) / statistics.fmean(values), abs=1e-9
        )


@given(samples)
def test_the_interval_holds_the_median(values):
    found = spread(values)
    if found.ci_low is None or found.ci_high is None:
        assert len(values) < 3
    else:
        assert found.ci_low <= found.median * (1 + 1e-9)
        assert found.ci_high >= found.median * (1 - 1e-9)


@given(samples, st.randoms(use_true_random=False))
def test_order_does_not_matter(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert spread_of(shuffled) == spread_of(values)


@given(samples, st.floats(min_value=1e-3, max_value=1e3))
def test_another_unit_changes_the_numbers_and_not_the_variation(values, factor):
    one, other = spread(values), spread([value * factor for value in values])
    assert other.median == pytest.approx(one.median * factor)
    if one.cv_percent is None:
        assert other.cv_percent is None
    else:
        assert other.cv_percent == pytest.approx(one.cv_percent, rel=1e-6, abs=1e-9)
    if one.ci_low is not None:
        assert other.ci_low == pytest.approx(one.ci_low * factor, rel=1e-6)
        assert other.ci_high == pytest.approx(one.ci_high * factor, rel=1e-6)
