"""Evidence → reason, best evidence first."""

from __future__ import annotations

import pytest

from geoschem_bench.errors import EXIT_CODES, Reason
from geoschem_bench.records import classify

SAID_BY_BATCH = [
    ("Host EC2 (instance i-0abc) terminated.", Reason.SPOT_INTERRUPTED),
    ("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - no such instance", Reason.CAPACITY),
    ("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too many vCPUs", Reason.MISCONFIGURED),
    ("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE", Reason.MISCONFIGURED),
    ("Job attempt duration exceeded timeout", Reason.TIMEOUT),
    ("OutOfMemoryError: Container killed due to memory usage", Reason.OUT_OF_MEMORY),
    ("CannotPullContainerError: manifest unknown", Reason.IMAGE),
    ("CannotStartContainerError: exec /entrypoint: exec format error", Reason.IMAGE),
    ("VcpuLimitExceeded: You have requested more vCPU capacity", Reason.QUOTA),
    ("Terminated by geoschem-bench: the run was cleared", Reason.CANCELLED),
    ("Dependent Job failed: job was cancelled", Reason.CANCELLED),
]


@pytest.mark.parametrize(("text", "reason"), SAID_BY_BATCH)
def test_what_batch_says(text, reason):
    assert classify(None, [text], [], None) is reason
    assert classify(None, [None, "", text], ["AccessDenied"], 13) is reason


def test_the_order_of_evidence():
    batch, log = "OutOfMemoryError: killed", "An error occurred (AccessDenied)"
    assert classify(Reason.INPUT_DATA, [batch], [log], 14) is Reason.INPUT_DATA
    assert classify(None, [batch], [log], 14) is Reason.OUT_OF_MEMORY
    assert classify(None, ["Essential container in task exited"], [log], 14) is Reason.STORAGE
    assert classify(None, [], [], 14) is Reason.TIMEOUT


@pytest.mark.parametrize(
    ("batch", "reason"),
    [
        ("Host EC2 (instance i-0abc) terminated.", Reason.SPOT_INTERRUPTED),
        ("Job attempt duration exceeded timeout", Reason.TIMEOUT),
        ("Terminated by Airflow: its task is failed", Reason.CANCELLED),
        ("Essential container in task exited", Reason.CANCELLED),
        (None, Reason.CANCELLED),
    ],
)
def test_who_stopped_the_runner_batch_knows_better(batch, reason):
    """All that the runner sees is a SIGTERM."""
    assert classify(Reason.CANCELLED, [batch], ["AccessDenied"], 143) is reason


@pytest.mark.parametrize("code", [137, 139, 143, 255, 70, 2, 0, None])
def test_exit_codes_that_prove_nothing(code):
    """A bare 137 may be the OOM killer, a kill -9 or the agent."""
    assert classify(None, ["Essential container in task exited"], ["all is well"], code) is (
        Reason.UNKNOWN
    )


@pytest.mark.parametrize(("reason", "code"), EXIT_CODES.items())
def test_exit_codes_of_the_runner(reason, code):
    assert classify(None, [], [], code) is reason


def test_a_usage_error_is_a_misconfiguration():
    assert classify(None, [], [], 1) is Reason.MISCONFIGURED
