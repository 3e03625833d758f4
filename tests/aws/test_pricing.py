"""Prices as AWS answers them: stubbed answers in AWS's own form, no network."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from typer.testing import CliRunner

from geoschem_bench.aws import clients
from geoschem_bench.aws.pricing import (
    ON_DEMAND_SOURCE,
    PRICE_LIST_REGION,
    SPOT_SOURCE,
    fetch_on_demand,
    fetch_spot,
)
from geoschem_bench.cli import prices as command
from geoschem_bench.errors import NotFoundError, SettingsError, UserError
from geoschem_bench.pricing import PRICES_VARIABLE, Price, read_prices, write_prices

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
COMMON = {
    "serviceCode": "AmazonEC2",
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "licenseModel": "No License required",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
    "regionCode": "us-west-2",
}
VIRTUAL = COMMON | {"productFamily": "Compute Instance", "tenancy": "Shared"}
METAL = COMMON | {"productFamily": "Compute Instance (bare metal)", "tenancy": "Dedicated"}


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_PROFILE", PRICES_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


class Stubbed:
    """A client of one service that gives prepared answers, in order."""

    def __init__(self, service: str, region: str) -> None:
        self.client: Any = boto3.client(service, region_name=region)  # type: ignore[call-overload]
        self.stub = Stubber(self.client)
        self.stub.activate()

    def products(
        self, filters: dict[str, str], *items: str, token: str = "", more: str = ""
    ) -> None:
        asked: dict[str, Any] = {
            "ServiceCode": "AmazonEC2",
            "FormatVersion": "aws_v1",
            "Filters": [
                {"Type": "TERM_MATCH", "Field": name, "Value": value}
                for name, value in filters.items()
            ],
            "MaxResults": 100,
        }
        answer: dict[str, Any] = {"FormatVersion": "aws_v1", "PriceList": list(items)}
        self.stub.add_response(
            "get_products",
            answer | ({"NextToken": more} if more else {}),
            asked | ({"NextToken": token} if token else {}),
        )

    def spot(self, asked: dict[str, Any], *items: dict[str, Any], more: str = "") -> None:
        self.stub.add_response(
            "describe_spot_price_history",
            {"SpotPriceHistory": list(items), "NextToken": more},
            asked | {"ProductDescriptions": ["Linux/UNIX"], "StartTime": NOW},
        )


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


def product(name: str, *usd: str, unit: str = "Hrs", since: str = "2026-11-01") -> str:
    """One SKU as GetProducts gives it: JSON within a string, one rate for each of `usd`."""
    rates = {
        f"SKU.JRTC.{number}": {"unit": unit, "pricePerUnit": {"USD": amount}}
        for number, amount in enumerate(usd)
    }
    term = {"effectiveDate": f"{since}T00:00:00Z", "priceDimensions": rates}
    return json.dumps(
        {
            "product": {"attributes": {"instanceType": name, "regionCode": "us-west-2"}},
            "terms": {"OnDemand": {"SKU.JRTC": term}},
        }
    )


def listed(name: str, usd: float) -> Price:
    return Price(instance_type=name, region="us-west-2", purchase_option="on_demand",
                 usd_per_hour=usd, as_of="2026-11-22", source=ON_DEMAND_SOURCE)  # fmt: skip


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


def offer(name: str, zone: str, usd: str, hours_ago: float = 1) -> dict[str, Any]:
    return {
        "InstanceType": name,
        "AvailabilityZone": zone,
        "SpotPrice": usd,
        "Timestamp": NOW - timedelta(hours=hours_ago),
        "ProductDescription": "Linux/UNIX",
    }


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


# The command


def run(*arguments: str) -> Any:
    return CliRunner().invoke(command.app, list(arguments), catch_exceptions=False)


@pytest.fixture
def stubs(monkeypatch, pricing, ec2):
    """The command's own clients."""
    known = {("pricing", PRICE_LIST_REGION): pricing.client, ("ec2", "us-west-2"): ec2.client}
    monkeypatch.setattr(clients, "make_client", lambda *key: known[key])
    return pricing


