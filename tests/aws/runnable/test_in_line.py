"""Jobs that wait for others, or have only just come, are not called stuck."""

from __future__ import annotations

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.runnable import RunnableDiagnosis, diagnosis
from tests.aws.runnable.jobs import stuck_by_fault


def test_a_head_that_has_just_come_is_given_time(made, submit, ask):
    submit(made.queue(), waits=False)  # the sandbox runs one at a time, and says nothing
    queue = made.queue()
    assert ask(queue, submit(queue)).kind == "starting"


def test_a_head_that_nobody_can_explain_after_that_is_unknown(made, submit, ask, long_ago):
    submit(made.queue(), waits=False)
    queue = made.queue()
    why = ask(queue, submit(queue))
    assert (why.kind, why.reason) == ("stuck", "unknown")
    assert "Batch says: nothing" in why.message
    assert "1 vCPUs of instances are asked for" in why.message


def test_a_job_behind_one_that_moves_is_in_line(made, submit, ask):
    queue = made.queue()
    submit(queue, waits=False)
    first, second = submit(queue), submit(queue)
    for job in (first, second):
        why = ask(queue, job)
        assert (why.kind, why.reason) == ("in_line", None)
    assert "1 jobs have the instances" in ask(queue, first).message
    assert "behind 1 others" in ask(queue, second).message


def test_jobs_of_another_queue_with_the_same_instances_are_counted(made, submit, ask):
    queue = made.queue()
    order = [{"order": 1, "computeEnvironment": queue}]
    batch = made.client("batch")
    batch.create_job_queue(jobQueueName="twin", priority=9, computeEnvironmentOrder=order)
    submit("twin", waits=False)
    assert ask(queue, submit(queue)).kind == "in_line"


def test_in_the_sandbox_all_wait_for_one_computer(made, submit):
    submit(made.queue(), waits=False)
    queue = made.queue()
    job = submit(queue, vcpu=60)
    account = made.account
    sandbox = Account(account.region, None, made.sandbox.endpoint_url, account._clients)
    assert RunnableDiagnosis(sandbox).why(queue, job).kind == "in_line"
    queue, job = stuck_by_fault(made, submit, "capacity")
    assert RunnableDiagnosis(sandbox).why(queue, job).reason == "capacity"


def test_no_capacity_holds_those_behind_too(made, submit, ask):
    queue, _ = stuck_by_fault(made, submit, "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - x")
    assert ask(queue, submit(queue)).reason == "capacity"


def test_one_that_asks_for_too_much_holds_only_itself(made, submit, ask, monkeypatch):
    queue = made.queue(maxvCpus=16)
    submit(queue, vcpu=20)
    behind = submit(queue)
    why = ask(queue, behind)
    assert why.kind == "in_line"
    assert "waited for until it is ended" in why.message
    monkeypatch.setattr(diagnosis, "BLOCKED_HOURS", 0)
    why = ask(queue, behind)
    assert (why.kind, why.reason) == ("stuck", "misconfigured")
    assert "terminate-job" in str(why.cure)


def test_jobs_that_do_not_wait_are_not_stuck(made, submit, ask):
    queue = made.queue()
    job = submit(queue, waits=False)
    assert ask(queue, job).kind == "starting"
    gone = ask(queue, "11111111-2222-3333-4444-555555555555")
    assert (gone.kind, gone.reason) == ("stuck", "unknown")
