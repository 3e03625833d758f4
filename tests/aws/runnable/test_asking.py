"""What the diagnosis asks of AWS: a few calls, not all of which it may have the right to."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from geoschem_bench.aws.runnable import RunnableDiagnosis, diagnosis
from geoschem_bench.aws.runnable.queue_facts import QueueFacts
from geoschem_bench.errors import LockedOutError, StorageError
from geoschem_bench.sandbox import faults
from tests.aws.runnable.jobs import stuck_by_fault


def test_a_queue_that_is_gone_is_said(ask):
    why = ask("nobodys-queue", "11111111-2222-3333-4444-555555555555")
    assert (why.kind, why.reason) == ("stuck", "misconfigured")


def test_a_thousand_questions_cost_a_few_calls_and_are_asked_anew_after_a_minute(made, submit):
    queue = made.queue()
    made.disable(queue)
    jobs = [submit(queue) for _ in range(3)]
    now = [0.0]
    asked = RunnableDiagnosis(made.account, clock=lambda: now[0])
    faults.reset_calls(made.sandbox)
    for number in range(1000):
        asked.why(queue, jobs[number % 3])
    first = Counter(faults.calls(made.sandbox))
    assert sum(first.values()) <= 10
    now[0] = diagnosis.FRESH_SECONDS + 1.0
    asked.why(queue, jobs[0])
    assert Counter(faults.calls(made.sandbox)).total() == 2 * first.total()


def test_the_front_of_a_queue_is_found_without_the_right_to_a_snapshot(made, submit, ask):
    queue = made.queue(maxvCpus=16)
    job = submit(queue, vcpu=20)
    faults.service(
        made.sandbox, "batch:GetJobQueueSnapshot", "refuse", code="AccessDeniedException"
    )
    assert list(QueueFacts(made.account, queue).front) == [job]
    assert ask(queue, job).reason == "misconfigured"


def test_what_we_may_not_ask_is_said_and_not_taken_for_well(made, submit, ask):
    queue, job = stuck_by_fault(made, submit, "undetermined")
    for service in ("service-quotas", "ec2"):
        faults.service(made.sandbox, service, "refuse", code="AccessDeniedException")
    why = ask(queue, job)
    assert (why.kind, why.reason) == ("stuck", "unknown")
    assert "not looked at" in why.message


@pytest.mark.parametrize(
    ("code", "error"),
    [("ExpiredTokenException", LockedOutError), ("ServerException", StorageError)],
)
def test_an_aws_that_refuses_is_an_error_with_a_cure_asked_once(made, code, error):
    asked = RunnableDiagnosis(made.account)
    faults.service(made.sandbox, "batch", "refuse", code=code)
    with pytest.raises(error):
        asked.why("any", "any")
    faults.reset_calls(made.sandbox)
    with pytest.raises(error):
        asked.why("any", "any")
    assert not faults.calls(made.sandbox)


def test_the_time_at_the_front_is_told(made, submit):
    queue, job = stuck_by_fault(made, submit, "undetermined")
    since = QueueFacts(made.account, queue).front[job]
    assert since is not None
    assert datetime.now(UTC) - since < timedelta(minutes=5)
