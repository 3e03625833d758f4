"""The report's section on money: planned, allowed, spent."""

from __future__ import annotations

import json
from pathlib import Path

from geoschem_bench.analysis import analyse
from geoschem_bench.errors import Reason
from geoschem_bench.planning import plan_suite
from geoschem_bench.pricing import Price, PriceList, estimate_of
from geoschem_bench.records import BudgetDecision, RunCosts, SubmissionCost
from geoschem_bench.report import build_report
from geoschem_bench.suite import load_suite
from tests.unit.factories import make_failure, sandbox_plan
from tests.unit.report.reports import MADE_AT

DEAR = load_suite(Path(__file__).parents[2] / "data" / "suites" / "dear.yaml")
PLANNED = plan_suite(DEAR)
PRICE = Price(instance_type="c7g.4xlarge", region="us-west-2", purchase_option="on_demand",
              usd_per_hour=0.58, as_of="2026-11-01", source="<b>a test</b>")  # fmt: skip
PLAN = sandbox_plan().model_copy(
    update={"benchmarks": PLANNED, "estimate": estimate_of(DEAR, PLANNED, PriceList([PRICE]))}
)
NAME = PLANNED[0].id


def submission(number, **fields):
    known = {"benchmark_id": NAME, "submission": number, "instance_type": "c7g.4xlarge",
             "nodes": 1, "purchase_option": "on_demand", "status": "FAILED", "reason": None,
             "seconds": 3600.0, "usd": 0.58, "price": PRICE}  # fmt: skip
    return SubmissionCost(**{**known, **fields})


COSTS = RunCosts(
    usd=0.58, is_complete=False, is_free=False, estimate_usd=170.0, budget_usd=5.0,
    submissions=(
        submission(1, reason=Reason.SPOT_INTERRUPTED, purchase_option="spot"),
        submission(2, usd=None, seconds=None, price=None, why="nobody wrote <it> down"),
    ),
)  # fmt: skip
REFUSED = BudgetDecision(
    outcome="not_approved", message="not approved: refused by <ann>", decided_by="<ann>"
)


def report_with(plan=PLAN, costs=None, decision=None):
    results = [make_failure(benchmark_id=NAME)]
    return build_report(plan, results, [], analyse(results, plan), [], costs=costs,
                        decision=decision, made_at=MADE_AT, version="0.1.0")  # fmt: skip


def words_of(report):
    return " ".join(report.html.decode().split("<script", 1)[0].split())


def test_planned_allowed_and_spent_stand_side_by_side():
    words = words_of(report_with(costs=COSTS))
    assert "at least USD 0.58" in words
    assert "cannot tell" in words  # of c7i.4xlarge no price is listed
    assert "the budget of USD 5.00" in words


def test_every_try_is_listed_and_what_is_not_known_is_a_dash_with_its_reason():
    words = words_of(report_with(costs=COSTS))
    assert "spot_interrupted" in words
    assert "c7g.4xlarge, spot" in words
    assert "nobody wrote &lt;it&gt; down" in words
    assert '<td class="num">2</td><td class="id">c7g.4xlarge, on-demand</td>' in words
    assert '<td class="num">–</td><td class="num">–</td><td class="num">–</td></tr>' in words


def test_each_price_has_its_day_and_source():
    words = words_of(report_with(costs=COSTS))
    assert "2026-11-01; &lt;b&gt;a test&lt;/b&gt;" in words


def test_a_run_that_was_not_approved_says_so_first():
    words = words_of(report_with(decision=REFUSED))
    assert '<p class="verdict bad">Not approved: nothing was submitted</p>' in words
    assert "refused by &lt;ann&gt;" in words


def test_what_was_within_budget_is_no_news():
    within = BudgetDecision(outcome="within", message="it costs at most USD 1.00, within")
    assert "Decision" not in words_of(report_with(decision=within))


def test_a_run_without_estimate_and_costs_has_no_such_section():
    assert 'id="money"' not in words_of(report_with(plan=sandbox_plan()))


def test_programs_get_the_same():
    document = json.loads(report_with(costs=COSTS, decision=REFUSED).json)
    assert document["costs"]["submissions"][1]["usd"] is None
    assert document["budget"]["decided_by"] == "<ann>"
    assert document["plan"]["estimate"]["budget_usd"] == 5.0
