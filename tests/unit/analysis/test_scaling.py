import pytest

from geoschem_bench.analysis import thread_scaling
from tests.unit.factories import make_failure, make_result

OTHER_RUN = "20261123T035120Z-1a2b3c4d"


def pair(**changes):
    """One and two threads; `changes` are made to the second."""
    return [
        make_result(threads=1, wall_seconds=(10.0, 10.1, 9.9)),
        make_result(**{"threads": 2, "wall_seconds": (5.5, 5.4, 5.6), **changes}),
    ]


def test_speedup_is_relative_to_the_fewest_threads():
    (series,) = thread_scaling(list(reversed(pair())))
    assert (series.baseline_threads, series.baseline_seconds) == (1, 10.0)
    one, two = series.points
    assert (one.threads, one.speedup, one.efficiency) == (1, 1.0, 1.0)
    assert two.speedup == pytest.approx(10 / 5.5)
    assert two.efficiency == pytest.approx(10 / 11)
    assert (one.speedup_low, one.speedup_high) == (None, None)
    assert two.speedup_low is not None
    assert two.speedup_high is not None
    assert two.speedup_low < two.speedup < two.speedup_high


def test_efficiency_where_the_fewest_threads_are_more_than_one():
    results = [make_result(threads=4, wall_seconds=(8.0,)),
               make_result(threads=8, wall_seconds=(4.0,))]  # fmt: skip
    (series,) = thread_scaling(results)
    assert series.points[1].speedup == 2.0
    assert series.points[1].efficiency == 1.0
    assert series.points[1].speedup_low is None, "one repetition carries no interval"


@pytest.mark.parametrize(
    "changes",
    [
        {"threads": 1, "benchmark_id": "OTHER"},
        {"machine_class": "another machine"},
        {"resolution": "2x2.5"},
        {"simulation_type": "fullchem"},
        {"simulated_days": 2.0},
        {"workload": "model"},
        {"benchmark_run_id": OTHER_RUN},
        {"nodes": 2},
        {"mpi_ranks": 6},
        {"purchase_option": "spot"},
        {"requested_instance_type": "c7g.4xlarge"},
        {"status": "failed"},
        {"wall_seconds": ()},
        {"wall_seconds": (5.0, 0.0)},
        {"threads": None, "benchmark_id": "OTHER", "cpu_seconds": ()},
    ],
)
def test_what_differs_in_more_than_threads_is_no_series(changes):
    assert thread_scaling(pair(**changes)) == []


def test_the_plan_tells_configurations_apart():
    results = [*pair(), make_result(threads=4, benchmark_id="OTHER-FLAGS")]
    names = [result.benchmark_id for result in results]
    (series,) = thread_scaling(results, dict(zip(names, ("a", "a", "b"), strict=True)))
    assert [point.benchmark_id for point in series.points] == names[:2]


def test_two_configurations_at_one_thread_count_are_left_out():
    assert thread_scaling([*pair(), make_result(threads=2, benchmark_id="OTHER-FLAGS")]) == []


def test_a_job_granted_fewer_cpus_does_not_hide_the_one_that_asked_for_as_many():
    starved = make_result(threads=2, threads_requested=8, benchmark_id="PROXY-8T")
    (series,) = thread_scaling([starved, *pair()])
    assert [point.benchmark_id for point in series.points] == [r.benchmark_id for r in pair()]
    assert "PROXY-8T" in series.notes[0]
    assert "asked for 8" in series.notes[0]


def test_only_the_latest_submission_counts():
    again = make_result(threads=2, submission=2, wall_seconds=(5.0,))
    (series,) = thread_scaling([again, *pair()])
    assert series.points[1].median_seconds == 5.0


@pytest.mark.parametrize(("field", "agree"), [("ab" * 32, True), ("cd" * 32, False), (None, None)])
def test_whether_the_answer_is_the_same(field, agree):
    (series,) = thread_scaling(pair(field_sha256=field))
    assert series.fields_agree is agree


def test_failures_scale_nothing():
    assert thread_scaling([make_failure(), make_failure(benchmark_id="OTHER")]) == []
