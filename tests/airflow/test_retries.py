"""How long a benchmark's task pauses when AWS did not answer it."""

from datetime import timedelta

import pytest

from geoschem_bench.errors import StorageError
from geoschem_bench.orchestration.retries import BenchmarkRetryPolicy, UnreachableError

ERRORS = [StorageError("no answer"), UnreachableError("no answer", "job-1")]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(("endpoint", "seconds"), [("", 300), ("http://127.0.0.1:5000", 10)])
def test_the_pause_is_minutes_on_aws_and_seconds_in_the_sandbox(
    monkeypatch, error, endpoint, seconds
):
    """`make chaos`: a sandbox that was restarted held its runs up for five minutes."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    decision = BenchmarkRetryPolicy().evaluate(error, 1, 6)
    assert decision.action.value == "retry"
    assert decision.retry_delay == timedelta(seconds=seconds)
