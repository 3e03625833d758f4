"""What a run has cost: each submission, once, by the price of its day."""

from __future__ import annotations

from typing import Any

import pytest

from geoschem_bench.errors import Reason
from geoschem_bench.pipeline import costs_of, load_run
from geoschem_bench.planning import plan_suite
from geoschem_bench.pricing import Price, PriceList, estimate_of
from geoschem_bench.records import BudgetDecision, RunCosts
from geoschem_bench.suite import load_suite
from tests.unit.records.fakes import (
    BUCKET,
    FC,
    MINI,
    PREFIX,
    RUN,
    TRANSPORT,
    MemoryObjects,
    MemoryResults,
    folder,
    job,
    manifest,
    plan_file,
)

SECONDS = 750.0
"""From start to stop of the `job.json` of these tests."""
USD_PER_HOUR = 0.6
ONCE = USD_PER_HOUR * SECONDS / 3600


def price(usd_per_hour: float = USD_PER_HOUR, option: str = "on_demand", **fields: Any) -> Price:
    known = {"instance_type": "c7g.4xlarge", "region": "us-west-2", "purchase_option": option,
             "usd_per_hour": usd_per_hour, "as_of": "2026-11-01", "source": "a test"}  # fmt: skip
    return Price(**{**known, **fields})


PRICES = PriceList([price(), price(0.2, "spot", zone="us-west-2a")])


def planned_with(
    budget_usd: float | None = None, *, in_sandbox: bool = False, **benchmark: Any
) -> bytes:
    """`plan.json` of the mini suite, with its estimate."""
    suite = load_suite(MINI)
    header = suite.header.model_copy(update={"budget_usd": budget_usd})
    phases = {name: tuple(each.model_copy(update=benchmark) for each in items)
              for name, items in suite.phases.items()}  # fmt: skip
    suite = suite.model_copy(update={"header": header, "phases": phases})
    benchmarks = plan_suite(suite)
    estimate = estimate_of(suite, benchmarks, PRICES)
    return plan_file(benchmarks=benchmarks, estimate=estimate, in_sandbox=in_sandbox)


@pytest.fixture
def run():
    """A run of the mini suite: nothing but its plan yet."""
    objects = MemoryObjects()
    objects.put(PREFIX + "plan.json", planned_with())
    return objects


def costs(objects: MemoryObjects, prices: PriceList | None = PRICES) -> RunCosts:
    """What `load` writes."""
    load_run(RUN, BUCKET, objects, MemoryResults(), prices)
    found = costs_of(RUN, BUCKET, objects)
    assert found
    return found


def submitted(objects: MemoryObjects, name: str = FC, number: int = 1, **fields: Any) -> None:
    """One that left no manifest."""
    objects.put(folder(name, number) + "job.json", job(name, number, **fields))


def succeeded(objects: MemoryObjects, name: str = FC, number: int = 1, **fields: Any) -> None:
    objects.put(folder(name, number) + "manifest.json", manifest(name, submission=number))
    submitted(objects, name, number, status="SUCCEEDED", exit_code=0, **fields)


def test_price_times_the_jobs_time(run):
    succeeded(run)
    succeeded(run, TRANSPORT)
    found = costs(run)
    assert found.usd == pytest.approx(2 * ONCE)
    assert found.is_complete
    (first, _) = found.submissions
    assert (first.seconds, first.price, first.reason) == (SECONDS, PRICES.price(
        "c7g.4xlarge", "us-west-2", "on_demand"), None)  # fmt: skip
    assert found.headline().startswith("Cost of the run: USD 0.25, of at most USD ")


def test_failed_and_repeated_submissions_are_paid_for_too(run):
    submitted(run, number=1, reason="storage")
    submitted(run, number=2, reason="unknown")
    succeeded(run, number=3)
    found = costs(run)
    assert found.usd == pytest.approx(3 * ONCE)
    assert [(each.submission, each.reason) for each in found.submissions] == [
        (1, Reason.STORAGE), (2, Reason.UNKNOWN), (3, None),
    ]  # fmt: skip


def test_what_never_got_an_instance_costs_nothing(run):
    submitted(run, number=1, reason="capacity", started_at=None, stopped_at=None)
    succeeded(run, number=2)
    found = costs(run)
    assert [each.usd for each in found.submissions] == [0.0, pytest.approx(ONCE)]
    assert found.is_complete


def test_what_was_never_submitted_is_no_submission(run):
    submitted(run, status="NOT_SUBMITTED", reason="misconfigured", started_at=None)
    found = costs(run)
    assert found.submissions == ()
    assert (found.usd, found.is_complete) == (0.0, True)
    assert "nothing was submitted" in found.headline()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"stopped_at": None}, "did not say when the job started and stopped"),
        ({"status": "SUCCEEDED", "started_at": None}, "did not say when"),
        ({"stopped_at": "2026-11-22T03:00:00+00:00"}, "did not say when"),
        ({"attempts": 2}, "earlier attempts of the job are not in it"),
    ],
)
def test_what_is_not_known_makes_the_sum_a_least(run, fields, why):
    submitted(run, **fields)
    succeeded(run, TRANSPORT)
    found = costs(run)
    assert not found.is_complete
    assert "at least USD" in found.headline()
    (unknown,) = found.unknown
    assert why in str(unknown.why)


