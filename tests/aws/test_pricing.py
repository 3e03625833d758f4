"""Prices as AWS answers them: stubbed answers in AWS's own form, no network."""

from __future__ import annotations

import json
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import EndpointConnectionError

from geoschem_bench.aws.pricing import (
    PRICE_LIST_REGION,
    SPOT_SOURCE,
    fetch_on_demand,
    fetch_spot,
)
from geoschem_bench.errors import UserError
from geoschem_bench.pricing import PRICES_VARIABLE, Price
from tests.aws.price_answers import (
    METAL,
    NOW,
    TODAY,
    VIRTUAL,
    Stubbed,
    listed,
    offer,
    product,
)


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_PROFILE", PRICES_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def pricing():
    stubbed = Stubbed("pricing", PRICE_LIST_REGION)
    yield stubbed
    stubbed.stub.assert_no_pending_responses()


@pytest.fixture
def ec2():
    stubbed = Stubbed("ec2", "us-west-2")
    yield stubbed
    stubbed.stub.assert_no_pending_responses()


def test_each_type_is_asked_for_alone_and_metal_as_metal(pricing):
    pricing.products(
        VIRTUAL | {"instanceType": "c7g.4xlarge"}, product("c7g.4xlarge", "0.5800000000")
    )
    pricing.products(METAL | {"instanceType": "c7g.metal"}, product("c7g.metal", "2.32"))
    found = fetch_on_demand(pricing.client, "us-west-2", ["c7g.metal", "c7g.4xlarge"], TODAY)
    assert found == [listed("c7g.4xlarge", 0.58), listed("c7g.metal", 2.32)]


def test_a_whole_region_is_paged_through_and_progress_is_told(pricing):
    pricing.products(VIRTUAL, product("c7g.4xlarge", "0.58"), more="next")
    pricing.products(VIRTUAL, product("c7a.4xlarge", "0.82112"), token="next")
    pricing.products(METAL, product("c7g.metal", "2.32"))
    told: list[str] = []
    found = fetch_on_demand(pricing.client, "us-west-2", None, TODAY, told.append)
    assert [price.instance_type for price in found] == ["c7a.4xlarge", "c7g.4xlarge", "c7g.metal"]
    assert told[:2] == [f"us-west-2: Compute Instance, page {page}" for page in (1, 2)]


def test_many_types_are_picked_out_of_the_whole_region(pricing):
    wanted = [f"c7g.{number}xlarge" for number in range(1, 50)]
    pricing.products(VIRTUAL, product("c7g.4xlarge", "0.58"), product("t2.micro", "0.0116"))
    pricing.products(METAL)
    found = fetch_on_demand(pricing.client, "us-west-2", wanted, TODAY)
    assert found == [listed("c7g.4xlarge", 0.58)]


def test_nothing_free_per_other_unit_or_of_the_future_is_a_price(pricing):
    pricing.products(
        VIRTUAL,
        product("a.large", "0.0000000000"),
        product("b.large", "0.1", unit="Quantity"),
        product("c.large", "0.1", since="2026-11-23"),
        product("d.large", "NaN"),
        product("e.large"),
        json.dumps({"product": {"attributes": {}}, "terms": {}}),
        product("f.large", "0.0", "0.2"),
    )
    pricing.products(METAL)
    found = fetch_on_demand(pricing.client, "us-west-2", None, TODAY)
    assert [(price.instance_type, price.usd_per_hour) for price in found] == [("f.large", 0.2)]


def test_several_skus_of_one_price_are_one_and_of_two_prices_are_none_and_told(pricing):
    pricing.products(
        VIRTUAL,
        product("a.large", "0.1"),
        product("a.large", "0.10"),
        product("b.large", "0.1"),
        product("b.large", "0.2"),
    )
    pricing.products(METAL)
    told: list[str] = []
    found = fetch_on_demand(pricing.client, "us-west-2", None, TODAY, told.append)
    assert found == [listed("a.large", 0.1)]
    assert told[-1] == "b.large in us-west-2: left out, AWS lists [0.1, 0.2] USD/h"


