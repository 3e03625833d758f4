import subprocess
import sys

import pytest

from geoschem_bench.analysis import analyse
from geoschem_bench.pricing import Price, PriceList
from geoschem_bench.recommendation import Goal, Tariff, recommend
from tests.unit.factories import make_failure, make_model_result, make_result, sandbox_plan

FAST = {"observed_instance_type": "c7g.4xlarge", "wall_seconds": (4000.0, 4010.0, 4020.0)}
SLOW = {"observed_instance_type": "c7i.4xlarge", "wall_seconds": (5000.0, 5010.0, 5020.0)}
NEAR = {"observed_instance_type": "c7a.4xlarge", "wall_seconds": (4005.0, 4000.0, 4030.0)}


def recommended(*results, tariff=None, goal=None):
    (found,) = recommend(results, tariff, goal)
    return found


def fastest(*results, **asked):
    return recommended(*results, **asked).answer("fastest")


def cheapest(*results, **asked):
    return recommended(*results, **asked).answer("cheapest")


def tariff(**usd_per_hour):
    """Prices by type, with `_` for the dot: `c7g_4xlarge=0.58`."""
    return Tariff(PriceList(Price(
        instance_type=name.replace("_", "."), region="us-west-2", purchase_option="on_demand",
        usd_per_hour=usd, as_of="2026-11-01", source="a test")
        for name, usd in usd_per_hour.items()), "us-west-2")  # fmt: skip


def models(*changes):
    return [make_model_result(**change) for change in changes]


def test_the_fastest_is_named_with_its_evidence():
    found = recommended(*models(SLOW, FAST))
    answer = found.answer("fastest")
    assert answer.choice == "c7g.4xlarge"
    assert "1.25 times as fast as c7i.4xlarge" in answer.reason
    assert [e.instance_type for e in found.evidence] == ["c7g.4xlarge", "c7i.4xlarge"]
    proof = found.evidence[0]
    assert proof.hours_per_sim_day == pytest.approx(4010 / 3600 / 7)
    assert proof.hours_low < proof.hours_per_sim_day < proof.hours_high
    assert (proof.n, proof.kind) == (3, "repetitions")
    assert proof.measured_at == ("2026-11-22T03:52:00+00:00",)
    assert found.caveats


def test_types_whose_intervals_meet_are_called_equal():
    answer = fastest(*models(SLOW, FAST, NEAR))
    assert answer.choice is None
    assert "no difference shown" in answer.reason
    assert answer.tied == ("c7a.4xlarge", "c7g.4xlarge")
    assert "c7i.4xlarge" not in answer.reason


def test_two_repetitions_are_not_enough_to_rank():
    found = recommended(*models(FAST, {**SLOW, "wall_seconds": (5000.0, 5010.0)}))
    assert found.answer("fastest").choice is None
    assert found.answer("fastest").reason.startswith("not enough data: c7g.4xlarge has the fewest")
    assert "at least 3 timed repetitions" in found.missing[0]


def test_one_type_is_no_comparison():
    found = recommended(*models(FAST, {**FAST, "benchmark_id": "AGAIN", "threads": 8}))
    assert found.answer("fastest").choice is None
    assert "only instance type" in found.answer("fastest").reason
    assert len(found.evidence) == 1


def test_each_type_stands_for_its_best_setup():
    worse = {**FAST, "benchmark_id": "FOUR-THREADS", "threads": 4, "config_sha256": "4f" * 32,
             "wall_seconds": (9000.0, 9010.0, 9020.0)}  # fmt: skip
    found = recommended(*models(worse, FAST, SLOW))
    assert found.answer("fastest").choice == "c7g.4xlarge"
    assert "FOUR-THREADS" not in [e.benchmark_id for e in found.evidence]


def test_nodes_are_part_of_what_is_recommended():
    assert fastest(*models({**FAST, "nodes": 2}, SLOW)).choice == "2 x c7g.4xlarge"


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
    assert [answer.choice for answer in found.answers] == [None, None]
    assert found.answers[0].reason.startswith("not enough data")
    assert why in found.answers[0].reason
    assert found.missing
    assert found.evidence == ()