def test_a_job_that_nobody_waited_for_is_not_free(run):
    run.put(folder() + "config.json", b"{}")
    succeeded(run, TRANSPORT)
    found = costs(run)
    assert found.usd == pytest.approx(ONCE)
    assert "nobody wrote down" in str(found.unknown[0].why)


def test_without_any_price_the_cost_is_not_known_rather_than_zero(run):
    succeeded(run)
    found = costs(run, PriceList([]))
    assert found.usd is None
    assert "prices refresh" in found.headline()


def test_a_later_price_changes_no_old_cost(run):
    succeeded(run)
    (before,) = costs(run).submissions
    succeeded(run, TRANSPORT)
    after = {each.benchmark_id: each for each in costs(run, PriceList([price(6.0)])).submissions}
    assert after[FC] == before
    assert after[TRANSPORT].usd == pytest.approx(10 * ONCE)


def test_spot_and_its_fallback_each_by_its_own_price():
    objects = MemoryObjects()
    objects.put(PREFIX + "plan.json", planned_with(purchase_option="spot"))
    arn = "arn:aws:batch:us-west-2:1:job-queue/"
    spot, on_demand = f"{arn}geos-chem-graviton-spot-queue", f"{arn}geos-chem-graviton-queue"
    submitted(objects, number=1, reason="spot_interrupted", job_queue=spot)
    submitted(objects, number=2, reason="unknown", job_queue=on_demand)
    found = costs(objects)
    assert [each.purchase_option for each in found.submissions] == ["spot", "on_demand"]
    assert [each.usd for each in found.submissions] == [
        pytest.approx(0.2 * SECONDS / 3600), pytest.approx(ONCE),
    ]  # fmt: skip


def test_each_node_is_paid_for(run):
    objects = MemoryObjects()
    hardware = load_suite(MINI).benchmarks[0].hardware.model_copy(update={"nodes": 2})
    objects.put(PREFIX + "plan.json", planned_with(hardware=hardware))
    submitted(objects)
    assert costs(objects).usd == pytest.approx(2 * ONCE)


def test_on_this_computer_nothing_is_billed_and_every_try_is_listed(run):
    run.put(PREFIX + "plan.json", planned_with(5.0, in_sandbox=True))
    submitted(run, number=1)
    succeeded(run, number=2)
    found = costs(run)
    assert (found.usd, found.is_complete, found.is_free) == (None, True, True)
    assert [each.usd for each in found.submissions] == [None, None]
    assert "costs nothing on this computer" in found.headline()


@pytest.mark.parametrize(("budget_usd", "says"), [(0.1, "over the"), (5.0, "within the")])
def test_the_sum_is_told_beside_the_budget(run, budget_usd, says):
    run.put(PREFIX + "plan.json", planned_with(budget_usd))
    succeeded(run)
    assert f"{says} budget of USD {budget_usd:.2f}" in costs(run).headline()


def test_a_plan_without_an_estimate_has_costs_all_the_same(run):
    """Of an earlier version; the region is that of the result."""
    run.put(PREFIX + "plan.json", plan_file())
    succeeded(run)
    submitted(run, TRANSPORT)
    seen = manifest(FC, environment={"ec2": {"region": "us-west-2"}})
    run.put(folder(FC) + "manifest.json", seen)
    found = {each.benchmark_id: each for each in costs(run).submissions}
    assert found[FC].usd == pytest.approx(ONCE)
    assert "region in which c7g.4xlarge ran is not known" in str(found[TRANSPORT].why)


def test_a_damaged_sum_is_made_anew(run):
    succeeded(run)
    run.put(PREFIX + "costs.json", b"{")
    assert costs(run).usd == pytest.approx(ONCE)


def test_a_dry_run_has_no_costs(run):
    run.put(PREFIX + "plan.json", plan_file(dry_run=True))
    load_run(RUN, BUCKET, run, MemoryResults(), PRICES)
    assert costs_of(RUN, BUCKET, run) is None


@pytest.mark.parametrize("outcome", ["stopped", "not_approved", "waiting"])
def test_what_the_budget_held_back_is_cancelled_and_says_why(run, outcome):
    message = "not approved: refused by ann; nothing was submitted"
    run.put(PREFIX + "budget.json", BudgetDecision(outcome=outcome, message=message).to_json())
    store = MemoryResults()
    load_run(RUN, BUCKET, run, store, PRICES)
    results = store.of_run(RUN)
    assert len(results) == 2
    assert {(each.reason, each.message) for each in results} == {(Reason.CANCELLED, message)}


def test_what_the_budget_allowed_and_is_absent_is_not_cancelled(run):
    decision = BudgetDecision(outcome="approved", message="approved by ann", decided_by="ann")
    run.put(PREFIX + "budget.json", decision.to_json())
    store = MemoryResults()
    load_run(RUN, BUCKET, run, store, PRICES)
    assert {each.reason for each in store.of_run(RUN)} == {Reason.UNKNOWN}


def test_an_unknown_rest_is_not_said_to_be_within_the_budget(run):
    run.put(PREFIX + "plan.json", planned_with(5.0))
    run.put(folder() + "config.json", b"{}")
    succeeded(run, TRANSPORT)
    words = costs(run).headline()
    assert "within" not in words
    assert "the budget is USD 5.00" in words
