"""Data that ship with the package, and a file of one's own in their place."""

import pytest

from geoschem_bench.errors import UserError
from geoschem_bench.snapshots import Snapshot, read_bounded, write_whole

VARIABLE = "GEOSCHEM_BENCH_OF_A_TEST"


def read_number(path):
    return int(read_bounded(path, 100))


@pytest.fixture
def shipped(tmp_path):
    path = tmp_path / "shipped"
    path.write_text("1")
    return path


@pytest.fixture
def snapshot(shipped, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    return Snapshot(VARIABLE, shipped, "number file", "make number", read_number)


def test_what_ships_is_read_unless_a_file_is_named(snapshot, tmp_path, monkeypatch):
    assert snapshot.load() == 1
    (tmp_path / "own").write_text("2")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "own"))
    assert snapshot.load() == 2


def test_a_changed_file_is_seen(snapshot, shipped):
    assert snapshot.load() == 1
    shipped.write_text("33")
    assert snapshot.load() == 33


@pytest.mark.parametrize(("content", "why"), [("x", "invalid literal"), ("1" * 101, "more than")])
def test_a_broken_file_of_ones_own_is_refused_with_the_cure(
    snapshot, tmp_path, monkeypatch, content, why
):
    (tmp_path / "own").write_text(content)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "own"))
    with pytest.raises(UserError, match=why) as caught:
        snapshot.load()
    assert "`make number`, or unset GEOSCHEM_BENCH_OF_A_TEST" in str(caught.value)


def test_a_damaged_installation_is_told_as_one(snapshot, shipped):
    shipped.unlink()
    with pytest.raises(UserError, match="install geoschem-bench again"):
        snapshot.load()


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "folder" / "file"
    write_whole(path, b"new", "number file")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(UserError, match="the number file cannot be written"):
        write_whole(path / "below", b"x", "number file")
