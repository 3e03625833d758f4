"""A price and a list of them: what counts, and what is said where there is none."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from geoschem_bench.catalog import load_catalog
from geoschem_bench.pricing import Price, PriceList, PriceSource

ROW: dict[str, Any] = {
    "instance_type": "c7g.4xlarge",
    "region": "us-west-2",
    "purchase_option": "on_demand",
    "usd_per_hour": 0.58,
    "as_of": "2026-07-20",
    "source": "a test, https://example.org",
}

names = st.from_regex(r"[a-z][a-z0-9]{0,6}\.[a-z0-9-]{1,8}", fullmatch=True)
sources = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@st.composite
def prices(draw: st.DrawFn) -> Price:
    spot = draw(st.booleans())
    return Price(
        instance_type=draw(names),
        region=draw(st.sampled_from(["us-east-1", "us-west-2", "eu-north-1"])),
        purchase_option="spot" if spot else "on_demand",
        usd_per_hour=draw(st.floats(0, 1e6, exclude_min=True, allow_subnormal=False)),
        as_of=draw(st.none() | st.dates().map(date.isoformat)),
        source=draw(sources),
        zone=draw(st.none() | st.sampled_from(["us-west-2a", "us-west-2b"])) if spot else None,
    )


def _price(**changes: Any) -> Price:
    return Price(**ROW | changes)


def _spot(zone: str | None, usd: float, **changes: Any) -> Price:
    return _price(purchase_option="spot", zone=zone, usd_per_hour=usd, **changes)


class Holder(BaseModel):
    price: Price | None = None


@given(prices())
def test_a_price_survives_json_within_another_record(price):
    assert Holder.model_validate_json(Holder(price=price).model_dump_json()).price == price


@pytest.mark.parametrize(
    "change",
    [
        {"usd_per_hour": 0},
        {"usd_per_hour": -1},
        {"usd_per_hour": float("nan")},
        {"usd_per_hour": float("inf")},
        {"usd_per_hour": "dear"},
        {"as_of": "yesterday"},
        {"as_of": "20260720"},
        {"purchase_option": "reserved"},
        {"instance_type": ""},
        {"instance_type": "c7g.4xlarge\n"},
        {"region": "us,west"},
        {"source": " "},
        {"source": "two\nlines"},
        {"zone": "us-west-2a"},
    ],
    ids=str,
)
def test_what_is_no_price_is_refused(change):
    with pytest.raises(ValidationError):
        Price(**ROW | change)


def test_age_is_counted_in_days_and_unknown_without_a_date():
    assert _price().age_days(date(2026, 7, 21)) == 1
    assert _price(as_of=None).age_days(date(2026, 7, 21)) is None


def test_a_list_is_a_source_of_prices():
    source: PriceSource = PriceList([_price()])
    assert source.price("c7g.4xlarge", "us-west-2", "on_demand") == _price()
    for other in (
        ("c7g.8xlarge", "us-west-2", "on_demand"),
        ("c7g.4xlarge", "us-east-1", "on_demand"),
        ("c7g.4xlarge", "us-west-2", "spot"),
    ):
        assert source.price(*other) is None


@given(st.permutations([None, "2024-01-01", "2025-06-30", "2026-07-20"]))
def test_the_newest_counts_and_an_undated_one_is_the_oldest(days):
    rows = [_price(as_of=day) for day in days]
    assert list(PriceList(rows)) == [_price(as_of="2026-07-20")]
    assert list(PriceList(row for row in rows if row.as_of is None)) == [_price(as_of=None)]


def test_of_one_day_the_later_row_counts():
    assert list(PriceList([_price(usd_per_hour=1), _price(usd_per_hour=2)])) == [
        _price(usd_per_hour=2)
    ]


def test_of_spot_prices_the_dearest_zone_is_given_or_the_one_asked_for():
    cheap, dear = _spot("us-west-2a", 0.2), _spot("us-west-2b", 0.3)
    listed = PriceList([dear, cheap])
    assert len(listed) == 2
    assert listed.price("c7g.4xlarge", "us-west-2", "spot") == dear
    assert listed.price("c7g.4xlarge", "us-west-2", "spot", zone="us-west-2a") == cheap
    assert listed.price("c7g.4xlarge", "us-west-2", "spot", zone="us-west-2c") is None
    assert listed.in_zones("c7g.4xlarge", "us-west-2") == [cheap, dear]


def test_on_demand_a_zone_makes_no_difference():
    listed = PriceList([_price()])
    assert listed.price("c7g.4xlarge", "us-west-2", "on_demand", zone="us-west-2a") == _price()


def test_fresh_prices_replace_all_zones_of_their_kind_and_nothing_else():
    old = PriceList([_price(), _spot("us-west-2a", 0.2), _spot("us-west-2b", 0.3)])
    fresh = _spot("us-west-2c", 0.25, as_of="2026-11-22")
    assert list(old.updated([fresh])) == [_price(), fresh]


@given(st.lists(prices(), max_size=10))
def test_a_list_of_a_list_is_the_same_and_sorted(rows):
    listed = PriceList(rows)
    assert list(PriceList(listed)) == list(listed)
    assert len(listed) == len(list(listed)) <= len(rows)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("hpc7a.96xlarge", "us-east-2", "spot"), "never sold as spot"),
        (("hpc7g.16xlarge", "us-west-2", "on_demand"), "not sold in us-west-2 (as of"),
        (("c7g.4xlarge", "us-east-1", "on_demand"), "No on_demand price of c7g.4xlarge in us-ea"),
        (("c7g.4xlarge", "us-east-1", "on_demand"), "(only in us-west-2)"),
        (("c7g.4xlarge", "us-east-1", "on_demand"), "--region us-east-1 --type c7g.4xlarge`"),
        (("c7g.4xlarge", "us-west-2", "spot"), "--type c7g.4xlarge --spot`"),
        (("c7g.5xlarge", "us-west-2", "on_demand"), "no such type (near it: c7g.4xlarge"),
        (("local", "us-west-2", "on_demand"), "This computer"),
    ],
)  # fmt: skip
def test_a_missing_price_has_a_reason_and_a_cure(asked, words):
    name, region, option = asked
    assert words in PriceList([_price()]).missing(name, region, option, load_catalog())


def test_the_reason_is_found_in_the_catalogue_in_force():
    assert "never sold as spot" in PriceList([]).missing("hpc7g.4xlarge", "us-east-1", "spot")
