import pickle

import pytest

from geoschem_bench.analysis import (
    NotComparableError,
    are_comparable,
    compare,
    require_comparable,
    samples_of,
)
from geoschem_bench.errors import UserError
from tests.unit.analysis.runs import runs, sample


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"workload": "proxy"}, ["workload", "'model'", "'proxy'", "not GEOS-Chem's"]),
        ({"application": "gchp"}, ["application", "'gc-classic'", "'gchp'"]),
        ({"simulation_type": "aerosol"}, ["simulation", "'fullchem'", "'aerosol'"]),
        ({"resolution": "2x2.5"}, ["resolution", "'4x5'", "'2x2.5'"]),
        ({"region": "NA"}, ["region", "'global'", "'NA'"]),
        ({"simulated_days": 31.0}, ["simulated days", "'7'", "'31'", "same length"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_other_work_is_refused_with_both_values_and_the_cure(change, words):
    baseline, candidate = sample(10.0), sample(10.0, **change)
    assert not are_comparable(baseline, candidate)
    with pytest.raises(NotComparableError) as refusal:
        compare(baseline, candidate)
    assert all(word in str(refusal.value) for word in words)


def test_a_proxy_is_never_compared_with_the_model_even_under_one_name():
    proxy = sample(10.0, workload="proxy", application="gc-classic")
    with pytest.raises(NotComparableError, match="compare model runs with model runs"):
        require_comparable(proxy, sample(10.0))


def test_the_error_is_the_users_and_survives_pickling():
    error = NotComparableError("resolution", "4x5", "2x2.5")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert isinstance(copy, UserError)
    assert (str(copy), vars(copy)) == (str(error), vars(error))
    assert str(error) == (
        "the resolution differs: '4x5' (baseline) and '2x2.5' (candidate); "
        "choose two runs of the same simulation"
    )


def test_the_same_simulation_has_nothing_to_be_flagged():
    assert compare(sample(10.0), sample(11.0, threads=8)).flags == ()


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"is_smoke": True}, "smoke: not to be generalised"),
        ({"origin": "published"}, "published against own"),
        ({"model_version": "14.7.0"}, "different model versions: not known and 14.7.0"),
        ({"wall_clock": "time -v"}, "different clocks: runner and time -v"),
        ({"is_cold": True}, "cold: the candidate read its input for the first time"),
    ],
)
def test_what_a_reader_must_know_is_flagged(change, flag):
    (only,) = compare(sample(10.0), sample(10.0, **change)).flags
    assert only.startswith(flag)


def mixed(field, values, **changes):
    """A sample of runs that differ in one field."""
    (only,) = samples_of(
        run.model_copy(update={field: value})
        for run, value in zip(runs(*[10.0] * len(values), **changes), values, strict=True)
    )
    return only


def test_clocks_that_differ_within_both_sides_are_flagged():
    one, other = (mixed("wall_clock", ["timers", "stamps"], threads=n) for n in (8, 16))
    assert compare(one, other).flags == ("different clocks within both sides: stamps and timers",)
    (flag,) = compare(one, sample(10.0, wall_clock="stamps")).flags
    assert flag == "different clocks: stamps or timers and stamps"


def test_runs_of_which_nobody_said_whether_they_were_cold_beside_warm_ones():
    unsure, warm = mixed("is_cold", [None, False]), sample(10.0, threads=8, is_cold=False)
    found = compare(warm, unsure)
    (flag,) = found.flags
    assert flag.startswith("input cache: not known of some runs of the candidate")
    told = {item.factor: (item.baseline, item.candidate) for item in found.differences}
    assert told["input cache"] == ("warm", None)


def test_unknown_input_on_one_side_is_a_difference():
    found = compare(sample(10.0, is_cold=False), sample(10.0, threads=8, is_cold=None))
    told = {item.factor: (item.baseline, item.candidate) for item in found.differences}
    assert told["input cache"] == ("warm", None)
    assert found.flags == ()


def test_smoke_on_either_side_is_flagged_once():
    both = compare(sample(10.0, is_smoke=True), sample(10.0, is_smoke=True))
    assert both.flags == ("smoke: not to be generalised",)


def test_repetitions_of_one_run_are_flagged():
    once = sample(10.0, wall_seconds=(10.0, 10.1, 10.2))
    (flag,) = compare(once, sample(10.0, 10.1)).flags
    assert flag.startswith("repetitions of one run")
