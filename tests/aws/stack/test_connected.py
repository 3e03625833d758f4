"""Commands follow the connection that `stack connect` wrote; the environment wins over it."""

from __future__ import annotations

import os

import pytest

from geoschem_bench.cli.connection import connected, use_connection
from geoschem_bench.errors import SettingsError
from geoschem_bench.wiring.connection import Connection, connection_file, write_connection

GIVEN = {
    "GEOSCHEM_BENCH_BUCKET": "stacks-bucket",
    "GEOSCHEM_BENCH_TABLE": "stacks-table",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


@pytest.fixture
def state(tmp_path):
    """A folder whose person has set nothing; what a command sets is gone afterwards."""
    before = dict(os.environ)
    for name in [each for each in before if each.startswith(("AWS_", "GEOSCHEM_BENCH_"))]:
        del os.environ[name]
    os.environ["GEOSCHEM_BENCH_STATE"] = str(tmp_path)
    yield tmp_path
    os.environ.clear()
    os.environ.update(before)


def test_a_connection_is_followed_and_said(state, capsys):
    write_connection(state, Connection("BenchmarkingStack", "eu-west-1", GIVEN))
    with connected() as settings:
        assert (settings.bucket, settings.table) == ("stacks-bucket", "stacks-table")
        assert settings.region == "eu-west-1"
    shown = capsys.readouterr()
    assert "Connected to stack BenchmarkingStack in eu-west-1" in shown.err
    assert "stack disconnect" in shown.err
    assert shown.out == ""


def test_a_bucket_of_the_environment_wins(state, capsys):
    os.environ["GEOSCHEM_BENCH_BUCKET"] = "mine"
    write_connection(state, Connection("S", "eu-west-1", GIVEN))
    with connected() as settings:
        assert settings.bucket == "mine"
        assert settings.region == "us-west-2"
    assert capsys.readouterr().err == ""


def test_the_sandboxs_own_connection_changes_nothing(state):
    more = GIVEN | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    write_connection(state, Connection("S", "us-west-2", more))
    assert use_connection() is None
    assert "GEOSCHEM_BENCH_BUCKET" not in os.environ


def test_another_region_in_the_environment_is_refused_and_not_mixed(state):
    os.environ["AWS_REGION"] = "us-east-1"
    write_connection(state, Connection("S", "eu-west-1", GIVEN))
    with pytest.raises(SettingsError, match="in eu-west-1, and the environment says us-east-1"):
        use_connection()


def test_a_connection_to_aws_is_not_followed_into_a_sandbox(state):
    os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    write_connection(state, Connection("S", "eu-west-1", GIVEN))
    assert use_connection() is None
    assert "GEOSCHEM_BENCH_BUCKET" not in os.environ


def test_a_broken_file_is_one_clear_message(state):
    connection_file(state).write_text("{")
    with pytest.raises(SettingsError, match="stack disconnect"), connected():
        pass