def test_a_type_that_is_not_sold_there_is_not_in_the_answer(pricing):
    pricing.products(VIRTUAL | {"instanceType": "hpc7g.16xlarge"})
    assert fetch_on_demand(pricing.client, "us-west-2", ["hpc7g.16xlarge"], TODAY) == []


def test_denied_access_names_the_permission(pricing):
    pricing.stub.add_client_error("get_products", "AccessDeniedException", "not authorized", 400)
    with pytest.raises(UserError, match=r"(?s)in us-west-2.*not authorized.*pricing:GetProducts"):
        fetch_on_demand(pricing.client, "us-west-2", None, TODAY)


def test_an_endpoint_that_is_not_there_names_those_that_are(monkeypatch, pricing):
    def unreachable(*_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://api.pricing.us-west-2.amazonaws.com")

    monkeypatch.setattr(pricing.client, "get_paginator", unreachable)
    with pytest.raises(UserError, match="us-east-1, eu-central-1 and ap-south-1 only"):
        fetch_on_demand(pricing.client, "us-west-2", None, TODAY)


def test_chinese_regions_are_refused_before_anything_is_asked(pricing):
    with pytest.raises(UserError, match="CNY"):
        fetch_on_demand(pricing.client, "cn-north-1", None, TODAY)


def test_of_each_zone_the_latest_spot_price_counts(ec2):
    asked = {"InstanceTypes": ["c7g.4xlarge"]}
    ec2.spot(asked, offer("c7g.4xlarge", "us-west-2b", "0.233"), more="next")
    ec2.spot(
        asked | {"NextToken": "next"},
        offer("c7g.4xlarge", "us-west-2a", "0.231"),
        offer("c7g.4xlarge", "us-west-2a", "0.9", hours_ago=9),
    )
    first, second = fetch_spot(ec2.client, "us-west-2", ["c7g.4xlarge"], NOW)
    assert first == Price(
        instance_type="c7g.4xlarge", region="us-west-2", purchase_option="spot",
        usd_per_hour=0.231, as_of="2026-11-22", source=SPOT_SOURCE, zone="us-west-2a",
    )  # fmt: skip
    assert (second.zone, second.usd_per_hour) == ("us-west-2b", 0.233)


def test_many_types_are_asked_for_in_portions_and_none_means_all(ec2):
    names = sorted(f"c7g.{number}xlarge" for number in range(150))
    ec2.spot({"InstanceTypes": names[:100]})
    ec2.spot({"InstanceTypes": names[100:]})
    assert fetch_spot(ec2.client, "us-west-2", names, NOW) == []
    ec2.spot({})
    assert fetch_spot(ec2.client, "us-west-2", None, NOW) == []


def test_a_spot_price_older_than_ec2_keeps_is_refused(ec2):
    item = offer("c7g.4xlarge", "us-west-2a", "0.2", hours_ago=91 * 24)
    ec2.spot({"InstanceTypes": ["c7g.4xlarge"]}, item)
    with pytest.raises(UserError, match="older than 90 days"):
        fetch_spot(ec2.client, "us-west-2", ["c7g.4xlarge"], NOW)


def test_the_prices_that_moto_makes_up_are_refused():
    with moto.mock_aws():
        client = boto3.client("ec2", region_name="us-west-2")
        with pytest.raises(UserError, match=r"of 2006-01-02.*unset AWS_ENDPOINT_URL"):
            fetch_spot(client, "us-west-2", ["c7g.4xlarge"], NOW)


def test_denied_spot_prices_name_the_permission(ec2):
    ec2.stub.add_client_error("describe_spot_price_history", "UnauthorizedOperation", "no", 403)
    with pytest.raises(UserError, match=r"in us-west-2.*ec2:DescribeSpotPriceHistory"):
        fetch_spot(ec2.client, "us-west-2", None, NOW)
