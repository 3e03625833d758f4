import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.analysis import samples_of
from geoschem_bench.reference import published_runs
from tests.unit.analysis.runs import runs, sample
from tests.unit.factories import make_failure, make_model_result, make_result


def test_several_runs_give_one_value_each():
    found = sample(10.0, 30.0, 20.0)
    assert found.values == (10.0, 30.0, 20.0)
    assert found.kind == "runs"


def test_of_a_run_among_several_the_median_of_its_repetitions_counts():
    first, second = runs(10.0, 20.0)
    longer = second.model_copy(update={"wall_seconds": (19.0, 50.0, 21.0)})
    (found,) = samples_of([first, longer])
    assert found.values == (10.0, 21.0)


def test_a_single_run_gives_its_repetitions():
    (found,) = samples_of([make_model_result(wall_seconds=(3.0, 1.0, 2.0))])
    assert (found.values, found.kind) == ((3.0, 1.0, 2.0), "repetitions")


def test_a_single_run_of_one_repetition_is_a_run():
    assert sample(10.0).kind == "runs"


@pytest.mark.parametrize(
    "unusable",
    [
        make_failure(),
        make_model_result(wall_seconds=()),
        make_model_result(wall_seconds=(5.0, 0.0)),
        make_model_result(status="failed"),
    ],
)
def test_what_has_no_seconds_is_in_no_sample(unusable):
    assert samples_of([unusable]) == []


def test_only_the_latest_submission_counts():
    old, new = (make_model_result(submission=n, wall_seconds=(float(n),)) for n in (1, 2))
    (found,) = samples_of([new, old])
    assert found.values == (2.0,)


