"""Catalogue files: what is written is read again, and nothing else is believed."""

from __future__ import annotations

import gzip
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.catalog import (
    CATALOG_VARIABLE,
    Catalog,
    InstanceType,
    load_catalog,
    read_catalog,
    storage,
    write_catalog,
)
from geoschem_bench.catalog.wire import from_document, to_document
from geoschem_bench.errors import UserError

texts = st.text(min_size=1, max_size=20)


@st.composite
def instance_types(draw: st.DrawFn) -> InstanceType:
    cores, threads = draw(st.integers(1, 512)), draw(st.sampled_from([1, 2]))
    return InstanceType(
        name=draw(texts),
        architecture=draw(st.sampled_from(["arm64", "x86_64"])),
        vcpus=cores * threads,
        physical_cores=cores,
        threads_per_core=threads,
        memory_mib=draw(st.integers(1, 2**25)),
        network=draw(st.text(max_size=20)),
        efa=draw(st.booleans()),
        maker=draw(texts),
        processor_family=draw(st.none() | texts),
        usage_classes=tuple(draw(st.lists(texts, max_size=3))),
        regions=tuple(sorted(draw(st.sets(texts, max_size=5)))),
    )


catalogs = st.builds(
    Catalog.of,
    st.dates(),
    texts,
    st.lists(instance_types(), min_size=1, max_size=8, unique_by=lambda each: each.name),
)


@given(catalogs)
def test_a_catalogue_survives_its_document(catalog):
    assert from_document(json.loads(json.dumps(to_document(catalog)))) == catalog


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_no_other_document_is_a_catalogue(document):
    with pytest.raises(ValueError, match="format"):
        from_document(document)


def test_write_and_read_through_a_file(tmp_path):
    path = tmp_path / "new" / "catalog.json.gz"
    write_catalog(path, load_catalog())
    assert read_catalog(path) == load_catalog()
    assert [each.name for each in path.parent.iterdir()] == ["catalog.json.gz"]


def test_the_same_catalogue_gives_the_same_bytes_as_the_snapshot(tmp_path):
    path = tmp_path / "again.json.gz"
    write_catalog(path, load_catalog())
    assert path.read_bytes() == storage.SNAPSHOT.read_bytes()
    assert len(path.read_bytes()) < 200_000


def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(gzip.decompress(storage.SNAPSHOT.read_bytes()))
    return document


def _with(key: str, value: object) -> dict[str, Any]:
    document = _document()
    document["instances"][0][key] = value
    return document


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in _document().items() if name != key}


BROKEN = {
    "other format": (_document() | {"format": "2"}, "format"),
    "list": ([], "format"),
    "no source": (_without("source"), "source"),
    "no date": (_document() | {"taken_on": "yesterday"}, "yesterday"),
    "no regions": (_without("regions"), "regions"),
    "regions of numbers": (_document() | {"regions": [1]}, "regions"),
    "no types": (_document() | {"instances": []}, "no instances"),
    "a type is a text": (_document() | {"instances": ["c7g"]}, "fields"),
    "unknown field": (_with("colour", "blue"), "fields"),
    "vCPUs as text": (_with("vcpus", "16"), "vcpus"),
    "vCPUs as truth": (_with("vcpus", True), "vcpus"),
    "no vCPUs": (_with("vcpus", 0), "do not fit"),
    "more cores than vCPUs": (_with("physical_cores", 10_000), "do not fit"),
    "architecture": (_with("architecture", "riscv"), "architecture"),
    "nameless": (_with("name", ""), "architecture"),
    "family as number": (_with("processor_family", 3), "processor_family"),
    "usage classes of numbers": (_with("usage_classes", [1]), "usage_classes"),
    "region out of range": (_with("regions", [999]), "region 999"),
    "region below range": (_with("regions", [-1]), "region -1"),
    "region as text": (_with("regions", ["us-west-2"]), "us-west-2"),
    "twice": (_document() | {"instances": _document()["instances"][:1] * 2}, "twice"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_document_is_refused_with_path_reason_and_cure(tmp_path, case):
    document, reason = BROKEN[case]
    path = tmp_path / "catalog.json.gz"
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    _assert_refused(path, reason)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not gzip",
        b'{"format": "plain JSON"}',
        gzip.compress(b"not JSON"),
        gzip.compress(b"\xff\xfe\x00"),
        gzip.compress(b"[" * 200_000),
        storage.SNAPSHOT.read_bytes()[:-100],
        storage.SNAPSHOT.read_bytes()[:500] + b"\0" * 500,
    ],
    ids=["empty", "text", "json", "foreign", "binary", "deep", "cut short", "damaged"],
)
def test_a_foreign_file_is_refused(tmp_path, content):
    path = tmp_path / "catalog.json.gz"
    path.write_bytes(content)
    _assert_refused(path, "")


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_MOST_BYTES", 2**20)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * (2**20 + 1)))
    _assert_refused(path, "more than 1 MiB")


def test_a_folder_or_nothing_is_refused(tmp_path):
    _assert_refused(tmp_path, "")
    _assert_refused(tmp_path / "missing.json.gz", "No such file")


def _assert_refused(path: Path, reason: str) -> None:
    with pytest.raises(UserError) as caught:
        read_catalog(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert reason in message
    assert "catalog refresh" in message


def test_writing_where_one_may_not_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        write_catalog(tmp_path / "file" / "catalog.json.gz", load_catalog())


def test_the_environment_names_a_refreshed_file_and_a_new_refresh_is_seen(tmp_path, monkeypatch):
    path = tmp_path / "mine.json.gz"
    some = next(iter(load_catalog()))
    monkeypatch.setenv(CATALOG_VARIABLE, str(path))
    with pytest.raises(UserError, match=CATALOG_VARIABLE):
        load_catalog()
    for turn, day in enumerate((date(2026, 11, 1), date(2026, 11, 2))):
        write_catalog(path, Catalog.of(day, "a test", [some]))
        os.utime(path, (turn, turn))
        assert load_catalog().taken_on == day
    assert load_catalog() is load_catalog()


def test_an_empty_variable_means_the_snapshot(monkeypatch):
    monkeypatch.setenv(CATALOG_VARIABLE, " ")
    assert load_catalog() == read_catalog(storage.SNAPSHOT)
