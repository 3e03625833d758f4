"""Manifest → row: which numbers, which reason, what counts as smoke."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geoschem_bench.errors import Reason
from geoschem_bench.manifest import read_manifest
from geoschem_bench.records import JobRecord, Result
from geoschem_bench.records.building import result_of_manifest
from tests.unit.records.fakes import folder, job, manifest


def row(raw: bytes, record: bytes | None = None) -> Result:
    known = JobRecord.model_validate_json(record) if record else None
    return result_of_manifest(read_manifest(raw, "m"), "0" * 64, folder(), known)


FAILED = {"status": "failed", "reason": None, "message": "it stopped", "exit_code": 13}


def test_a_failed_run_says_why():
    result = row(manifest(outcome=FAILED | {"reason": "input_data"}), job(log_tail=["last words"]))
    assert (result.status, result.reason) == ("failed", Reason.INPUT_DATA)
    assert (result.message, result.exit_code) == ("it stopped", 13)
    assert result.log_tail == ("last words",)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (None, Reason.MODEL_CRASHED),
        (job(status_reason="Job attempt duration exceeded timeout"), Reason.TIMEOUT),
        (job(log_tail=["standard_init_linux.go: exec format error"]), Reason.IMAGE),
    ],
)
def test_a_failed_run_that_does_not_know_why_takes_batchs_word(record, reason):
    assert row(manifest(outcome=FAILED), record).reason is reason


def test_what_stopped_a_run_its_job_knows_better():
    """All that the runner sees is a SIGTERM."""
    stopped = manifest(outcome=FAILED | {"reason": "cancelled", "message": "stopped by SIGTERM"})
    lost = "Host EC2 (instance i-1) terminated."
    result = row(stopped, job(reason="unknown", status_reason=lost, message=lost))
    assert (result.reason, result.message) == (Reason.UNKNOWN, lost)
    by_hand = row(stopped, job(status_reason="Terminated by somebody"))
    assert (by_hand.reason, by_hand.message) == (Reason.CANCELLED, "stopped by SIGTERM")


def test_a_run_that_succeeded_has_no_reason_whatever_batch_says():
    result = row(manifest(), job(status_reason="Essential container in task exited"))
    assert (result.status, result.reason, result.message) == ("succeeded", None, None)
    assert result.log_tail == ()


def test_numbers_that_a_manifest_lacks_are_none():
    raw = json.loads(manifest(repetitions=[]))
    raw["performance_metrics"] = {}
    result = row(json.dumps(raw).encode())
    assert result.throughput_days_per_day is None
    assert result.hours_per_sim_day is None
    assert result.cpu_efficiency is None
    assert result.cost_usd_per_sim_day is None
    assert result.wall_seconds == result.peak_memory_gib == ()


def test_memory_that_was_not_measured_is_left_out_not_zero():
    repetitions = json.loads(manifest())["repetitions"]
    repetitions[1]["peak_memory_gib"] = None
    assert row(manifest(repetitions=repetitions)).peak_memory_gib == (9.75,)


def test_off_ec2_the_machine_is_its_cpu():
    observed = {"instance_type": None, "cpu_model": "AMD EPYC 7B13", "vcpus": 2}
    assert row(manifest(observed=observed)).machine_class == "AMD EPYC 7B13 x 2"


def shorter(days: float) -> dict[str, Any]:
    configuration: dict[str, Any] = json.loads(manifest())["configuration"] | {
        "duration": {"days": days}
    }
    return configuration


@pytest.mark.parametrize(
    ("parts", "is_smoke"),
    [
        ({}, False),
        ({"workload": "proxy"}, True),
        ({"configuration": shorter(6)}, True),
        ({"configuration": shorter(31)}, False),
        ({"repetitions": []}, True),
    ],
)
def test_what_is_too_short_to_rank(parts, is_smoke):
    assert row(manifest(**parts)).is_smoke is is_smoke


def test_under_a_minute_is_smoke():
    repetitions = json.loads(manifest())["repetitions"]
    repetitions[2]["wall_seconds"] = 59.9
    assert row(manifest(repetitions=repetitions)).is_smoke is True


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ({}, 330),
        ({"started_at": None}, None),
        ({"created_at": None}, None),
        ({"created_at": "2026-11-21T19:52:00-08:00"}, 330),
    ],
)
def test_queue_time_is_from_created_to_started(times, seconds):
    assert row(manifest(), job(**times)).queue_seconds == seconds


def test_a_row_reads_back():
    result = row(manifest(), job())
    assert Result.model_validate_json(result.model_dump_json()) == result


def test_the_configuration_decides_the_series_not_its_words():
    plain = row(manifest())
    other = row(manifest(configuration={"description": "other words"}))
    longer = row(manifest(configuration=shorter(8)))
    assert plain.config_sha256 == other.config_sha256 != longer.config_sha256
