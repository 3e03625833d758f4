from typing import Any

import pytest

from geoschem_bench.analysis import Analysis, analyse, family_of, latest_submissions, natural_key
from tests.unit.factories import make_failure, make_model_result, make_result, sandbox_plan


def measures_of(result) -> Any:
    (measures,) = analyse([result]).measures
    return measures


def test_nothing_can_be_analysed():
    analysis = analyse([])
    assert analysis.counts.benchmarks == 0
    assert analysis.measures == ()


def test_json_and_back():
    analysis = analyse([make_result(), make_result(threads=2), make_failure(), make_model_result()])
    assert Analysis.from_json(analysis.to_json()) == analysis


def test_each_benchmark_counts_once_by_its_latest_submission():
    results = [make_result(submission=2), make_failure(benchmark_id=make_result().benchmark_id),
               make_failure()]  # fmt: skip
    counts = analyse(results).counts
    assert (counts.benchmarks, counts.succeeded, counts.failed) == (2, 1, 1)
    assert counts.earlier_submissions == 1
    assert counts.failures_by_reason == {"timeout": 1}


def test_a_proxy_has_no_speed():
    measures = measures_of(make_result())
    assert measures.hours_per_sim_day is None
    assert measures.throughput_days_per_day is None
    assert measures.cost_usd_per_sim_day is None
    assert measures.wall_seconds.median == 10.1


def test_a_proxy_has_no_speed_even_where_the_manifest_claims_one():
    result = make_result(hours_per_sim_day=1.0, throughput_days_per_day=24.0)
    measures = measures_of(result)
    assert measures.hours_per_sim_day is None
    assert measures.throughput_days_per_day is None


def test_a_model_run_has_speed_for_each_repetition():
    measures = measures_of(make_model_result(wall_seconds=(3600.0, 7200.0, 5400.0)))
    hours, speed = measures.hours_per_sim_day, measures.throughput_days_per_day
    assert (hours.minimum, hours.maximum) == (pytest.approx(1 / 7), pytest.approx(2 / 7))
    assert speed.maximum == pytest.approx(7 * 24)


def test_cpu_efficiency_of_each_repetition():
    result = make_result(threads=2, wall_seconds=(10.0, 8.0), cpu_seconds=(20.0, 12.0))
    measures = measures_of(result)
    assert (measures.cpu_efficiency.minimum, measures.cpu_efficiency.maximum) == (0.75, 1.0)


@pytest.mark.parametrize(
    "changes", [{"cpu_efficiency": None}, {"cpu_seconds": (1.0,)}, {"threads": None}]
)
def test_cpu_efficiency_stays_away_where_it_means_nothing(changes):
    (measures,) = analyse([make_result(**{"benchmark_id": "A", "cpu_seconds": (1.0, 1.0, 1.0),
                                          **changes})]).measures  # fmt: skip
    assert measures.cpu_efficiency is None


def test_components_longest_first_with_their_share():
    (measures,) = analyse([make_result(wall_seconds=(10.0,))]).measures
    assert [(c.name, c.share) for c in measures.components] == [
        ("transport", 0.8), ("convection", 0.15), ("output", 0.03)]  # fmt: skip
    assert not measures.components_overlap


def test_nested_timers_are_recognised():
    timers = {"GEOS-Chem": 10.0, "All chemistry": 6.0}
    (measures,) = analyse([make_result(wall_seconds=(10.0,), timers=timers)]).measures
    assert measures.components_overlap


def test_a_failure_has_nothing_but_its_name():
    (measures,) = analyse([make_failure()]).measures
    assert measures.wall_seconds is None
    assert measures.components == ()


def test_the_plan_gives_the_order():
    plan = sandbox_plan()
    names = [item.id for item in plan.benchmarks]
    results = [make_result(benchmark_id=name) for name in sorted(names)]
    assert [m.benchmark_id for m in analyse(results, plan).measures] == names
    assert [m.benchmark_id for m in analyse(results).measures] != names


def test_of_finds_the_latest_submission_only():
    old, new = make_result(), make_result(submission=2)
    analysis = analyse([old, new])
    assert analysis.of(new) is not None
    assert analysis.of(old) is None


def test_latest_submissions_keep_the_earlier_ones():
    first, second, third = (make_result(submission=n) for n in (1, 2, 3))
    assert latest_submissions([second, third, first]) == ([third], [first, second])


def test_two_comes_before_ten():
    assert sorted(["A-10T", "A-2T", "10", "B"], key=natural_key) == ["10", "A-2T", "A-10T", "B"]


def test_a_family_differs_in_threads_only():
    one, two, other = (sandbox_plan().benchmarks[i].benchmark for i in (0, 1, 2))
    assert one.config_sha256 != two.config_sha256
    assert family_of(one) == family_of(two) != family_of(other)