def test_show_gives_price_per_core_date_source_and_what_is_missing():
    result = run("show", "c7i.4xlarge", "hpc7g", "--region", "us-east-1")
    row = next(line for line in result.stdout.splitlines() if "hpc7g.16xlarge" in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == ["hpc7g.16xlarge", "us-east-1", "on_demand", "–", "1.6832", "0.0263",
                     "2026-07-20", "[1]"]  # fmt: skip
    assert "0.0892" in result.stdout  # c7i.4xlarge has 8 physical cores
    missing = run("show", "hpc7g")
    assert "hpc7g" not in missing.stdout


def test_show_prints_json_with_null_for_what_is_missing():
    rows = json.loads(run("show", "c7g.4xlarge", "hpc6a", "c7g.4xlarge", "--json").stdout)
    assert [(row["instance_type"], row["usd_per_hour"]) for row in rows] == [
        ("c7g.4xlarge", 0.58),
        ("hpc6a.48xlarge", None),
    ]
    assert rows[0]["missing"] is None
    assert rows[0]["usd_per_core_hour"] == pytest.approx(0.58 / 16)
    assert "not sold in us-west-2" in rows[1]["missing"]


def test_show_gives_spot_prices_by_zone(monkeypatch, tmp_path):
    path = tmp_path / "mine.csv"
    spot = listed("c7g.4xlarge", 0.2).model_copy(update={"purchase_option": "spot"})
    zones = [spot.model_copy(update={"zone": f"us-west-2{letter}"}) for letter in "ba"]
    write_prices(path, zones)
    monkeypatch.setenv(PRICES_VARIABLE, str(path))
    rows = json.loads(run("show", "c7g.4xlarge", "--spot", "--json").stdout)
    assert [row["zone"] for row in rows] == ["us-west-2a", "us-west-2b"]


def test_show_says_each_reason_once(capsys):
    command.show(["c7g.medium", "c7g.large", "hpc7a"], region="us-west-2")
    told = capsys.readouterr().err
    assert told.count("No on_demand price") == 1
    assert "Likewise: c7g.large." in told
    assert "Likewise: hpc7a.24xlarge, hpc7a.48xlarge, hpc7a.96xlarge." in told


def test_show_of_a_name_that_does_not_exist_names_near_ones():
    with pytest.raises(NotFoundError, match=r"near it: c7g\.4xlarge"):
        run("show", "c7g.5xlarge")


def test_refresh_writes_a_file_and_updates_it(stubs, tmp_path):
    path = tmp_path / "mine.csv"
    old = [listed("c7g.4xlarge", 9.0), listed("c7a.4xlarge", 0.8)]
    write_prices(path, [price.model_copy(update={"as_of": "2026-01-01"}) for price in old])
    stubs.products(VIRTUAL | {"instanceType": "c7g.4xlarge"}, product("c7g.4xlarge", "0.58"))
    stubs.products(VIRTUAL | {"instanceType": "c99g.4xlarge"})
    result = run("refresh", "--type", "c7g.4xlarge", "--type", "c99g.4xlarge", "--to", str(path))
    assert result.exit_code == 0
    found = {price.instance_type: price for price in read_prices(path)}
    assert found["c7g.4xlarge"].usd_per_hour == 0.58
    assert found["c7a.4xlarge"].usd_per_hour == 0.8
    assert len(found) == 2


def test_refresh_takes_families_and_tells_how_to_use_the_file(stubs, tmp_path, capsys):
    for size in ("16xlarge", "4xlarge", "8xlarge"):
        items = [product(f"hpc7g.{size}", "1.7")] if size != "8xlarge" else []
        stubs.products(VIRTUAL | {"instanceType": f"hpc7g.{size}"}, *items)
    command.refresh(only=["hpc7g"])
    told = capsys.readouterr().err
    assert "AWS lists no price in these regions of: hpc7g.8xlarge" in told
    assert f"export {PRICES_VARIABLE}={tmp_path / 'prices.csv'}" in told
    assert len(read_prices(tmp_path / "prices.csv")) == 2


def test_refresh_updates_the_file_in_force_with_spot_prices(stubs, ec2, tmp_path, monkeypatch):
    path = tmp_path / "in-force.csv"
    write_prices(path, [listed("c7a.4xlarge", 0.8)])
    monkeypatch.setenv(PRICES_VARIABLE, str(path))
    stubs.products(VIRTUAL | {"instanceType": "c7g.4xlarge"}, product("c7g.4xlarge", "0.58"))
    recent = offer("c7g.4xlarge", "us-west-2a", "0.2") | {"Timestamp": datetime.now(UTC)}
    ec2.stub.add_response("describe_spot_price_history", {"SpotPriceHistory": [recent]})
    command.refresh(only=["c7g.4xlarge"], spot=True)
    assert [price.purchase_option for price in read_prices(path)] == ["on_demand"] * 2 + ["spot"]


def test_refresh_that_finds_nothing_writes_nothing(stubs, tmp_path):
    stubs.products(VIRTUAL | {"instanceType": "hpc7g.16xlarge"})
    with pytest.raises(UserError, match="nothing was written"):
        run("refresh", "--type", "hpc7g.16xlarge")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2"])
def test_refresh_refuses_the_sandbox(monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:5000")
    with pytest.raises(SettingsError, match=f"unset {name}"):
        run("refresh")


def test_refresh_reads_the_old_file_before_it_asks(tmp_path):
    (tmp_path / "prices.csv").write_text("rubbish")
    with pytest.raises(UserError, match="not a readable price file"):
        run("refresh")
