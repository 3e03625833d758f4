"""What a plan can cost at most, and when it cannot be told."""

from __future__ import annotations

import textwrap
from datetime import date
from typing import Any

import pytest

from geoschem_bench.planning import plan_suite
from geoschem_bench.pricing import (
    MOST_RETRIES,
    Price,
    PriceList,
    beside_budget,
    estimate_of,
    headline,
    over_budget,
    request_body,
)
from tests.unit.suite.writing import ENTRY, load, suite_text, with_lines

TODAY = date(2026, 11, 22)
SUBMISSIONS = 1 + MOST_RETRIES


def price(usd_per_hour: float, **fields: Any) -> Price:
    known = {"instance_type": "c7g.4xlarge", "region": "us-west-2", "purchase_option": "on_demand",
             "usd_per_hour": usd_per_hour, "as_of": "2026-11-01", "source": "a test"}  # fmt: skip
    return Price(**{**known, **fields})


PRICES = PriceList([price(0.58)])
SPOT = price(0.2, purchase_option="spot", zone="us-west-2a")


@pytest.fixture
def estimate(tmp_path):
    """The estimate of a suite of these entries."""

    def of(*changes, header="", prices=PRICES, **options):
        entries = [with_lines(f"id: B{n}\n{textwrap.dedent(change)}") for n, change in
                   enumerate(changes)] or [ENTRY]  # fmt: skip
        head = f"suite: {{{header}}}\n" if header else ""
        suite = load(tmp_path, suite_text(*entries, header=head))
        return estimate_of(suite, plan_suite(suite), prices, today=TODAY, **options)

    return of


def test_price_times_limit_times_submissions(estimate):
    found = estimate()
    (line,) = found.lines
    assert line.usd == pytest.approx(0.58 * line.limit_seconds / 3600 * SUBMISSIONS)
    assert found.usd == pytest.approx(line.usd)
    assert found.usd_once == pytest.approx(found.usd / SUBMISSIONS)
    assert found.submissions == SUBMISSIONS
    assert f"submitted {SUBMISSIONS} times" in headline(found)


def test_more_repetitions_can_cost_more(estimate):
    few, many = estimate("repetitions: 1"), estimate("repetitions: 10")
    assert many.usd > 4 * few.usd


def test_each_node_costs(estimate):
    gchp = """\
        application: gchp
        domain: {resolution: c24}
        hardware: {instance_type: c7g.4xlarge, nodes: %d, mpi_ranks: 12}
    """
    one, two = estimate(gchp % 1), estimate(gchp % 2)
    assert two.usd == pytest.approx(2 * one.usd)


def test_spot_that_may_fall_back_is_bounded_by_the_price_on_demand(estimate):
    found = estimate("purchase_option: spot", prices=PriceList([price(0.58), SPOT]))
    assert found.lines[0].usd_per_hour == 0.58
    assert found.lines[0].why == "spot, bounded by the on-demand price"


def test_spot_without_fallback_goes_by_the_dearest_zone_and_says_so(estimate):
    dearer = SPOT.model_copy(update={"usd_per_hour": 0.25, "zone": "us-west-2b"})
    prices = PriceList([price(0.58), SPOT, dearer])
    found = estimate("purchase_option: spot", header="spot_fallback: none", prices=prices)
    assert found.lines[0].usd_per_hour == 0.25
    assert "can rise to the on-demand price" in str(found.lines[0].why)
    without = estimate("purchase_option: spot", header="spot_fallback: none")
    assert without.lines[0].usd_per_hour == 0.58


def test_one_price_that_is_missing_and_the_whole_cannot_be_told(estimate):
    found = estimate("", "hardware: {instance_type: c7i.4xlarge}", header="budget_usd: 1000000")
    assert found.lines[0].usd is not None
    assert found.lines[1].usd is None
    assert (found.usd, found.usd_once) == (None, None)
    assert found.is_over
    assert "prices refresh --region us-west-2 --type c7i.4xlarge" in headline(found)
    assert "cannot be told" in beside_budget(found)


