import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geoschem_bench.analysis import Comparison, compare, pooled_spread, samples_of
from tests.unit.analysis.runs import interval, runs, sample
from tests.unit.factories import make_model_result

seconds = st.floats(min_value=1.0, max_value=1e5)
few = st.lists(seconds, min_size=1, max_size=6)
many = st.lists(seconds, min_size=3, max_size=6)
# sigma = ln(1.02) / sqrt(2), 2 degrees of freedom
POOLED = pooled_spread([sample(100.0, 102.0), sample(50.0, 51.0, threads=8)])
SIGMA = math.log(1.02) / math.sqrt(2)


def varied(values):
    return max(values) / min(values) > 1.0001


@given(many.filter(varied), many.filter(varied))
def test_three_and_more_on_both_sides_by_welch(ours, theirs):
    found = compare(sample(*ours), sample(*theirs), POOLED)
    logs = [[math.log(value) for value in values] for values in (theirs, ours)]
    expected = stats.ttest_ind(*logs, equal_var=False).confidence_interval(0.95)
    assert found.method == "welch"
    assert math.log(found.ratio) == pytest.approx(
        sum(logs[0]) / len(logs[0]) - sum(logs[1]) / len(logs[1]), abs=1e-9
    )
    low, high = interval(found)
    assert math.log(low) == pytest.approx(expected.low, rel=1e-6, abs=1e-9)
    assert math.log(high) == pytest.approx(expected.high, rel=1e-6, abs=1e-9)


def test_welch_worked_out_by_hand():
    # logs 0, a, -a with a = ln 1.01 on both sides, the candidate shifted by ln 0.9: equal
    # variances a², se = a sqrt(2/3), 4 degrees of freedom, t = 2.776445
    found = compare(sample(100.0, 101.0, 100 / 1.01), sample(90.0, 90.9, 90 / 1.01))
    width = 2.776445105 * math.log(1.01) * math.sqrt(2 / 3)
    assert found.ratio == pytest.approx(0.9)
    assert found.ratio_low == pytest.approx(0.9 * math.exp(-width))
    assert found.ratio_high == pytest.approx(0.9 * math.exp(width))
    assert found.verdict == "faster"
    assert found.percent_change == pytest.approx(-10)
    assert found.speedup == pytest.approx(1 / 0.9)
    assert found.percent_interval == pytest.approx((-12.0073, -7.9469), abs=1e-3)
    assert found.speedup_interval == pytest.approx((1.08633, 1.13646), abs=1e-4)


@pytest.mark.parametrize(
    ("ours", "theirs"), [((100.0,), (80.0,)), ((100.0, 101.0), (80.0, 80.5, 81.0))]
)
def test_fewer_on_one_side_by_the_pooled_spread(ours, theirs):
    found = compare(sample(*ours), sample(*theirs), POOLED)
    width = stats.t.ppf(0.975, 2) * SIGMA * math.sqrt(1 / len(ours) + 1 / len(theirs))
    assert found.method == "pooled"
    assert found.ratio_high == pytest.approx(found.ratio * math.exp(width))
    assert found.ratio_low == pytest.approx(found.ratio * math.exp(-width))


def test_repetitions_of_one_run_are_one_run_to_the_pooled_spread():
    (repeated,) = samples_of([make_model_result(wall_seconds=(100.0,) * 5)])
    found = compare(repeated, sample(80.0), POOLED)
    width = stats.t.ppf(0.975, 2) * SIGMA * math.sqrt(2)
    assert found.ratio_high == pytest.approx(0.8 * math.exp(width))


def test_without_any_spread_nobody_can_tell():
    found = compare(sample(100.0), sample(1.0))
    assert (found.verdict, found.method) == ("cannot tell", None)
    assert (found.percent_interval, found.speedup_interval) == (None, None)
    assert found.ratio == pytest.approx(0.01), "the figures are shown all the same"


def test_a_spread_of_another_version_tells_nothing():
    baseline = sample(100.0, model_version="14.4.1")
    assert compare(baseline, sample(1.0), POOLED).verdict == "cannot tell"
    assert compare(sample(1.0), baseline, POOLED).verdict == "cannot tell"


