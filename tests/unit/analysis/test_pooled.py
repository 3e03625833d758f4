import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geoschem_bench.analysis import (
    PooledSpread,
    ScopeSpread,
    compare,
    pooled_spread,
    samples_of,
    scope_of,
)
from geoschem_bench.reference import published_runs
from tests.unit.analysis.runs import runs, sample

PUBLISHED = samples_of(published_runs())
# ln of (run 2 / run 1); on AWS of the seconds less the timer "Input", as run 1 was cold:
# worked out from the logs' figures with a pocket calculator's precision, one line per pair
AWS = [0.000957, -0.001628, 0.013932, 0.001677, 0.002002, 0.000117, 0.001999]
PLEIADES = [-0.004701, -0.014602, 0.007032, 0.011520]


def all_pooled(samples) -> PooledSpread:
    found = pooled_spread(samples)
    assert found is not None
    return found


def pooled(samples) -> ScopeSpread:
    """Of samples of one scope."""
    (only,) = all_pooled(samples).spreads
    return only


def by_pairs(differences):
    """Of two values the sum of squares is half the square of their difference."""
    return math.sqrt(sum(d**2 / 2 for d in differences) / len(differences))


def test_the_eleven_published_pairs():
    found = pooled(PUBLISHED)
    assert found.sigma == pytest.approx(by_pairs(AWS + PLEIADES), rel=1e-4)
    assert found.sigma == pytest.approx(0.005334137, rel=1e-6)
    assert (found.degrees_of_freedom, found.samples, found.runs) == (11, 11, 22)
    assert found.label == "fullchem at 4x5, 7 simulated days (gc-classic 12.1.1), published"
    assert all_pooled(PUBLISHED).skipped == ()


@pytest.mark.parametrize(
    ("platform", "differences"), [("AWS", AWS), ("Pleiades", PLEIADES)], ids=["AWS", "Pleiades"]
)
def test_the_pairs_of_each_platform(platform, differences):
    of_it = [s for s in PUBLISHED if dict(s.setup.factors).get("platform") == platform]
    found = pooled(of_it)
    assert found.sigma == pytest.approx(by_pairs(differences), rel=1e-3)
    assert found.degrees_of_freedom == len(differences)


def test_without_the_cold_effect_taken_out_the_spread_would_be_thrice_that():
    # AWS alone: 0.39 %; of the seconds as they are 1.2 %, all of it the disk's first reading
    naive = by_pairs([math.log(s.left_out[0].wall_seconds[0] / s.runs[0].wall_seconds[0])
                      for s in PUBLISHED if s.left_out])  # fmt: skip
    aws = pooled([s for s in PUBLISHED if dict(s.setup.factors).get("platform") == "AWS"])
    assert naive > 3 * aws.sigma


def test_nothing_repeated_gives_nothing():
    assert pooled_spread([]) is None
    assert pooled_spread([sample(10.0)]) is None
    assert pooled_spread([sample(10.0, 10.0)]) is None, "a clock that always says the same"


def test_repetitions_of_one_run_are_no_runs():
    one = runs(10.0)[0].model_copy(update={"wall_seconds": (10.0, 11.0, 12.0)})
    assert pooled_spread(samples_of([one])) is None


def one_cold(cold, warm, cold_timers, warm_timers):
    results = runs(*cold, *warm)
    for place, result in enumerate(results):
        is_cold = place < len(cold)
        results[place] = result.model_copy(
            update={"is_cold": is_cold, "timers": cold_timers if is_cold else warm_timers}
        )
    return samples_of(results)


def test_input_is_taken_off_all_runs_where_one_is_cold():
    found = pooled(one_cold([130.0], [104.0, 108.0], {"Input": 30.0}, {"Input": 5.0}))
    expected = statistics.stdev(math.log(value) for value in (100.0, 99.0, 103.0))
    assert found.sigma == pytest.approx(expected)
    assert (found.degrees_of_freedom, found.runs) == (2, 3)


def test_without_that_timer_the_warm_runs_are_left():
    found = pooled(one_cold([130.0], [104.0, 108.0], {}, {"Input": 5.0}))
    assert found.sigma == pytest.approx(statistics.stdev(map(math.log, (104.0, 108.0))))


def test_without_that_timer_a_pair_is_skipped_and_named():
    twice = [*one_cold([130.0], [104.0], {}, {}), sample(10.0, 11.0, threads=8)]
    assert pooled(twice).samples == 1
    assert all_pooled(twice).skipped == ("c7g.4xlarge",)


