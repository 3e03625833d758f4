"""What runs cost: by the rule, and by the paper that published both times and costs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.pricing import (
    Price,
    prices_of_2019,
    usd_of_run,
    usd_per_sim_day,
    usd_per_sim_month,
    usd_per_sim_year,
)

usd = st.floats(0.001, 1000)
seconds = st.floats(0, 1e7)
hours = st.floats(0, 1e4)
nodes = st.integers(1, 100)


def price(usd_per_hour: float) -> Price:
    return Price(
        instance_type="c7g.4xlarge",
        region="us-west-2",
        purchase_option="on_demand",
        usd_per_hour=usd_per_hour,
        as_of="2026-07-20",
        source="a test",
    )


def test_an_hour_costs_the_price():
    assert usd_of_run(price(0.58), 3600) == pytest.approx(0.58)
    assert usd_of_run(price(0.58), 1800, nodes=4) == pytest.approx(1.16)


@given(usd, st.floats(0, 60), nodes)
def test_a_minute_is_billed_at_least(amount, short, count):
    assert usd_of_run(price(amount), short, count) == usd_of_run(price(amount), 60, count)


@given(usd, st.floats(60, 1e7), nodes)
def test_above_a_minute_cost_is_linear_in_time_nodes_and_price(amount, long, count):
    one = usd_of_run(price(amount), long)
    assert usd_of_run(price(amount), 2 * long) == pytest.approx(2 * one)
    assert usd_of_run(price(amount), long, count) == pytest.approx(count * one)
    assert usd_of_run(price(2 * amount), long) == pytest.approx(2 * one)


@given(usd, seconds, seconds, nodes)
def test_longer_never_costs_less(amount, one, other, count):
    shorter, longer = sorted((one, other))
    assert usd_of_run(price(amount), shorter, count) <= usd_of_run(price(amount), longer, count)


@given(usd, hours, nodes)
def test_a_month_is_30_days_and_a_year_365(amount, slow, count):
    day = usd_per_sim_day(price(amount), slow, count)
    assert day == pytest.approx(amount * slow * count)
    assert usd_per_sim_month(price(amount), slow, count) == pytest.approx(30 * day)
    assert usd_per_sim_year(price(amount), slow, count) == pytest.approx(365 * day)


@given(usd, st.floats(0.1, 24), nodes)
def test_rate_and_run_agree(amount, slow, count):
    run = usd_of_run(price(amount), slow * 3600 * 30, count)
    assert usd_per_sim_month(price(amount), slow, count) == pytest.approx(run)


@pytest.mark.parametrize("bad", [-1, -1e-9, math.nan, math.inf, -math.inf])
def test_what_is_no_duration_is_refused_by_name(bad):
    with pytest.raises(ValueError, match="wall_seconds is"):
        usd_of_run(price(1), bad)
    for cost in (usd_per_sim_day, usd_per_sim_month, usd_per_sim_year):
        with pytest.raises(ValueError, match="hours_per_sim_day is"):
            cost(price(1), bad)


@pytest.mark.parametrize("bad", [0, -1])
def test_no_nodes_are_refused(bad):
    with pytest.raises(ValueError, match="nodes is"):
        usd_of_run(price(1), 3600, bad)
    with pytest.raises(ValueError, match="nodes is"):
        usd_per_sim_day(price(1), 1, bad)


PUBLISHED = {
    "c4.4xlarge": (7282.290, 1.61),
    "c4.8xlarge": (5388.904, 2.40),
    "c5.4xlarge": (5656.195, 1.07),
    "c5.9xlarge": (4030.448, 1.71),
}
"""Seconds: `GEOS-Chem` of run 2 (hyperthreading on, no container) of 7 days at 4x5 in
JiaweiZhuang/GC12_timing_logs. USD: cost of that run, Zhuang et al., BAMS 2019."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_costs_follow_from_the_published_times(name):
    wall_seconds, published_usd = PUBLISHED[name]
    found = prices_of_2019().price(name, "us-east-1", "on_demand")
    assert found
    assert usd_of_run(found, wall_seconds) == pytest.approx(published_usd, rel=0.02)


def test_old_prices_are_undated_and_say_of_when_they_are():
    assert len(prices_of_2019()) == 4
    for found in prices_of_2019():
        assert found.as_of is None
        assert "2018/19" in found.source
        assert "BAMS" in found.source
