"""Retries by AWS's rules."""

from __future__ import annotations

import pytest

from geoschem_bench.sandbox.batch.retry import is_retried


def test_retries_until_the_attempts_are_used_up(jobs):
    detail = jobs.wait(
        jobs.shell("echo attempt $AWS_BATCH_JOB_ATTEMPT; exit 5", retryStrategy={"attempts": 2})
    )
    assert detail["status"] == "FAILED"
    assert [each["container"]["exitCode"] for each in detail["attempts"]] == [5, 5]
    streams = [each["container"]["logStreamName"] for each in detail["attempts"]]
    assert len(set(streams)) == 2
    assert detail["container"]["logStreamName"] == streams[-1]
    assert jobs.output(detail) == ["attempt 2"]


def test_a_later_attempt_may_succeed(jobs):
    detail = jobs.wait(
        jobs.shell('test "$AWS_BATCH_JOB_ATTEMPT" = 2', retryStrategy={"attempts": 5})
    )
    assert detail["status"] == "SUCCEEDED"
    assert [each["container"]["exitCode"] for each in detail["attempts"]] == [1, 0]
    assert detail["container"]["exitCode"] == 0


def test_retry_by_exit_code(jobs):
    strategy = {
        "attempts": 4,
        "evaluateOnExit": [
            {"onExitCode": "15", "action": "RETRY"},
            {"onReason": "*", "onExitCode": "1*", "action": "retry"},
            {"onExitCode": "*", "action": "EXIT"},
        ],
    }
    detail = jobs.wait(
        jobs.shell('test "$AWS_BATCH_JOB_ATTEMPT" = 1 && exit 15; exit 10', retryStrategy=strategy)
    )
    assert [each["container"]["exitCode"] for each in detail["attempts"]] == [15, 10]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], True),
        ([{"onExitCode": "137", "action": "EXIT"}], False),
        ([{"onExitCode": "13*", "action": "EXIT"}], False),
        ([{"onExitCode": "1", "action": "EXIT"}], True),
        ([{"onStatusReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}],
         True),
        ([{"onStatusReason": "Host EC2*", "onExitCode": "1", "action": "EXIT"}], True),
        ([{"onStatusReason": "Host*", "action": "EXIT"}, {"onExitCode": "*", "action": "RETRY"}],
         False),
    ],
)  # fmt: skip
def test_the_first_matching_rule_decides(rules, expected):
    strategy = {"attempts": 2, "evaluateOnExit": rules}
    assert is_retried(strategy, 1, 137, "", "Host EC2 (i-1) terminated") is expected
    assert is_retried(strategy, 2, 137, "", "Host EC2 (i-1) terminated") is False
