"""S3 → table in the sandbox: what is broken is set aside, the rest loads, S3 alone rebuilds it."""

import json
from pathlib import Path

import pytest

from geoschem_bench import pipeline
from geoschem_bench.manifest import MAX_BYTES
from geoschem_bench.records import load_prefix

GOOD = json.loads((Path(__file__).parents[1] / "data" / "manifests" / "ok-1.0.json").read_text())
RUN = "20261101T000000Z-0badcafe"


def manifest(benchmark_id, **changes):
    """The golden manifest as another benchmark's."""
    made = json.loads(json.dumps(GOOD)) | {"benchmark_id": benchmark_id} | changes
    made["configuration"]["id"] = benchmark_id
    made["configuration"].setdefault("plan", {})
    made["configuration"]["plan"] |= {"benchmark_run_id": RUN, "phase": "phase_1"}
    return made


HOSTILE = "<script>alert(1)</script>"
BROKEN = {
    "CUT": json.dumps(manifest("CUT"))[:-40].encode(),
    "NAN": json.dumps(manifest("NAN", timers={"Transport": float("nan")})).encode(),
    "TYPES": json.dumps(manifest("TYPES", timers={"Transport": "1.5"})).encode(),
    "MAJOR": json.dumps(manifest("MAJOR", schema_version="9.0")).encode(),
    "OTHER": json.dumps(manifest("SOMEBODY-ELSE")).encode(),
    "LARGE": b" " * (MAX_BYTES + 1),
    "HTML": json.dumps(manifest("HTML", workload=HOSTILE)).encode(),
    "BINARY": bytes(range(256)),
    "EMPTY": b"",
}


@pytest.fixture
def loaded(doors):
    """A run of one good benchmark among every kind of broken one."""
    base = f"s3://{doors.bucket}/runs/{RUN}/phase_1/"
    hostile = manifest("GOOD")
    hostile["observed"]["cpu_model"] = HOSTILE
    doors.objects.put(f"{base}GOOD/1/manifest.json", json.dumps(hostile).encode())
    for name, body in BROKEN.items():
        doors.objects.put(f"{base}{name}/1/manifest.json", body)
    return pipeline.load_run(RUN, doors.bucket, doors.objects, doors.store)


def test_the_broken_are_set_aside_with_a_reason_and_the_good_one_loads(loaded, doors):
    assert [result.benchmark_id for result in loaded.results] == ["GOOD"]
    assert {r.address.split("/")[-3] for r in loaded.rejected} == set(BROKEN)
    for rejected in loaded.rejected:
        assert rejected.why
        key = rejected.address.split("/", 3)[3]
        copy = f"s3://{doors.bucket}/rejected/{key}"
        assert doors.objects.get(copy) is not None
        reason = json.loads(doors.objects.get(copy + ".reason.json"))
        assert reason == {"address": rejected.address, "why": rejected.why}


@pytest.mark.usefixtures("loaded")
def test_the_report_lists_them_escaped(doors):
    files = pipeline.publish_run(RUN, doors.bucket, doors.objects, doors.store)
    page = files["report.html"].decode()
    for name in BROKEN:
        assert f"/phase_1/{name}/1/manifest.json" in page
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.usefixtures("loaded")
def test_the_table_is_rebuilt_from_s3_alone(doors):
    before = doors.store.of_run(RUN)
    client = doors.store._client
    for result in before:
        key = {"benchmark_id": {"S": result.benchmark_id}, "run_key": {"S": result.run_key}}
        client.delete_item(TableName=doors.settings.table, Key=key)
    assert doors.store.of_run(RUN) == []
    load_prefix(f"s3://{doors.bucket}/runs/", doors.objects, doors.store)
    assert doors.store.of_run(RUN) == before


def test_loading_twice_changes_nothing(loaded, doors):
    again = load_prefix(f"s3://{doors.bucket}/runs/{RUN}", doors.objects, doors.store)
    assert again.stored == []
    assert again.unchanged == [f"{r.benchmark_id}#{r.run_key}" for r in loaded.results]
