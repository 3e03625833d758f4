"""`prices show` and `prices refresh`, with stubbed answers of AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from geoschem_bench.aws import clients
from geoschem_bench.aws.pricing import (
    PRICE_LIST_REGION,
)
from geoschem_bench.cli import prices as command
from geoschem_bench.errors import NotFoundError, SettingsError, UserError
from geoschem_bench.pricing import PRICES_VARIABLE, read_prices, write_prices
from tests.aws.price_answers import (
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
