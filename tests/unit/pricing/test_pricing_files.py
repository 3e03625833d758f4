"""Price files: what is written is read again, and nothing else is believed."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from urllib.parse import urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.catalog import load_catalog
from geoschem_bench.errors import UserError
from geoschem_bench.pricing import (
    PRICES_VARIABLE,
    PriceList,
    load_prices,
    read_prices,
    storage,
    write_prices,
)
from geoschem_bench.pricing.table import COLUMNS, from_text, to_text
from tests.unit.pricing.test_pricing_list import _price, prices

SOURCE = "# source 1: a test, https://example.org"
HEADER = ",".join(COLUMNS)
GOOD = "c7g.4xlarge,us-west-2,on_demand,,0.58,2026-07-20,1"


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(PRICES_VARIABLE, raising=False)


@given(st.lists(prices(), max_size=8))
def test_prices_survive_their_text(rows):
    assert from_text(to_text(rows)) == rows


def test_write_and_read_through_a_file(tmp_path):
    path = tmp_path / "new" / "prices.csv"
    write_prices(path, load_prices())
    assert list(read_prices(path)) == list(load_prices())
    assert [each.name for each in path.parent.iterdir()] == ["prices.csv"]


def test_the_same_prices_give_the_same_bytes_as_the_snapshot(tmp_path):
    path = tmp_path / "again.csv"
    write_prices(path, load_prices())
    assert path.read_bytes() == storage.SNAPSHOT.read_bytes()
    assert len(path.read_bytes()) < 150_000


def test_a_file_by_hand_may_have_its_columns_in_any_order_a_bom_blank_lines_and_crlf():
    text = "\r\n".join(
        (SOURCE, "source_key,zone,region,as_of,usd_per_hour,purchase_option,instance_type",
         "1,,us-west-2,2026-07-20, 0.58 ,on_demand,c7g.4xlarge", "", "")
    )  # fmt: skip
    (found,) = from_text(text)
    assert found == _price()


def test_a_byte_order_mark_is_passed_over(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text(f"{SOURCE}\n{HEADER}\n{GOOD}\n", encoding="utf-8-sig")
    assert list(read_prices(path)) == [_price()]


BROKEN = {
    "empty": ("", "line 1: the columns instance_type"),
    "missing column": (f"{SOURCE}\n{HEADER.replace(',as_of', '')}\n", "columns as_of are missing"),
    "column too many": (f"{SOURCE}\n{HEADER},colour\n", "line 2: there are columns too many"),
    "NaN": (f"{SOURCE}\n{HEADER}\n{GOOD}\n{GOOD.replace('0.58', 'nan')}\n", "line 4: usd_per_hour"),
    "negative": (f"{SOURCE}\n{HEADER}\n{GOOD.replace('0.58', '-0.58')}\n", "line 3: usd_per_hour"),
    "infinite": (f"{SOURCE}\n{HEADER}\n{GOOD.replace('0.58', '1e999')}\n", "line 3: usd_per_hour"),
    "comma": (f"{SOURCE}\n{HEADER}\n{GOOD.replace('0.58', '0,58')}\n", "line 3: 8 cells where 7"),
    "nothing": (f"{SOURCE}\n{HEADER}\n{GOOD.replace('0.58', '')}\n", "line 3: usd_per_hour"),
    "option": (f"{SOURCE}\n{HEADER}\n{GOOD.replace('on_demand', 'ondemand')}\n", "purchase_option"),
    "date": (f"{SOURCE}\n{HEADER}\n{GOOD.replace('2026-07-20', '7/20/26')}\n", "line 3: as_of is"),
    "zone": (f"{SOURCE}\n{HEADER}\n{GOOD.replace(',,', ',us-west-2a,')}\n", "zone is given"),
    "no source": (f"{HEADER}\n{GOOD}\n", "line 2: source_key '1' has no line"),
    "no key": (f"{SOURCE}\n{HEADER}\n{GOOD.removesuffix('1')}\n", "source_key '' has no line"),
    "empty source": (f"# source 1: \n{HEADER}\n{GOOD}\n", "line 3: source is"),
    "remark": (f"# prices\n{SOURCE}\n{HEADER}\n{GOOD}\n", "line 1: '# prices' is not of the form"),
    "quote": (f'{SOURCE}\n{HEADER}\n"c7g\n', "line 3"),
    "huge cell": (f"{SOURCE}\n{HEADER}\n{'c' * 200_000},{GOOD}\n", "line 3: field larger"),
    "NUL": (f"{SOURCE}\n{HEADER}\n\0{GOOD}\n", "line 3"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_with_path_line_reason_and_cure(tmp_path, case):
    text, reason = BROKEN[case]
    path = tmp_path / "prices.csv"
    path.write_bytes(text.encode())
    _assert_refused(path, reason)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", bytes(range(256))])
def test_a_binary_file_is_refused(tmp_path, content):
    path = tmp_path / "prices.csv"
    path.write_bytes(content)
    _assert_refused(path, "it is not text in UTF-8")


def test_a_huge_file_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_MOST_BYTES", 2**20)
    path = tmp_path / "prices.csv"
    path.write_bytes(b" " * (2**20 + 1))
    _assert_refused(path, "more than 1 MiB")


def test_a_folder_or_nothing_is_refused(tmp_path):
    _assert_refused(tmp_path, "Is a directory")
    _assert_refused(tmp_path / "missing.csv", "No such file")


def _assert_refused(path: Path, reason: str) -> None:
    with pytest.raises(UserError) as caught:
        read_prices(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert reason in message
    assert "prices refresh" in message
    assert len(message) < 1000


def test_writing_where_one_may_not_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        write_prices(tmp_path / "file" / "prices.csv", load_prices())


def test_the_environment_names_a_refreshed_file_and_a_new_refresh_is_seen(tmp_path, monkeypatch):
    path = tmp_path / "mine.csv"
    monkeypatch.setenv(PRICES_VARIABLE, str(path))
    with pytest.raises(UserError, match=PRICES_VARIABLE):
        load_prices()
    for turn, usd in enumerate((0.5, 0.25)):
        write_prices(path, [_price(usd_per_hour=usd)])
        os.utime(path, (turn, turn))
        assert list(load_prices()) == [_price(usd_per_hour=usd)]
    assert load_prices() is load_prices()


def test_an_empty_variable_means_the_snapshot(monkeypatch):
    monkeypatch.setenv(PRICES_VARIABLE, " ")
    assert list(load_prices()) == list(read_prices(storage.SNAPSHOT))


# The snapshot itself


def test_every_price_of_the_snapshot_is_of_a_type_that_its_region_sells():
    catalog = load_catalog()
    for price in load_prices():
        assert price.region in catalog.regions_of(price.instance_type), price


def test_every_price_of_the_snapshot_has_an_address_and_a_plausible_date():
    for price in load_prices():
        assert urlparse(price.source.rpartition(" ")[2]).scheme == "https"
        assert price.as_of is None or date(2026, 1, 1) <= date.fromisoformat(price.as_of)
        assert ("undated" in price.source) == (price.as_of is None)


def test_the_snapshot_holds_no_spot_price():
    assert {price.purchase_option for price in load_prices()} == {"on_demand"}


@pytest.mark.parametrize(
    ("name", "region", "usd"),
    [
        ("c7g.4xlarge", "us-east-1", 0.58),
        ("c7g.4xlarge", "us-west-2", 0.58),
        ("c7g.4xlarge", "us-east-2", 0.5781),
        ("c7i.4xlarge", "us-west-2", 0.714),
        ("hpc7g.16xlarge", "us-east-1", 1.6832),
        ("hpc6a.48xlarge", "us-east-2", 2.88),
        ("hpc7a.96xlarge", "us-east-2", 7.2),
        ("hpc7a.96xlarge", "us-west-2", None),
        ("hpc8a.96xlarge", "us-east-2", None),
    ],
)
def test_prices_that_were_read_at_their_source(name, region, usd):
    price = load_prices().price(name, region, "on_demand")
    assert (price.usd_per_hour if price else None) == usd


def test_prices_per_core_are_of_one_order():
    """A misplaced point would stand out: a core-hour costs between 1 and 50 cents everywhere."""
    catalog = load_catalog()
    for price in load_prices():
        known = catalog.get(price.instance_type)
        assert known
        assert 0.01 < price.usd_per_hour / known.physical_cores < 0.5, price


def test_within_a_family_a_vcpu_costs_the_same_in_every_size():
    """True of AWS's list but for hpc, bare metal and c4, so a figure copied wrongly stands out."""
    catalog = load_catalog()
    per_vcpu: dict[tuple[str, str], list[float]] = {}
    for price in load_prices():
        known = catalog.get(price.instance_type)
        assert known
        if not known.family.startswith(("hpc", "c4")) and ".metal" not in known.name:
            rates = per_vcpu.setdefault((price.region, known.family), [])
            rates.append(price.usd_per_hour / known.vcpus)
    for rates in per_vcpu.values():
        assert max(rates) == pytest.approx(min(rates), rel=0.002)


def test_the_readme_counts_the_rows_of_each_region():
    text = (storage.SNAPSHOT.parent / "README.md").read_text()
    rows = list(load_prices())
    for region in ("us-east-1", "us-west-2", "us-east-2", "eu-west-1", "eu-central-1"):
        assert f"| {region} | {sum(row.region == region for row in rows)} |" in text
    assert PriceList(rows).price("c5.4xlarge", "us-west-2", "on_demand")
