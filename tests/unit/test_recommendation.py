import subprocess
import sys

import pytest

from geoschem_bench.analysis import analyse
from geoschem_bench.recommendation import recommend
from tests.unit.factories import make_failure, make_model_result, make_result, sandbox_plan

FAST = {"observed_instance_type": "c7g.4xlarge", "wall_seconds": (4000.0, 4010.0, 4020.0)}
SLOW = {"observed_instance_type": "c7i.4xlarge", "wall_seconds": (5000.0, 5010.0, 5020.0)}
NEAR = {"observed_instance_type": "c7a.4xlarge", "wall_seconds": (4005.0, 4000.0, 4030.0)}


def recommended(*results):
    (found,) = recommend(analyse(results), results)
    return found


def models(*changes):
    return [make_model_result(**change) for change in changes]


def test_the_fastest_is_named_with_its_evidence():
    found = recommended(*models(SLOW, FAST))
    assert found.answer == "c7g.4xlarge"
    assert "1.25 times as fast as c7i.4xlarge" in found.reason
    assert [e.instance_type for e in found.evidence] == ["c7g.4xlarge", "c7i.4xlarge"]
    proof = found.evidence[0]
    assert proof.hours_per_sim_day == pytest.approx(4010 / 3600 / 7)
    assert proof.hours_low < proof.hours_per_sim_day < proof.hours_high
    assert (proof.n, proof.measured_at) == (3, "2026-11-22T03:52:00+00:00")
    assert found.caveats


def test_types_whose_intervals_meet_are_called_equal():
    found = recommended(*models(SLOW, FAST, NEAR))
    assert found.answer is None
    assert "no difference shown" in found.reason
    assert "c7g.4xlarge" in found.reason
    assert "c7a.4xlarge" in found.reason
    assert "c7i.4xlarge" not in found.reason


def test_two_repetitions_are_not_enough_to_rank():
    found = recommended(*models(FAST, {**SLOW, "wall_seconds": (5000.0, 5010.0)}))
    assert found.answer is None
    assert found.reason.startswith("not enough data")
    assert "at least 3 timed repetitions" in found.missing[0]


def test_one_type_is_no_comparison():
    found = recommended(*models(FAST, {**FAST, "benchmark_id": "AGAIN", "threads": 8}))
    assert found.answer is None
    assert "only instance type" in found.reason
    assert len(found.evidence) == 1


def test_each_type_stands_for_its_best_benchmark():
    worse = {**FAST, "benchmark_id": "FOUR-THREADS", "wall_seconds": (9000.0, 9010.0, 9020.0)}
    found = recommended(*models(worse, FAST, SLOW))
    assert found.answer == "c7g.4xlarge"
    assert "FOUR-THREADS" not in [e.benchmark_id for e in found.evidence]


def test_nodes_are_part_of_what_is_recommended():
    assert recommended(*models({**FAST, "nodes": 2}, SLOW)).answer == "2 x c7g.4xlarge"


def test_what_was_observed_counts_and_not_what_was_asked_for():
    results = models(FAST, {**SLOW, "requested_instance_type": "c7g.4xlarge"})
    assert [e.instance_type for e in recommended(*results).evidence][1] == "c7i.4xlarge"


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ([make_result(), make_result(threads=2)], "proxy"),
        ([make_failure()], "nothing succeeded"),
        (models({**FAST, "is_smoke": True}, {**SLOW, "is_smoke": True}), "smoke"),
    ],
)
def test_no_answer_says_what_is_missing(results, why):
    found = recommended(*results)
    assert found.answer is None
    assert found.cheapest is None
    assert found.reason.startswith("not enough data")
    assert why in found.reason
    assert found.missing
    assert found.evidence == ()


def test_a_proxy_is_never_evidence_beside_model_runs():
    disguised = make_model_result(**{**FAST, "workload": "proxy", "wall_seconds": (1.0, 1.1, 1.0)})
    found = recommended(disguised, *models(SLOW))
    assert found.answer is None
    assert [e.instance_type for e in found.evidence] == ["c7i.4xlarge"]


def test_no_price_means_no_cheapest():
    found = recommended(*models(FAST, SLOW))
    assert found.cheapest is None
    assert "no price is known for c7g.4xlarge, c7i.4xlarge" in found.cheapest_reason


def test_the_cheapest_may_be_another_than_the_fastest():
    found = recommended(*models({**FAST, "cost_usd_per_sim_day": 0.2},
                                {**SLOW, "cost_usd_per_sim_day": 0.1}))  # fmt: skip
    assert (found.answer, found.cheapest) == ("c7g.4xlarge", "c7i.4xlarge")


def test_costs_as_uncertain_as_the_times():
    found = recommended(*models({**FAST, "cost_usd_per_sim_day": 0.1},
                                {**SLOW, "cost_usd_per_sim_day": 0.1001}))  # fmt: skip
    assert found.cheapest is None
    assert "no difference in cost" in found.cheapest_reason


def test_one_recommendation_for_each_simulation():
    results = [*models(FAST, SLOW), make_result(), make_failure()]
    found = recommend(analyse(results), results)
    assert len({item.simulation for item in found}) == len(found) == 3


def test_nothing_heavy_is_loaded():
    heavy = "{'scipy', 'matplotlib', 'pandas', 'numpy', 'ruptures'}"
    code = f"import sys, geoschem_bench.recommendation; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_recommendations_come_in_the_order_of_the_plan():
    plan = sandbox_plan()
    names = {item.benchmark.simulation_type: item.id for item in plan.benchmarks}
    results = [make_result(simulation_type=kind, benchmark_id=name) for kind, name in names.items()]
    found = recommend(analyse(results, plan), list(reversed(results)))
    order = [item.id for item in plan.benchmarks if item.id in names.values()]
    expected = [next(kind for kind, name in names.items() if name == i) for i in order]
    assert [item.simulation.split()[0] for item in found] == expected
