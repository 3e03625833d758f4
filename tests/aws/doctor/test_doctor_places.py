"""Environments, queues, networks and quotas that are really broken, each with its cure."""

from __future__ import annotations

import json

import pytest

GRAVITON = "geos-chem-graviton"
ONE = """
phase_1:
  - id: ONE
    description: One
    application: proxy
    simulation_type: transport
    domain: {type: global, resolution: 4x5}
    duration: {days: 1}
    hardware: {instance_type: c7g.4xlarge}
    metrics_focus: baseline
phase_2: []
phase_3: []
phase_4: []
"""


def test_a_queue_that_is_gone(doctor):
    found = doctor(GEOSCHEM_BENCH_QUEUES="arm64=gone-queue")
    assert "none of this name" in found["queue gone-queue"]["detail"]
    assert "geoschem-bench stack up" in found["queue gone-queue"]["cure"]
    assert found["environments"]["state"] == "skipped"
    assert found["bucket"]["state"] == "ok"


def test_a_queue_that_was_deleted_for_good(doctor, environment, aws):
    with environment("short") as queue:
        assert doctor(GEOSCHEM_BENCH_QUEUES=f"arm64={queue}").code == 0
        aws("batch").update_job_queue(jobQueue=queue, state="DISABLED")
        found = doctor(GEOSCHEM_BENCH_QUEUES=f"arm64={queue}")
        assert "--state ENABLED" in found[f"queue {queue}"]["cure"]
    found = doctor(GEOSCHEM_BENCH_QUEUES=f"arm64={queue}")
    assert found[f"queue {queue}"]["state"] == "failed"


def test_a_disabled_environment(doctor, aws):
    batch = aws("batch")
    batch.update_compute_environment(computeEnvironment=GRAVITON, state="DISABLED")
    try:
        found = doctor()
    finally:
        batch.update_compute_environment(computeEnvironment=GRAVITON, state="ENABLED")
    assert found.of("failed") == [f"environment {GRAVITON}"]
    assert "--state ENABLED" in found[f"environment {GRAVITON}"]["cure"]


@pytest.fixture
def stranger(aws):
    """A security group of another VPC."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="stray", Description="stray", VpcId=vpc)["GroupId"]
    yield vpc, group
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=vpc)


def test_a_security_group_of_another_vpc(doctor, environment, stranger, stack):
    vpc, group = stranger
    with environment("stray", securityGroupIds=[group]) as queue:
        found = doctor(GEOSCHEM_BENCH_QUEUES=f"arm64={queue}")
    network = found["network of stray"]
    assert vpc in network["detail"]
    assert stack["VpcId"] in network["detail"]
    assert "securityGroupIds=GROUP" in network["cure"]
    assert found["environment stray"]["detail"].startswith("INVALID: ")
    assert "--state ENABLED --region us-west-2" in found["environment stray"]["cure"]
    assert found["bucket"]["state"] == "ok"


def test_a_subnet_that_does_not_exist(doctor, environment):
    with environment("lost", subnets=["subnet-0123456789abcdef0"]) as queue:
        found = doctor(GEOSCHEM_BENCH_QUEUES=f"arm64={queue}")
    assert "subnet-0123456789abcdef0" in found["network of lost"]["detail"]


def test_a_subnet_without_a_way_out(doctor, environment, aws, stranger):
    vpc, group = stranger
    ec2 = aws("ec2")
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.99.1.0/24")["Subnet"]["SubnetId"]
    try:
        with environment("shut", subnets=[subnet], securityGroupIds=[group]) as queue:
            found = doctor(GEOSCHEM_BENCH_QUEUES=f"arm64={queue}")
    finally:
        ec2.delete_subnet(SubnetId=subnet)
    way = found[f"way out of {subnet}"]
    assert "no way to S3" in way["detail"]
    assert "ECR" in way["detail"]
    assert "aws ec2 create-vpc-endpoint" in way["cure"]


def test_mixed_architectures(doctor, environment):
    with environment("mixed", instanceTypes=["c7g.4xlarge", "c7i.4xlarge"]) as queue:
        found = doctor(GEOSCHEM_BENCH_QUEUES=f"arm64={queue}")
    assert "exec format error" in found["environment mixed"]["detail"]
    assert "instanceTypes=ONE_TYPE" in found["environment mixed"]["cure"]


def test_an_environment_of_another_type_than_the_suite_wants(doctor, environment, tmp_path):
    suite = tmp_path / "one.yaml"
    suite.write_text(ONE)
    with environment("other", instanceTypes=["c7g.8xlarge"]) as queue:
        found = doctor(str(suite), GEOSCHEM_BENCH_QUEUES=f"c7g.4xlarge={queue}")
    assert "wrong_instance" in found["environment other"]["detail"]
    assert "stack up --suite" in found["environment other"]["cure"]


def test_a_type_that_is_not_offered(doctor, environment):
    with environment("far", instanceTypes=["hpc7g.16xlarge"]) as queue:
        found = doctor(GEOSCHEM_BENCH_QUEUES=f"arm64={queue}")
    offer = found["instance type hpc7g.16xlarge"]
    assert "not offered in us-west-2" in offer["detail"]
    assert "us-east-1" in offer["detail"]
    assert "another --region" in offer["cure"]


def test_a_maximum_that_is_too_small(doctor, environment):
    with environment("small", maxvCpus=8) as queue:
        found = doctor(GEOSCHEM_BENCH_QUEUES=f"arm64={queue}")
    assert "at most 8 vCPUs, 16 needed" in found["maximum of small"]["detail"]
    assert "MaxvCpus=16" in found["maximum of small"]["cure"]


def test_a_quota_of_nothing(doctor, box):
    file = box.state_dir / "sandbox" / "quotas.json"
    file.write_text(json.dumps({"L-1216C47A": 0, "L-34B43A08": 16}))
    try:
        found = doctor()
    finally:
        file.unlink()
    assert found.of("failed") == ["quota L-1216C47A"]
    quota = found["quota L-1216C47A"]
    assert "0 vCPUs granted, 16 needed by one c7g.4xlarge" in quota["detail"]
    assert "request-service-quota-increase" in quota["cure"]
    assert "--desired-value 16" in quota["cure"]
    assert "fewer at once" in found["quota L-34B43A08"]["detail"]