def test_input_longer_than_the_run_is_no_input():
    assert pooled_spread(one_cold([130.0], [104.0], {"Input": 200.0}, {"Input": 5.0})) is None


OTHER_SCOPES = [{"model_version": "14.7.1"}, {"simulated_days": 31.0}, {"origin": "published"},
                {"resolution": "2x2.5"}, {"workload": "proxy"}, {"region": "NA"},
                {"is_smoke": True}]  # fmt: skip


@pytest.mark.parametrize("change", OTHER_SCOPES, ids=lambda change: next(iter(change)))
def test_each_scope_has_a_spread_of_its_own(change):
    """A noisy release candidate on somebody's laptop says nothing of other people's runs."""
    quiet = sample(10.0, 10.1, model_version="14.7.0")
    noisy = sample(10.0, 15.0, **{"model_version": "14.7.0", **change})
    found = all_pooled([quiet, noisy])
    assert len(found.spreads) == 2
    for one, values in ((quiet, (10.0, 10.1)), (noisy, (10.0, 15.0))):
        spread = found.spread_for(one)
        assert spread is not None
        assert spread.scope == scope_of(one)
        assert spread.sigma == pytest.approx(statistics.stdev(map(math.log, values)))
        assert (spread.samples, spread.runs, spread.degrees_of_freedom) == (1, 2, 1)
    assert all_pooled([quiet]).spread_for(noisy) is None
    assert found.spread_for(quiet, noisy) is None, "none holds for both sides"
    labels = {spread.label for spread in found.spreads}
    assert len(labels) == 2


def test_it_holds_for_other_machines_and_threads_of_its_scope():
    found = all_pooled([sample(10.0, 11.0)])
    other = sample(99.0, threads=4, observed_instance_type="c5.4xlarge")
    assert found.spread_for(other) is found.spread_for(sample(1.0), other) is found.spreads[0]


def test_two_scopes_are_not_compared_by_the_spread_of_one():
    one, other = (sample(10.0, 10.1, model_version=version) for version in ("14.7.0", "14.7.1"))
    found = compare(one, other, all_pooled([one, other]))
    assert (found.method, found.verdict) == (None, "cannot tell")
    assert found.baseline_seconds.method == found.candidate_seconds.method == "pooled"


def test_smoke_runs_that_were_left_out_add_nothing():
    *good, smoke = runs(100.0, 101.0, 200.0)
    mixed = samples_of([*good, smoke.model_copy(update={"is_smoke": True})])
    assert pooled(mixed) == pooled(samples_of(good))


def test_the_spread_most_is_known_of_comes_first():
    some, more = sample(10.0, 11.0, model_version="1"), sample(10.0, 11.0, 12.0, model_version="2")
    found = all_pooled([some, more])
    assert [spread.scope.model_version for spread in found.spreads] == ["2", "1"]


@given(
    st.lists(
        st.lists(st.floats(min_value=0.1, max_value=1e6), min_size=2, max_size=6),
        min_size=2,
        max_size=6,
    )
)
def test_it_is_the_mean_square_within_groups(groups):
    samples = [sample(*values, threads=n) for n, values in enumerate(groups, start=1)]
    logs = [[math.log(value) for value in values] for values in groups]
    freedom = sum(len(values) - 1 for values in logs)
    mean_square = sum(statistics.variance(values) * (len(values) - 1) for values in logs) / freedom
    if mean_square < 1e-20:
        assert pooled_spread(samples) is None or pooled(samples).sigma < 1e-9
    else:
        found = pooled(samples)
        assert found.sigma == pytest.approx(math.sqrt(mean_square), rel=1e-6)
        assert found.degrees_of_freedom == freedom


def test_half_width_is_students():
    found = pooled(PUBLISHED)
    quantile = stats.t.ppf(0.975, 11)  # 2.200985
    assert found.half_width(1) == pytest.approx(quantile * found.sigma)
    assert found.half_width(1 / 2 + 1 / 3) == pytest.approx(
        quantile * found.sigma * math.sqrt(5 / 6)
    )
    assert found.half_width(1, tests=3) == pytest.approx(
        stats.t.ppf(1 - 0.025 / 3, 11) * found.sigma
    )


def test_json_and_back():
    found = all_pooled(PUBLISHED)
    assert PooledSpread.model_validate_json(found.model_dump_json()) == found