def test_a_proxy_is_never_evidence_beside_model_runs():
    disguised = make_model_result(**{**FAST, "workload": "proxy", "wall_seconds": (1.0, 1.1, 1.0)})
    found = recommended(disguised, *models(SLOW))
    assert found.answer("fastest").choice is None
    assert [e.instance_type for e in found.evidence] == ["c7i.4xlarge"]


def test_no_price_means_no_cheapest():
    answer = cheapest(*models(FAST, SLOW))
    assert answer.choice is None
    assert "no price is known" in answer.reason
    assert "c7g.4xlarge" in answer.reason
    assert "no price was stored with the run" in recommended(*models(FAST, SLOW)).missing


def test_the_cheapest_may_be_another_than_the_fastest():
    found = recommended(*models(FAST, SLOW), tariff=tariff(c7g_4xlarge=2.0, c7i_4xlarge=1.0))
    assert found.answer("fastest").choice == "c7g.4xlarge"
    assert found.answer("cheapest").choice == "c7i.4xlarge"
    assert "38 % cheaper than c7g.4xlarge" in found.answer("cheapest").reason
    proof = {e.instance_type: e for e in found.evidence}["c7i.4xlarge"]
    assert proof.price.usd_per_hour == 1.0
    assert proof.cost_usd_per_sim_day == pytest.approx(5010 / 3600 / 7)


def test_costs_as_uncertain_as_the_times():
    answer = cheapest(*models(FAST, SLOW), tariff=tariff(c7g_4xlarge=1.2495, c7i_4xlarge=1.0))
    assert answer.choice is None
    assert answer.reason.startswith("no difference shown")


def test_a_type_without_a_price_is_left_out_by_name():
    answer = cheapest(*models(FAST, SLOW, NEAR), tariff=tariff(c7g_4xlarge=1.0, c7i_4xlarge=1.0))
    assert answer.choice == "c7g.4xlarge"
    assert "Left out, as no price is known: c7a.4xlarge" in answer.reason


PRICES = tariff(c7g_4xlarge=2.0, c7i_4xlarge=1.0)


def test_a_deadline_leaves_only_what_is_done_in_time():
    week = models(FAST, SLOW)  # about 1.11 h and 1.39 h for 7 days
    both = recommended(*week, tariff=PRICES, goal=Goal(deadline_hours=1.5))
    assert both.answer("cheapest within 1.5 h").choice == "c7i.4xlarge"
    one = recommended(*week, tariff=PRICES, goal=Goal(deadline_hours=1.2))
    assert one.answer("cheapest within 1.2 h").choice == "c7g.4xlarge"
    none = recommended(*week, tariff=PRICES, goal=Goal(deadline_hours=1.0))
    assert none.answer("cheapest within 1 h").choice is None
    assert "takes up to 1.12 h" in none.answer("cheapest within 1 h").reason


def test_a_campaign_with_a_deadline_says_how_many_at_a_time():
    goal = Goal(simulations=10, deadline_hours=3.0)
    found = recommended(*models(FAST, SLOW), tariff=PRICES, goal=goal)
    proof = {e.instance_type: e for e in found.evidence}
    assert proof["c7g.4xlarge"].instances_for_deadline == 5  # two one after another, on five
    assert "on 5 instances at a time" in found.answer("cheapest within 3 h").reason
    assert proof["c7i.4xlarge"].usd_of_all == pytest.approx(10 * 5010 / 3600)
    few = recommended(*models(FAST, SLOW), tariff=PRICES,
                      goal=goal.model_copy(update={"instances": 4}))  # fmt: skip
    assert "on at most 4 instances" in few.answer("cheapest within 3 h").reason


