"""Two benchmarks share a hash exactly when they measure the same."""

from __future__ import annotations

import pytest

from geoschem_bench.planning import plan_suite
from tests.unit.suite.writing import load, suite_text, with_lines


def hash_of(tmp_path, changed="id: A"):
    (planned,) = plan_suite(load(tmp_path, suite_text(with_lines(changed))))
    return planned.benchmark.config_sha256


MEASURED_KEYS = [
    "simulation_type: aerosol",
    "domain: {resolution: 2x2.5}",
    "duration: {days: 8}",
    "hardware: {instance_type: c7g.8xlarge}",
    "hardware: {instance_type: c7g.4xlarge, threads: 8}",
    "warmups: 2",
    "purchase_option: spot",
    "source: {version: 14.7.0}",
    "compiler_flags: -O3",
    "levels: 47",
    "meteorology: GEOS-FP",
    "timesteps: {transport_seconds: 300}",
    "diagnostics: false",
    "run_directory: s3://mine/run",
    "input: s3://mine/input",
]


@pytest.mark.parametrize("changed", MEASURED_KEYS)
def test_another_measurement_has_another_hash(tmp_path, changed):
    assert hash_of(tmp_path, changed) != hash_of(tmp_path)


@pytest.mark.parametrize(
    "changed",
    ["description: other words", "metrics_focus: cost", "repetitions: 4",
     "application: gc-classic", "domain: {resolution: 4.0x5.0}", "duration: {days: 7.0}",
     "warmups: 1", "domain: {type: global, resolution: 4x5}"],
)  # fmt: skip
def test_the_same_measurement_in_other_words_has_the_same_hash(tmp_path, changed):
    assert hash_of(tmp_path, changed) == hash_of(tmp_path)