@pytest.mark.parametrize(
    "change",
    [
        {"workload": "proxy"},
        {"application": "gchp"},
        {"simulation_type": "TransportTracers"},
        {"resolution": "2x2.5"},
        {"region": "NA"},
        {"simulated_days": 8.0},
        {"model_version": "14.7.0"},
        {"meteorology": "MERRA2"},
        {"levels": 47},
        {"compiler": "ifort"},
        {"observed_instance_type": "c7i.4xlarge"},
        {"machine_class": "another"},
        {"nodes": 2},
        {"threads": 8},
        {"mpi_ranks": 6},
        {"factors": {"container": "singularity"}},
        {"config_sha256": "ab" * 32},
        {"origin": "published"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_setup_is_another_sample(change):
    one = make_model_result(benchmark_id="A")
    other = make_model_result(**{"benchmark_id": "B", **change})
    assert len(samples_of([one, other])) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"purchase_option": "spot"},
        {"benchmark_id": "OTHER"},
        {"suite": "other"},
        {"phase": "phase_2"},
        {"is_cold": False},
        {"description": "in other words"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_asks_nothing_of_the_machine_is_the_same_sample(change):
    one = make_model_result(benchmark_run_id="20261101T000000Z-1")
    other = make_model_result(**{"benchmark_run_id": "20261102T000000Z-1", **change})
    assert len(samples_of([one, other])) == 1


def test_the_configuration_tells_only_measured_runs_apart():
    logs = [make_model_result(benchmark_id=name, origin="log", config_sha256=name * 32)
            for name in ("aa", "bb")]  # fmt: skip
    assert len(samples_of(logs)) == 1


def test_a_cold_run_is_left_out_beside_a_warm_one_and_listed():
    cold, *warm = runs(30.0, 10.0, 11.0)
    cold = cold.model_copy(update={"is_cold": True})
    warm = [run.model_copy(update={"is_cold": False}) for run in warm]
    (found,) = samples_of([*warm, cold])
    assert found.values == (10.0, 11.0)
    assert found.left_out == (cold,)
    assert not found.is_cold
    assert len(found.all_runs) == 3


def test_a_smoke_run_is_left_out_beside_others_and_hides_them_not():
    smoke, *good = runs(30.0, 10.0, 11.0)
    smoke = smoke.model_copy(update={"is_smoke": True})
    (found,) = samples_of([*good, smoke])
    assert found.values == (10.0, 11.0)
    assert (found.left_out, found.left_out_as_smoke) == ((smoke,), (smoke,))
    assert found.left_out_as_cold == ()
    assert not found.is_smoke


def test_smoke_runs_alone_stand():
    found = sample(30.0, 31.0, is_smoke=True)
    assert found.is_smoke
    assert (found.values, found.left_out) == ((30.0, 31.0), ())


def test_a_cold_run_counts_more_than_a_warm_smoke_run():
    cold, smoke = runs(30.0, 10.0)
    cold = cold.model_copy(update={"is_cold": True})
    smoke = smoke.model_copy(update={"is_smoke": True, "is_cold": False})
    (found,) = samples_of([cold, smoke])
    assert (found.values, found.left_out_as_smoke) == ((30.0,), (smoke,))
    assert found.is_cold
    assert not found.is_smoke


@pytest.mark.parametrize("origin", ["log", "published"])
def test_runs_by_different_clocks_are_no_repetitions_of_each_other(origin):
    pair = [run.model_copy(update={"origin": origin, "wall_clock": clock})
            for run, clock in zip(runs(10.0, 11.0), ("timers", "stamps"), strict=True)]  # fmt: skip
    assert [s.label for s in samples_of(pair)] == ["c7g.4xlarge, by stamps",
                                                   "c7g.4xlarge, by timers"]  # fmt: skip
    measured = [run.model_copy(update={"origin": "measured"}) for run in pair]
    assert [s.label for s in samples_of(measured)] == ["c7g.4xlarge"]


def test_a_cold_run_alone_stands():
    found = sample(30.0, is_cold=True)
    assert (found.values, found.left_out, found.is_cold) == ((30.0,), (), True)


def test_a_run_of_which_nobody_said_is_not_cold():
    assert not sample(30.0, is_cold=None).is_cold


def test_hours_of_the_model_only():
    assert sample(7 * 3600.0).hours_per_sim_day == (1.0,)
    (proxy,) = samples_of([make_result()])
    assert proxy.hours_per_sim_day is None


def test_the_coarsest_clock_counts():
    fine, coarse = runs(10.0, 20.0)
    coarse = coarse.model_copy(update={"wall_uncertainty_seconds": 60.0})
    (found,) = samples_of([fine, coarse])
    assert found.clock_uncertainty_seconds == 60.0


def test_published_runs_as_samples():
    found = samples_of(published_runs())
    assert len(found) == 14
    assert sum(len(s.all_runs) for s in found) == 25
    assert sum(len(s.left_out) for s in found) == 7


@given(st.randoms(use_true_random=False))
def test_the_order_given_does_not_matter(order: random.Random):
    results = [*published_runs(), *runs(1.0, 2.0), make_result(), make_failure()]
    shuffled = list(results)
    order.shuffle(shuffled)
    assert samples_of(shuffled) == samples_of(results)


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_values_are_of_warm_runs_wherever_there_is_one(colds):
    results = [run.model_copy(update={"is_cold": cold})
               for run, cold in zip(runs(*map(float, range(1, len(colds) + 1))), colds,
                                    strict=True)]  # fmt: skip
    (found,) = samples_of(results)
    assert len(found.all_runs) == len(colds)
    used = [run.is_cold for run in found.runs]
    assert used == ([False] * colds.count(False) or [True] * len(colds))


def test_logs_of_unknown_machine_or_threads_are_no_repetitions_of_each_other():
    """Two logs of which nobody knows more may be of a laptop and a supercomputer."""
    told = {"origin": "log", "source": "GC.log", "observed_instance_type": "c5.4xlarge"}
    silent = told | {"observed_instance_type": None, "machine_class": None}
    for facts, expected in ((told, 1), (silent, 2), (told | {"threads": None}, 2)):
        runs = [make_model_result(**facts, benchmark_run_id=f"2026112{n}T000000Z-0000000{n}")
                for n in (1, 2)]  # fmt: skip
        samples = samples_of(runs)
        assert len(samples) == expected
        assert len({sample.label for sample in samples}) == expected