def test_instances_count_all_nodes():
    two = models({**FAST, "nodes": 2}, SLOW)
    goal = Goal(simulations=4, deadline_hours=1.2, instances=4)
    found = recommended(*two, tariff=PRICES, goal=goal)
    assert found.answer("cheapest within 1.2 h").choice is None
    more = recommended(*two, tariff=PRICES, goal=goal.model_copy(update={"instances": 8}))
    assert more.answer("cheapest within 1.2 h").choice == "2 x c7g.4xlarge"
    with pytest.raises(ValueError, match="deadline"):
        Goal(instances=4)


def test_single_runs_promise_no_deadline_and_no_budget():
    single = models(*({**one, "wall_seconds": one["wall_seconds"][:1]} for one in (FAST, SLOW)))
    goal = Goal(deadline_hours=100.0, budget_usd=100.0)
    found = recommended(*single, tariff=PRICES, goal=goal)
    assert [answer.choice for answer in found.answers] == [None] * 5
    assert all("too few times" in answer.reason for answer in found.answers)


def test_deadline_and_budget_together():
    goal = Goal(deadline_hours=1.3, budget_usd=2.5)
    found = recommended(*models(FAST, SLOW), tariff=PRICES, goal=goal)
    assert found.answer("fastest within 1.3 h and 2.5 USD").choice == "c7g.4xlarge"
    poor = recommended(*models(FAST, SLOW), tariff=PRICES,
                       goal=goal.model_copy(update={"budget_usd": 1.5}))  # fmt: skip
    assert poor.answer("fastest within 1.3 h and 1.5 USD").choice is None
    assert poor.answer("fastest within 1.5 USD").choice == "c7i.4xlarge"


def test_smoke_runs_teach_no_spread():
    noisy = [{"observed_instance_type": "c6i.4xlarge", "wall_seconds": (wall,), "is_smoke": True,
              "benchmark_run_id": f"2026010{n}T000000Z-0000000{n}"}
             for n, wall in ((1, 10.0), (2, 90.0))]  # fmt: skip
    quiet = recommended(*models(FAST, SLOW)).evidence
    assert recommended(*models(FAST, SLOW, *noisy)).evidence == quiet


def test_a_budget_leaves_only_what_it_pays_for():
    goal = Goal(simulations=10, budget_usd=15.0)
    found = recommended(*models(FAST, SLOW), tariff=PRICES, goal=goal)
    assert found.answer("fastest within 15 USD").choice == "c7i.4xlarge"
    poor = recommended(*models(FAST, SLOW), tariff=PRICES, goal=Goal(budget_usd=0.5))
    assert "costs up to 1.4" in poor.answer("fastest within 0.5 USD").reason


def test_other_days_than_measured_are_said_to_be_scaled():
    found = recommended(*models(FAST, SLOW), tariff=PRICES, goal=Goal(days=31.0))
    assert found.evidence[0].hours_of_one == pytest.approx(4010 / 3600 / 7 * 31)
    assert any("Scaled from 7 to 31" in caveat for caveat in found.caveats)


def test_versions_and_published_runs_are_never_mixed():
    newer = {**SLOW, "model_version": "14.7.0"}
    published = {**SLOW, "origin": "published", "source": "Somebody, 2019"}
    found = recommend(models(FAST, newer, published))
    assert [len(item.evidence) for item in found] == [1, 1, 1]
    assert [item.is_published for item in found] == [False, True, False]


def test_what_was_not_tested_is_named():
    found = recommended(*models(FAST, SLOW), tariff=PRICES)
    assert "c8g" in found.not_tested
    assert "c7g" not in found.not_tested


def test_one_recommendation_for_each_simulation():
    results = [*models(FAST, SLOW), make_result(), make_failure()]
    found = recommend(results)
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
    found = recommend(analyse(results, plan).latest(list(reversed(results))))
    order = [item.id for item in plan.benchmarks if item.id in names.values()]
    expected = [next(kind for kind, name in names.items() if name == i) for i in order]
    assert [item.simulation.split()[0] for item in found] == expected
