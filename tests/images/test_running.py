"""One benchmark in a container, as Batch starts it, with its results in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest

from geoschem_bench.manifest import Manifest, read_manifest
from geoschem_bench.sandbox import Sandbox, running
from tests.images.engine import Engine, Image

BENCHMARK = {
    "id": "image-4x5",
    "application": "proxy",
    "simulation_type": "fullchem",
    "domain": {"type": "global", "resolution": "4x5"},
    "duration": {"days": 1 / 72},
    "hardware": {"instance_type": "local", "threads": 2},
    "warmups": 0,
    "repetitions": 1,
}
PREFIX = "runs/image"
# what the runner needs: no file system to write to, no privilege, and 64 KiB of /dev/shm
CONFINED = ("--read-only", "--cap-drop", "all", "--shm-size", "64k")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("state")) as started:
        yield started


@pytest.fixture(scope="module")
def finished(engine: Engine, native_image: Image, sandbox: Sandbox) -> str:
    """What the container printed."""
    told = {
        "AWS_ENDPOINT_URL": sandbox.endpoint_url,
        "AWS_ACCESS_KEY_ID": sandbox.access_key,
        "AWS_SECRET_ACCESS_KEY": sandbox.secret_key,
        "AWS_REGION": sandbox.region,
        "GEOSCHEM_BENCH_PLATFORM": "sandbox",
    }
    # by name: values on a command line are everybody's to read
    names = [word for name in told for word in ("--env", name)]
    informed = Engine(engine.name, {**engine.environment, **told})
    path = f"s3://{sandbox.bucket}/{PREFIX}/"
    command = ["geoschem-bench-runner", "--benchmark", json.dumps(BENCHMARK), "--output-path", path]
    return informed.run(native_image, *command, options=(*CONFINED, *names))


@pytest.fixture(scope="module")
def stored(sandbox: Sandbox, finished: str) -> dict[str, bytes]:
    """What it left in the bucket."""
    make: Any = boto3.client
    with closing(
        make(
            "s3",
            endpoint_url=sandbox.endpoint_url,
            region_name=sandbox.region,
            aws_access_key_id=sandbox.access_key,
            aws_secret_access_key=sandbox.secret_key,
        )
    ) as s3:
        found = s3.list_objects_v2(Bucket=sandbox.bucket, Prefix=f"{PREFIX}/")["Contents"]
        return {
            item["Key"].removeprefix(f"{PREFIX}/"): s3.get_object(
                Bucket=sandbox.bucket, Key=item["Key"]
            )["Body"].read()
            for item in found
        }


@pytest.fixture(scope="module")
def manifest(stored: dict[str, bytes]) -> Manifest:
    return read_manifest(stored["manifest.json"], "manifest.json")


def test_it_tells_of_its_progress(finished):
    assert "image-4x5: proxy of fullchem at 4x5" in finished


def test_all_its_files_are_in_the_bucket(stored):
    assert sorted(stored) == ["config.json", "manifest.json", "results.json", "run.log"]


def test_its_manifest_is_valid_and_names_the_image(manifest):
    assert (manifest.outcome.status, manifest.benchmark_id) == ("succeeded", "image-4x5")
    assert manifest.environment.image == "geoschem-bench-test:test"
    assert manifest.environment.packages["python"].startswith("3.11.")


def test_it_measured_memory_and_time(manifest):
    metrics = manifest.performance_metrics
    measured = (metrics.wall_seconds, metrics.cpu_seconds, metrics.peak_memory_gib)
    assert all(value and value > 0 for value in measured)
