"""The file that says which stack a folder is connected to."""

from __future__ import annotations

import json
import stat

import pytest

from geoschem_bench.errors import SettingsError
from geoschem_bench.wiring.connection import (
    Connection,
    connection_file,
    forget_connection,
    read_connection,
    write_connection,
)

BUCKET = {"GEOSCHEM_BENCH_BUCKET": "results", "AWS_DEFAULT_REGION": "us-west-2"}


def test_what_is_written_is_read_back_and_only_its_owner_may_read_it(tmp_path):
    connection = Connection("BenchmarkingStack", "us-west-2", BUCKET)
    path = write_connection(tmp_path / "state", connection)
    assert read_connection(tmp_path / "state") == connection
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_none_is_none_and_forgetting_says_whether_there_was_one(tmp_path):
    assert read_connection(tmp_path) is None
    assert not forget_connection(tmp_path)
    write_connection(tmp_path, Connection("S", "us-west-2", BUCKET))
    assert forget_connection(tmp_path)
    assert read_connection(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"text"',
        '{"stack": "S"}',
        '{"stack": "S", "region": "us-west-2", "environment": {}}',
        '{"stack": "S", "region": "us-west-2", "environment": []}',
        '{"stack": 1, "region": "us-west-2", "environment": {"GEOSCHEM_BENCH_BUCKET": "b"}}',
        '{"stack": "S", "region": "us-west-2", "environment": {"GEOSCHEM_BENCH_BUCKET": 1}}',
        '{"stack": "S", "region": "us-west-2", "environment": {"GEOSCHEM_BENCH_BUCKET": "b", '
        '"LD_PRELOAD": "x"}}',
        '{"stack": "S", "region": "r", "environment": {"GEOSCHEM_BENCH_BUCKET": "b"}, "more": 1}',
    ],
)
def test_a_broken_file_is_one_message_with_the_cure(tmp_path, text):
    connection_file(tmp_path).write_text(text)
    with pytest.raises(SettingsError, match="stack disconnect") as error:
        read_connection(tmp_path)
    assert str(connection_file(tmp_path)) in str(error.value)


def test_bytes_that_are_no_text_are_a_broken_file_too(tmp_path):
    connection_file(tmp_path).write_bytes(b"\xff\xfe{")
    with pytest.raises(SettingsError, match="stack disconnect"):
        read_connection(tmp_path)


def test_the_real_environment_wins():
    environment = {"GEOSCHEM_BENCH_TABLE": "mine", "GEOSCHEM_BENCH_BUCKET": ""}
    given = BUCKET | {"GEOSCHEM_BENCH_TABLE": "theirs"}
    Connection("S", "us-west-2", given).apply(environment)
    assert environment == BUCKET | {"GEOSCHEM_BENCH_TABLE": "mine"}


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_region_under_either_name_wins(name):
    environment = {name: "eu-west-1"}
    Connection("S", "us-west-2", BUCKET).apply(environment)
    assert environment == {name: "eu-west-1", "GEOSCHEM_BENCH_BUCKET": "results"}


def test_no_accounts_id_has_a_place_in_it(tmp_path):
    path = write_connection(tmp_path, Connection("S", "us-west-2", BUCKET))
    assert set(json.loads(path.read_text())) == {"stack", "region", "environment"}
