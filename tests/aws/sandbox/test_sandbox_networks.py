"""Environments whose subnets and security groups do not exist, or do not belong together."""

from __future__ import annotations

from contextlib import closing

import pytest


@pytest.fixture(scope="module")
def elsewhere(sandbox, connect):
    """A subnet and a security group of another VPC."""
    with closing(connect(sandbox, "ec2")) as ec2:
        vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.0.0/24")["Subnet"]["SubnetId"]
        made = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)
        yield {"subnets": [subnet], "securityGroupIds": [made["GroupId"]]}


def described(batch):
    answer = batch.describe_compute_environments(computeEnvironments=["net"])
    return answer["computeEnvironments"][0]


@pytest.fixture
def environment(batch):
    """Makes environments `net` with given networks."""

    def create(network):
        batch.create_compute_environment(
            computeEnvironmentName="net",
            type="MANAGED",
            computeResources={"type": "EC2", "maxvCpus": 8, **network},
        )
        return described(batch)

    yield create
    batch.update_compute_environment(computeEnvironment="net", state="DISABLED")
    batch.delete_compute_environment(computeEnvironment="net")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"subnets": ["subnet-none"]}, "The subnet ID 'subnet-none' does not exist"),
        ({"securityGroupIds": ["sg-none"]}, "The security group 'sg-none' does not exist"),
    ],
)
def test_unknown_ids_make_it_invalid(environment, network, change, reason):
    made = environment({**network, **change})
    assert (made["status"], made["statusReason"]) == ("INVALID", f"CLIENT_ERROR - {reason}")


def test_a_security_group_of_another_vpc_makes_it_invalid(environment, network, elsewhere):
    made = environment({**network, "securityGroupIds": elsewhere["securityGroupIds"]})
    assert made["status"] == "INVALID"
    assert made["statusReason"] == (
        "CLIENT_ERROR - One or more security groups in the launch configuration are not linked to "
        "the VPCs configured in the Auto Scaling group"
    )


def test_subnets_of_two_vpcs_make_it_invalid(environment, network, elsewhere):
    made = environment({**network, "subnets": network["subnets"] + elsewhere["subnets"]})
    assert "not all in the same VPC" in made["statusReason"]


def test_its_jobs_stay_runnable_until_it_is_put_right(environment, network, batch, jobs):
    environment({**network, "subnets": ["subnet-none"]})
    order = [{"order": 1, "computeEnvironment": "net"}]
    batch.create_job_queue(jobQueueName="net-q", priority=9, computeEnvironmentOrder=order)
    job_id = jobs.shell("true", queue="net-q")
    jobs.wait(job_id, "RUNNABLE")
    jobs.wait(jobs.shell("true"))  # others are not held up
    assert jobs.detail(job_id)["status"] == "RUNNABLE"
    batch.update_compute_environment(
        computeEnvironment="net", computeResources={"subnets": network["subnets"]}
    )
    assert described(batch)["status"] == "VALID"
    assert jobs.wait(job_id)["status"] == "SUCCEEDED"
    batch.update_job_queue(jobQueue="net-q", state="DISABLED")
    batch.delete_job_queue(jobQueue="net-q")
