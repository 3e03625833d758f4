"""Manifests: the golden file reads whole; anything else is ManifestError and never half read."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoschem_bench.errors import ManifestError
from geoschem_bench.manifest import MAX_BYTES, Manifest, read_manifest

GOLDEN = (Path(__file__).parents[2] / "data" / "manifests" / "ok-1.0.json").read_bytes()
WHERE = "s3://bucket/runs/R/phase_1/TEST-G3-C7G-4-FC/1/manifest.json"
ID = "TEST-G3-C7G-4-FC"


def changed(path: str, value: object) -> bytes:
    """The golden file with one value replaced, by dotted path."""
    data = json.loads(GOLDEN)
    *sections, last = path.split(".")
    place = data
    for name in sections:
        place = place[int(name)] if name.isdigit() else place[name]
    place[last] = value
    return json.dumps(data).encode()


def without(path: str) -> bytes:
    data = json.loads(GOLDEN)
    *sections, last = path.split(".")
    place = data
    for name in sections:
        place = place[int(name)] if name.isdigit() else place[name]
    del place[last]
    return json.dumps(data).encode()


def refused(raw: bytes, expected_id: str | None = ID) -> str:
    with pytest.raises(ManifestError) as caught:
        read_manifest(raw, WHERE, expected_id)
    assert caught.value.where == WHERE
    assert str(caught.value).startswith(f"{WHERE}: ")
    return caught.value.why


def test_the_golden_file():
    manifest = read_manifest(GOLDEN, WHERE, ID)
    assert manifest.schema_version == "1.0"
    assert manifest.workload == "model"
    assert [r.wall_seconds for r in manifest.repetitions if not r.warmup] == [5744.8, 5656.1]
    assert manifest.plan is not None
    assert manifest.plan["benchmark_run_id"] == "20261122T035120Z-1a2b3c4d"
    assert manifest.started
    assert manifest.started.isoformat() == "2026-11-22T03:58:02.125000+00:00"


def test_what_is_written_reads_back():
    manifest = read_manifest(GOLDEN, WHERE, ID)
    assert read_manifest(manifest.to_json(), WHERE, ID) == manifest


def test_every_cut_is_refused():
    for length in range(0, len(GOLDEN.rstrip()) - 1, 13):
        refused(GOLDEN[:length])


def test_every_section_but_those_with_defaults_is_needed():
    for key in json.loads(GOLDEN):
        field = Manifest.model_fields[key]
        if field.is_required():
            assert key in refused(without(key))
        else:
            read_manifest(without(key), WHERE, ID)


NOT_JSON = [
    b"", b"null", b"[]", b'"text"', b"{", b"\x00", b"\xff\xfe", b"<html>",
    GOLDEN.replace(b"5700.45", b"NaN"), GOLDEN.replace(b"5700.45", b"Infinity"),
    GOLDEN.replace(b"5700.45", b"-Infinity"), GOLDEN.replace(b": 72,", b": NaN,"),
    GOLDEN.replace(b"5700.45", b".003055"),
    GOLDEN.replace(b"5700.45", b"5700,45"), GOLDEN.replace(b"5700.45", b""),
    GOLDEN + b"}", GOLDEN + GOLDEN, GOLDEN.replace(b"5700.45", b"9" * 5000),
    b"[" * 200_000, b'{"a":' * 100_000, GOLDEN.decode().encode("utf-16"),
]  # fmt: skip


@pytest.mark.parametrize("raw", NOT_JSON, ids=range(len(NOT_JSON)))
def test_what_is_no_json(raw):
    assert refused(raw)


WRONG = [
    # numbers as text: the earlier system stored 0.68 as "0.68"
    ("performance_metrics.wall_seconds", "5700.45"),
    ("performance_metrics.wall_seconds", -1),
    ("performance_metrics.wall_seconds", True),
    ("performance_metrics.throughput_days_per_day", "106"),
    ("repetitions.1.wall_seconds", "5744.8"),
    ("repetitions.1.wall_seconds", None),
    ("repetitions.1.number", 0),
    ("repetitions.1.warmup", "no"),
    ("repetitions", {}),
    ("timers", {"GEOS-Chem": "5699"}),
    ("timers", [1]),
    ("observed.vcpus", 16.5),
    ("observed.threads", -1),
    ("observed.platform", "azure"),
    ("run_summary.start_time", "2026-11-22T03:58:02"),  # no zone
    ("run_summary.start_time", "yesterday"),
    ("run_summary.start_time", "0001-01-01T00:00:00+14:00"),
    ("run_summary.start_time", 1795319882),
    ("run_summary.duration_seconds", None),
    ("workload", "sleep"),
    ("outcome.status", "done"),
    ("outcome.reason", "bad luck"),
    ("configuration", None),
    ("configuration.duration.days", -7),
    ("configuration.duration.days", "7"),
    ("configuration.id", "ANOTHER"),
    ("configuration.plan", "none"),
    ("configuration.plan.submission", 0),
    ("configuration.plan.benchmark_run_id", "../../x"),
    ("benchmark_id", "ANOTHER"),
    ("benchmark_id", "../../etc"),
    ("benchmark_id", 5),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=[f"{p}={v}" for p, v in WRONG])
def test_what_is_of_the_wrong_kind(path, value):
    assert refused(changed(path, value))


def test_a_number_too_large_for_a_float_is_refused():
    refused(GOLDEN.replace(b"5700.45", b"1e999"))
    refused(GOLDEN.replace(b'"days": 7.0', b'"days": 1e308'))
    refused(GOLDEN.replace(b'"days": 7.0', b'"days": 1e999'))


@pytest.mark.parametrize("version", ["2.0", "0.9", "10.0", "", "1", "x", "1.x", None, 1.0, [1, 0]])
def test_versions_that_this_reader_does_not_know(version):
    assert "version" in refused(changed("schema_version", version))


def test_a_newer_minor_reads_and_its_new_keys_are_let_pass():
    data = json.loads(changed("schema_version", "1.7"))
    data["energy"] = {"joules": 5}
    data["observed"]["numa_nodes"] = 2
    manifest = read_manifest(json.dumps(data).encode(), WHERE, ID)
    assert manifest.schema_version == "1.7"


def test_another_benchmarks_manifest_is_refused_in_this_folder():
    assert "lies under 'OTHER'" in refused(GOLDEN, "OTHER")
    assert read_manifest(GOLDEN, WHERE).benchmark_id == ID


def test_a_manifest_over_the_limit_is_refused_unread():
    assert "larger than 5 MB" in refused(b" " * (MAX_BYTES + 1))
    assert "larger than 5 MB" in refused(GOLDEN + b" " * MAX_BYTES)


def test_html_is_kept_as_it_is():
    text = "<script>alert('x')</script> & ünïcode \u202e"
    manifest = read_manifest(changed("configuration.description", text), WHERE, ID)
    assert manifest.configuration["description"] == text


def test_a_missing_number_stays_missing():
    manifest = read_manifest(changed("performance_metrics", {}), WHERE, ID)
    assert set(manifest.performance_metrics.model_dump().values()) == {None}


def test_many_mistakes_are_a_short_sentence():
    data = json.loads(GOLDEN)
    data["repetitions"] = [{} for _ in range(1000)]
    why = refused(json.dumps(data).encode())
    assert "more" in why
    assert len(why) < 500


def nested(depth: int) -> dict[str, object]:
    tree: dict[str, object] = {}
    for _ in range(depth):
        tree = {"x": tree}
    return tree


@pytest.mark.parametrize("depth", [150, 900])
def test_deep_nesting_where_anything_may_stand(depth):
    raw = changed("simulation_details.checks", nested(depth))
    try:
        manifest = read_manifest(raw, WHERE, ID)
    except ManifestError as error:
        assert depth > 150, error  # noqa: PT017 - either way is right, a crash is not
    else:
        assert manifest.benchmark_id == ID


@settings(max_examples=100, deadline=None)
@given(raw=st.binary(max_size=200))
def test_any_bytes(raw):
    refused(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


def paths(data: object, prefix: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where every value of the document stands."""
    items = list(data.items()) if isinstance(data, dict) else []
    items = list(enumerate(data)) if isinstance(data, list) else items
    return [p for key, value in items for p in [(*prefix, key), *paths(value, (*prefix, key))]]


DOCUMENT = json.loads(GOLDEN)
PLACES = paths(DOCUMENT)


@settings(max_examples=100, deadline=None)
@given(place=st.sampled_from(PLACES), value=JSON)
def test_any_value_anywhere(place, value):
    data = copy.deepcopy(DOCUMENT)
    inner = data
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    try:
        manifest = read_manifest(json.dumps(data).encode(), WHERE, ID)
    except ManifestError:
        return
    assert manifest.benchmark_id == ID