def test_no_budget_is_never_over(estimate):
    assert not estimate().is_over
    assert not estimate(prices=PriceList([])).is_over
    assert "no budget is set" in beside_budget(estimate())


@pytest.mark.parametrize(("budget_usd", "over"), [(1, True), (100_000, False)])
def test_the_budget_is_what_it_is_measured_by(estimate, budget_usd, over):
    found = estimate(header=f"budget_usd: {budget_usd}")
    assert found.is_over is over
    assert ("over the budget" if over else "within the budget") in beside_budget(found)


def test_exactly_the_budget_is_within_it(estimate):
    found = estimate(header="budget_usd: 1")
    assert not found.model_copy(update={"budget_usd": found.usd}).is_over


def test_this_computer_costs_no_usd_rather_than_zero(estimate):
    local = "application: proxy\nhardware: {instance_type: local}"
    found = estimate(local, header="budget_usd: 1")
    assert found.is_free
    assert found.usd is None
    assert found.lines[0].usd is None
    assert not found.is_over
    assert "costs nothing on this computer" in headline(found)


def test_what_is_not_submitted_costs_nothing_and_hides_no_price(estimate):
    elsewhere = "hardware: {instance_type: hpc7g.16xlarge}"
    found = estimate("", elsewhere)
    assert found.usd == pytest.approx(found.lines[0].usd)
    assert found.lines[1].usd is None
    assert str(found.lines[1].why).startswith("is not submitted: hpc7g.16xlarge is not offered")


def test_an_empty_plan_costs_nothing(estimate, tmp_path):
    suite = load(tmp_path, suite_text(header="suite: {budget_usd: 1}\n"))
    found = estimate_of(suite, plan_suite(suite), PRICES)
    assert (found.usd, found.is_over) == (0.0, False)


@pytest.mark.parametrize(
    ("as_of", "says"),
    [
        ("2026-11-01", None),
        ("2026-01-01", "older than suite.price_max_age_days (90): c7g.4xlarge (2026-01-01)"),
        (None, "have no date in their source"),
    ],
)
def test_old_and_undated_prices_are_used_and_told(estimate, as_of, says):
    found = estimate(prices=PriceList([price(0.58, as_of=as_of)]))
    assert found.usd is not None
    if says is None:
        assert found.warnings == ()
    else:
        (warning,) = found.warnings
        assert says in warning
        assert "geoschem-bench prices refresh --region us-west-2" in warning


def test_the_suite_says_how_old_a_price_may_be(estimate):
    prices = PriceList([price(0.58, as_of="2026-11-01")])
    assert estimate(header="price_max_age_days: 21", prices=prices).warnings == ()
    assert estimate(header="price_max_age_days: 20", prices=prices).warnings


def test_words_do_not_change_from_night_to_night(tmp_path):
    """They stand in the DAG's documentation: each change would be a new version of the DAG."""
    suite = load(tmp_path, suite_text(ENTRY))
    old = PriceList([price(0.58, as_of="2026-01-01")])
    nights = [
        estimate_of(suite, plan_suite(suite), old, today=date(2026, 11, day)) for day in (22, 23)
    ]
    assert nights[0] == nights[1]


def test_the_dearest_come_first_for_whoever_decides(estimate):
    prices = PriceList([price(0.58), price(0.714, instance_type="c7i.4xlarge")])
    found = estimate("", "hardware: {instance_type: c7i.4xlarge}", "duration: {days: 1}",
                     header="budget_usd: 5", prices=prices)  # fmt: skip
    assert [line.benchmark_id for line in found.dearest(2)] == ["B1", "B0"]
    assert "Dearest: B1 (USD " in over_budget(found, "Do this.")
    assert over_budget(found, "Do this.").endswith(" Do this.")
    body = request_body(found)
    assert body.index("| B1 |") < body.index("| B0 |") < body.index("| B2 |")