@pytest.mark.parametrize(
    ("theirs", "verdict"),
    [((90.0, 90.5, 89.5), "faster"), ((110.0, 110.5, 109.5), "slower"),
     ((100.2, 100.7, 99.7), "no difference shown")],
)  # fmt: skip
def test_verdicts(theirs, verdict):
    assert compare(sample(100.0, 100.5, 99.5), sample(*theirs)).verdict == verdict


def test_clocks_may_err_in_the_worst_direction():
    ours, theirs = (1000.0, 1001.0, 1002.0), (900.0, 901.0, 902.0)
    sure = compare(sample(*ours), sample(*theirs))
    coarse = compare(sample(*ours), sample(*theirs, wall_uncertainty_seconds=60.0))
    assert (sure.verdict, coarse.verdict) == ("faster", "faster")
    low, high = interval(sure)
    assert interval(coarse) == pytest.approx((low * (1 - 60 / 901), high * (1 + 60 / 901)))
    both = compare(sample(*ours, wall_uncertainty_seconds=60.0),
                   sample(*theirs, wall_uncertainty_seconds=60.0))  # fmt: skip
    assert both.verdict == "no difference shown"


def test_a_clock_coarser_than_the_time_shows_nothing():
    coarse = sample(50.0, 51.0, 52.0, wall_uncertainty_seconds=60.0)
    assert compare(coarse, sample(10.0, 10.1, 10.2)).verdict == "cannot tell"


def test_timers_side_by_side():
    ours = sample(100.0, timers={"GEOS-Chem": 100.0, "HEMCO": 40.0, "=> Photolysis": 7.0, "Q": 0.0})
    theirs = sample(150.0, timers={"GEOS-Chem": 150.0, "=> Photolysis": 77.0, "RRTMG": 5.0, "Q": 1})
    assert [(t.name, t.baseline, t.candidate, t.percent and round(t.percent, 9))
            for t in compare(ours, theirs).timers] == [
        ("GEOS-Chem", 100.0, 150.0, 50.0),
        ("HEMCO", 40.0, None, None),
        ("=> Photolysis", 7.0, 77.0, 1000.0),
        ("Q", 0.0, 1.0, None),
        ("RRTMG", None, 5.0, None),
    ]  # fmt: skip


def test_timers_are_medians_over_the_runs_that_count():
    hemco = (5.0, 90.0, 6.0)
    results = [
        run.model_copy(update={"timers": {"HEMCO": value}})
        for run, value in zip(runs(1.0, 2.0, 3.0), hemco, strict=True)
    ]
    (ours,) = samples_of(results)
    (timer,) = compare(ours, ours).timers
    assert timer.baseline == 6.0


def test_memory_and_efficiency_where_both_sides_have_them():
    ours = sample(10.0, peak_memory_gib=(8.0, 10.0), cpu_efficiency=0.8)
    theirs = sample(10.0, peak_memory_gib=(5.0,), cpu_efficiency=0.9)
    found = compare(ours, theirs)
    assert found.peak_memory_gib is not None
    assert (found.peak_memory_gib.baseline, found.peak_memory_gib.percent) == (10.0, -50.0)
    assert found.cpu_efficiency is not None
    assert found.cpu_efficiency.percent == pytest.approx(12.5)
    missing = compare(ours, sample(10.0))
    assert (missing.peak_memory_gib, missing.cpu_efficiency) == (None, None)


def test_differences_with_both_values_and_what_follows_from_what():
    other = {"observed_instance_type": "c7g.8xlarge", "machine_class": "c7g.8xlarge", "vcpus": 32,
             "physical_cores": 32, "threads": 32, "config_sha256": "ab" * 32}  # fmt: skip
    found = compare(sample(10.0), sample(10.0, **other))
    told = {d.factor: (d.baseline, d.candidate, d.implied_by) for d in found.differences}
    assert told == {
        "instance type": ("c7g.4xlarge", "c7g.8xlarge", None),
        "threads": ("16", "32", "instance type"),
        "vCPUs": ("16", "32", "instance type"),
        "physical cores": ("16", "32", "instance type"),
        "configuration": ("c0" * 32, "ab" * 32, "instance type"),
    }
    assert found.confounded == ()


