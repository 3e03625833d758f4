"""Why jobs wait: each thing that keeps them from an instance, in words and as a reason."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.runnable import RunnableDiagnosis, Waiting, diagnosis, head
from geoschem_bench.aws.runnable.queue_facts import QueueFacts
from geoschem_bench.errors import LockedOutError, StorageError
from geoschem_bench.sandbox import faults, running
from tests.aws.clients import clients_of
from tests.aws.installation import Installation
from tests.aws.sandbox.conftest import wait_until

names = (f"waits-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[Installation]:
    """A sandbox of its own: what is made to go wrong here must hold up no other test."""
    with running(tmp_path_factory.mktemp("runnable")) as sandbox, clients_of(sandbox) as client:
        yield Installation(sandbox, client)


@pytest.fixture(autouse=True)
def nothing_left(made):
    yield
    faults.clear(made.sandbox)
    batch = made.client("batch")
    for queue in batch.describe_job_queues()["jobQueues"]:
        for status in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"):
            found = batch.list_jobs(jobQueue=queue["jobQueueName"], jobStatus=status)
            for job in found["jobSummaryList"]:
                batch.terminate_job(jobId=job["jobId"], reason="the test is over")


@pytest.fixture
def submit(made):
    """Submits a job that is to wait, and waits until it does."""

    def submitted(queue: str, *, waits: bool = True, **asked: Any) -> str:
        batch = made.client("batch")
        needs = [{"type": k.upper(), "value": str(v)} for k, v in asked.items()]
        job = batch.submit_job(
            jobName=next(names),
            jobQueue=queue,
            jobDefinition=made.definition(),
            containerOverrides={"resourceRequirements": needs},
        )["jobId"]
        wanted = ("RUNNABLE",) if waits else ("RUNNING",)

        def status() -> bool:
            return batch.describe_jobs(jobs=[job])["jobs"][0]["status"] in wanted

        wait_until(status, f"a job is {wanted}")
        return str(job)

    return submitted


@pytest.fixture
def ask(made):
    """Asks as if the sandbox were AWS: a job that nothing holds up does not wait there."""

    def answer(queue: str, job: str) -> Waiting:
        return RunnableDiagnosis(made.account).why(queue, job)

    return answer


@pytest.fixture
def long_ago(monkeypatch):
    """Instances had all the time to start."""
    monkeypatch.setattr(head, "STARTING_MINUTES", 0)


def stuck_by_fault(made, submit, reason):
    queue = made.queue()
    faults.job(made.sandbox, "waits-*", "stuck", queue=queue, reason=reason)
    return queue, submit(queue)


def test_a_disabled_environment_is_named_with_its_cure(made, submit, ask):
    queue = made.queue()
    made.disable(queue)
    why = ask(queue, submit(queue))
    assert (why.kind, why.reason) == ("stuck", "misconfigured")
    assert f"environment {queue} is DISABLED" in why.message
    assert "--state ENABLED" in str(why.cure)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("CLIENT_ERROR - One or more security groups are not linked to the VPCs", "misconfigured"),
        ("CLIENT_ERROR - You have requested more vCPU capacity than your current vCPU limit of 5 "
         "allows (VcpuLimitExceeded)", "quota"),
        ("INTERNAL_ERROR - InsufficientInstanceCapacity", "capacity"),
    ],
)  # fmt: skip
def test_an_invalid_environment_is_read_by_what_aws_writes_there(made, submit, ask, said, reason):
    queue = made.queue()
    faults.environment(made.sandbox, queue, "invalid", said)
    why = ask(queue, submit(queue))
    assert (why.kind, why.reason) == ("stuck", reason)
    assert said in why.message


@pytest.mark.parametrize(
    ("said", "reason", "words"),
    [
        ("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested "
         "for instance type [c7g.4xlarge]", "capacity", "no such instance to give"),
        ("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue "
         "cannot meet the CPU requirement of the job.", "misconfigured", "may start"),
        ("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement "
         "(vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job "
         "queue.", "misconfigured", "64 MiB of memory, and c7g.4xlarge has 32768"),
        ("MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - x", "misconfigured", "EC2"),
        ("MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS - Batch service role has a permission issue.",
         "misconfigured", "service role"),
        ("ACTION_REQUIRED - CE(s) associated with the job queue are invalid.", "misconfigured",
         "cannot be used"),
        ("MISCONFIGURATION:SOMETHING_NEW - x", "misconfigured", "SOMETHING_NEW"),
    ],
)  # fmt: skip
def test_what_batch_writes_on_the_head_is_the_reason(made, submit, ask, said, reason, words):
    queue, job = stuck_by_fault(made, submit, said)
    why = ask(queue, job)
    assert (why.kind, why.reason) == ("stuck", reason)
    assert words in why.message
    assert said in why.message
    assert why.cure


def test_a_request_beyond_the_environment_is_seen(made, submit, ask):
    queue = made.queue(maxvCpus=16)
    why = ask(queue, submit(queue, vcpu=20))
    assert (why.kind, why.reason) == ("stuck", "misconfigured")
    assert "asks for 20 vCPUs" in why.message


def test_a_request_for_all_of_the_memory_is_seen_before_batch_says_so(made, submit, ask):
    queue = made.queue()
    faults.job(made.sandbox, "waits-*", "stuck", queue=queue, reason="undetermined")
    why = ask(queue, submit(queue, memory=32768))
    assert (why.kind, why.reason) == ("stuck", "misconfigured")
    assert "30720 can be had" in why.message


def test_a_quota_below_one_instance_is_seen(made, submit, ask):
    queue, job = stuck_by_fault(made, submit, "undetermined")
    with made.quotas(L_1216C47A=8):
        why = ask(queue, job)
    assert (why.kind, why.reason) == ("stuck", "quota")
    assert "is 8 vCPUs, and it needs 16" in why.message
    assert "request-service-quota-increase" in str(why.cure)


def test_a_quota_that_others_have_taken_explains_missing_capacity(made, submit, ask):
    queue, job = stuck_by_fault(made, submit, "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - x")
    with made.quotas(L_1216C47A=20), made.instances("c7g.2xlarge", 1):
        why = ask(queue, job)
    assert (why.kind, why.reason) == ("stuck", "quota")
    assert "8 are in use" in why.message


def test_an_image_that_is_missing_is_seen(made, ask, submit, monkeypatch):
    plain = made.definition
    image = made.image("amd64")
    monkeypatch.setattr(made, "definition", lambda: plain(image=image))
    queue, job = stuck_by_fault(made, submit, "undetermined")
    why = ask(queue, job)
    assert (why.kind, why.reason) == ("stuck", "image")
    assert "not for arm64" in why.message


def test_a_subnet_without_a_way_out_is_seen(made, submit, ask):
    ec2 = made.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.98.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.98.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="shut", Description="x", VpcId=vpc)["GroupId"]
    queue = made.queue(subnets=[subnet], securityGroupIds=[group])
    faults.job(made.sandbox, "waits-*", "stuck", queue=queue, reason="undetermined")
    why = ask(queue, submit(queue))
    assert (why.kind, why.reason) == ("stuck", "misconfigured")
    assert "no way to" in why.message


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


def test_what_batch_cannot_explain_is_unknown_and_says_what_was_looked_at(made, submit, ask):
    queue, job = stuck_by_fault(made, submit, "UNDETERMINED - Batch job is blocked.")
    why = ask(queue, job)
    assert (why.kind, why.reason) == ("stuck", "unknown")
    assert "look well" in why.message
    assert "UNDETERMINED" in why.message
    assert "stack doctor" in str(why.cure)


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
