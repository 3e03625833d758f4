"""The same numbers on both architectures; the other one is emulated, some five times slower."""

from __future__ import annotations

import io
import json
import subprocess

import numpy as np
import pytest

from tests.images.engine import Engine, Image
from tests.images.test_contents import LARGEST_MB

LARGEST_DIFFERENCE = 1.0e-9
"""Relative."""
NOTHING = 1.0e-35
"""mol mol-1: a tenth of a molecule in a cubic kilometre of air. At night O(1D) decays to 1e-300."""


@pytest.fixture(scope="module")
def descriptions(engine, native_image, foreign_image):
    return [json.loads(engine.run(image)) for image in (native_image, foreign_image)]


def final_fields(engine: Engine, image: Image) -> dict[str, np.ndarray]:
    """What `proxy.final_fields` writes in a container."""
    options = ["run", "--rm", "--network", "host", "--platform", f"linux/{image.architecture}"]
    command = ["python", "-m", "geoschem_bench_runner.proxy.final_fields"]
    done = subprocess.run(
        [engine.name, *options, image.name, *command],
        env=engine.environment, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    with np.load(io.BytesIO(done.stdout)) as fields:
        return dict(fields)


def test_the_foreign_image_is_of_its_architecture(engine, foreign_image):
    assert engine.inspect(foreign_image)["Architecture"] == foreign_image.architecture
    machine = {"amd64": "x86_64", "arm64": "aarch64"}[foreign_image.architecture]
    assert engine.run(foreign_image, "uname", "-m").strip() == machine


def test_it_is_small_too(engine, foreign_image):
    size = engine.inspect(foreign_image)["Size"] / 1e6
    assert size <= LARGEST_MB[foreign_image.architecture]


def test_both_hold_the_same_versions(descriptions):
    native, foreign = descriptions
    for part in ("image", "installed", "packages", "calibration_version", "workloads"):
        assert native[part] == foreign[part]
    assert native["machine"]["architecture"] != foreign["machine"]["architecture"]


def test_both_compute_the_same_fields(engine, native_image, foreign_image):
    ours, theirs = (final_fields(engine, image) for image in (native_image, foreign_image))
    assert sorted(ours) == sorted(theirs) == ["short_lived", "tracers"]
    for name, field in ours.items():
        assert field.max() > 1e-8
        np.testing.assert_allclose(
            theirs[name], field, rtol=LARGEST_DIFFERENCE, atol=NOTHING, err_msg=name
        )