@pytest.mark.parametrize(
    ("threads", "cores", "confounded"),
    [(32, 32, ()), (8, 32, ("instance type", "threads")), (16, 32, ()), (8, 8, ()),
     (8, None, ()), (None, 32, ())],
)  # fmt: skip
def test_threads_follow_from_the_machine_where_the_share_of_its_cores_is_the_same(
    threads, cores, confounded
):
    other = {"observed_instance_type": "c7g.8xlarge", "machine_class": "c7g.8xlarge"}
    found = compare(sample(10.0), sample(10.0, threads=threads, physical_cores=cores, **other))
    assert found.confounded == confounded


def test_two_factors_are_confounded():
    found = compare(sample(10.0, factors={"container": "none"}),
                    sample(10.0, compiler="ifort", factors={"container": "x"}))  # fmt: skip
    assert found.confounded == ("compiler", "container")


def test_a_cold_side_is_a_difference():
    found = compare(sample(10.0, is_cold=True), sample(10.0, threads=8))
    assert found.confounded == ("threads", "input cache")


def test_configurations_alone_stand_for_what_results_do_not_carry():
    (only,) = compare(sample(10.0), sample(10.0, config_sha256="ab" * 32)).differences
    assert (only.factor, only.implied_by) == ("configuration", None)


def test_a_description_missing_on_one_side_is_no_difference():
    log = sample(10.0, origin="log", config_sha256=None, cpu_model=None, vcpus=None,
                 physical_cores=None)  # fmt: skip
    assert compare(sample(10.0), log).differences == ()


def test_one_type_with_another_processor_is_a_difference():
    (only,) = compare(sample(10.0, cpu_model="A"), sample(10.0, cpu_model="B")).differences
    assert (only.factor, only.baseline, only.candidate) == ("CPU model", "A", "B")


def test_what_neither_side_tells_is_named():
    assert compare(sample(10.0), sample(11.0)).not_known == (
        "model version", "compiler", "meteorology", "levels")  # fmt: skip
    proxies = [sample(10.0, workload="proxy", threads=None, compiler=c) for c in (None, "gcc")]
    assert compare(proxies[0], proxies[1]).not_known == ("threads",)


@given(few, few)
def test_the_other_way_round_it_is_the_inverse(ours, theirs):
    there = compare(sample(*ours), sample(*theirs), POOLED)
    back = compare(sample(*theirs), sample(*ours), POOLED)
    (low, high), (back_low, back_high) = interval(there), interval(back)
    assert there.ratio == pytest.approx(1 / back.ratio)
    assert (low, high) == pytest.approx((1 / back_high, 1 / back_low))
    opposite = {"faster": "slower", "slower": "faster"}
    if min(abs(low - 1), abs(high - 1)) > 1e-9:
        assert there.verdict == opposite.get(back.verdict, back.verdict)


@given(few, few)
def test_the_interval_holds_the_ratio(ours, theirs):
    found = compare(sample(*ours), sample(*theirs), POOLED)
    low, high = interval(found)
    assert low <= found.ratio <= high


@given(few, few, st.floats(min_value=0.01, max_value=100))
def test_another_unit_of_time_changes_nothing(ours, theirs, factor):
    found = compare(sample(*ours), sample(*theirs), POOLED)
    other = compare(sample(*(factor * v for v in ours)), sample(*(factor * v for v in theirs)),
                    POOLED)  # fmt: skip
    assert other.ratio == pytest.approx(found.ratio)
    assert other.ratio_low == pytest.approx(found.ratio_low, rel=1e-6)
    assert other.ratio_high == pytest.approx(found.ratio_high, rel=1e-6)


@given(few)
def test_a_sample_is_not_shown_to_differ_from_itself(values):
    found = compare(sample(*values), sample(*values), POOLED)
    assert found.verdict == "no difference shown"
    assert (found.ratio, found.differences) == (1.0, ())


def test_json_and_back():
    found = compare(sample(100.0), sample(90.0, threads=8), POOLED)
    assert Comparison.model_validate_json(found.model_dump_json()) == found
