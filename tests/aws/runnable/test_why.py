"""Why the first of a queue waits: what keeps it from an instance, in words and as a reason."""

from __future__ import annotations

import pytest

from geoschem_bench.sandbox import faults
from tests.aws.runnable.jobs import stuck_by_fault


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


def test_what_batch_cannot_explain_is_unknown_and_says_what_was_looked_at(made, submit, ask):
    queue, job = stuck_by_fault(made, submit, "UNDETERMINED - Batch job is blocked.")
    why = ask(queue, job)
    assert (why.kind, why.reason) == ("stuck", "unknown")
    assert "look well" in why.message
    assert "UNDETERMINED" in why.message
    assert "stack doctor" in str(why.cure)
