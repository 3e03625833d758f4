import pickle

import pytest

from geoschem_bench.analysis import NotComparableError, are_comparable, compare, require_comparable
from geoschem_bench.errors import UserError
from tests.unit.analysis.runs import sample


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


def test_smoke_on_either_side_is_flagged_once():
    both = compare(sample(10.0, is_smoke=True), sample(10.0, is_smoke=True))
    assert both.flags == ("smoke: not to be generalised",)


def test_repetitions_of_one_run_are_flagged():
    once = sample(10.0, wall_seconds=(10.0, 10.1, 10.2))
    (flag,) = compare(once, sample(10.0, 10.1)).flags
    assert flag.startswith("repetitions of one run")
