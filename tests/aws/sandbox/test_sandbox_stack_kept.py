"""Stacks over a restart: their own names, what somebody changed since, and failures of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox import lifecycle
from geoschem_bench.sandbox.server import Server
from geoschem_bench.sandbox.stacks import install
from geoschem_bench.sandbox.stacks.mirror import StacksMirror

QUEUE = "geos-chem-x86-queue"
ENVIRONMENT = "geos-chem-x86"
UNNAMED = {
    "Environment": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": {"Type": "UNMANAGED"}},
    "Queue": {"Type": "AWS::Batch::JobQueue", "Properties": {
        "Priority": 1,
        "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": {"Ref": "Environment"}}]}},
    "Definition": {"Type": "AWS::Batch::JobDefinition", "Properties": {
        "Type": "container", "ContainerProperties": {"Image": "i", "ResourceRequirements": [
            {"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "64"}]}}},
}  # fmt: skip


def listed(here, stack):
    found = here.cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
    return {each["LogicalResourceId"]: each for each in found}


def restart(here):
    here.kill()
    here.start()


def test_batch_resources_without_a_name_survive(killable):
    body = json.dumps({"Resources": UNNAMED})
    killable.cloudformation.create_stack(StackName="unnamed", TemplateBody=body)
    before = listed(killable, "unnamed")
    assert len(before) == 3
    for _ in range(2):
        restart(killable)
        after = listed(killable, "unnamed")
        assert {name: after[name]["PhysicalResourceId"] for name in after} == {
            name: before[name]["PhysicalResourceId"] for name in before
        }
    killable.cloudformation.delete_stack(StackName="unnamed")


def test_what_somebody_changed_outside_the_stack_stays_changed(killable):
    batch = killable.batch
    batch.update_job_queue(jobQueue=QUEUE, state="DISABLED", priority=7)
    batch.update_compute_environment(
        computeEnvironment=ENVIRONMENT, computeResources={"maxvCpus": 77}
    )
    [definition] = batch.describe_job_definitions(jobDefinitionName="geos-chem-benchmark")[
        "jobDefinitions"
    ]
    batch.deregister_job_definition(jobDefinition=definition["jobDefinitionArn"])
    restart(killable)
    batch = killable.batch
    [queue] = batch.describe_job_queues(jobQueues=[QUEUE])["jobQueues"]
    assert (queue["state"], queue["priority"]) == ("DISABLED", 7)
    [environment] = batch.describe_compute_environments(computeEnvironments=[ENVIRONMENT])[
        "computeEnvironments"
    ]
    assert environment["computeResources"]["maxvCpus"] == 77
    assert environment["status"] == "VALID"
    [again] = batch.describe_job_definitions(jobDefinitionName="geos-chem-benchmark")[
        "jobDefinitions"
    ]
    assert (again["revision"], again["status"]) == (definition["revision"], "INACTIVE")


def test_an_environment_whose_network_is_gone_gets_that_of_the_stack(killable):
    folder = killable.state_dir / "sandbox" / "batch" / "compute-environments"
    [path] = folder.glob(f"{ENVIRONMENT}.json")
    made = json.loads(path.read_text())
    subnets = made["document"]["computeResources"]["subnets"]
    made["document"]["computeResources"] |= {"subnets": ["subnet-gone"], "maxvCpus": 78}
    killable.kill()
    path.write_text(json.dumps(made))
    killable.start()
    [environment] = killable.batch.describe_compute_environments(computeEnvironments=[ENVIRONMENT])[
        "computeEnvironments"
    ]
    assert environment["status"] == "VALID"
    assert environment["computeResources"]["subnets"] == subnets
    assert environment["computeResources"]["maxvCpus"] == 78


def test_what_is_retained_stays_listed_when_another_refuses_to_go(killable):
    first = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "refuses"}}
    kept = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "DependsOn": "First",
            "Properties": {"BucketName": "retained"}}  # fmt: skip
    topic = {"Type": "AWS::SNS::Topic", "DependsOn": "Kept"}
    body = json.dumps({"Resources": {"First": first, "Kept": kept, "Topic": topic}})
    client = killable.cloudformation
    client.create_stack(StackName="held", TemplateBody=body)
    killable.s3.put_object(Bucket="refuses", Key="k", Body=b"x")
    for _ in range(2):
        client.delete_stack(StackName="held")
        found = listed(killable, "held")
        assert {name: found[name]["ResourceStatus"] for name in found} == {
            "First": "DELETE_FAILED", "Kept": "DELETE_SKIPPED"}  # fmt: skip
    killable.s3.delete_object(Bucket="refuses", Key="k")
    client.delete_stack(StackName="held")
    assert "held" not in {each["StackName"] for each in client.describe_stacks()["Stacks"]}
    names = {each["Name"] for each in killable.s3.list_buckets()["Buckets"]}
    assert ("retained" in names, "refuses" in names) == (True, False)


@pytest.fixture
def mirror(tmp_path):
    unused: Any = None
    return StacksMirror(tmp_path, ("123456789012", "us-west-2"), unused, unused, [])


def test_a_failure_of_ours_is_told_to_whoever_needs_stacks(mirror, monkeypatch):
    def broken(*_):
        raise AttributeError("moto has changed")

    monkeypatch.setattr(install, "install", broken)
    for _ in range(2):
        with pytest.raises(SandboxError, match=r"cannot make its stacks.*moto has changed"):
            mirror.restore()
    assert mirror.is_restored is False


def test_a_preparation_that_fails_leaves_nobody_waiting(mirror, monkeypatch):
    def broken():
        raise ImportError("no moto")

    monkeypatch.setattr(mirror, "prepare", broken)
    server = object.__new__(Server)
    server._stacks = mirror
    server._restore_stacks()
    assert mirror.is_restored is False
    with pytest.raises(SandboxError, match="no moto"):
        mirror.restore()


def test_up_does_not_wait_for_ever(monkeypatch):
    class Trying:
        pid = 5

        def status(self):
            return {"has_stacks": None}

    trying: Any = Trying()
    monkeypatch.setattr(lifecycle, "_STACKS_SECONDS", 0.1)
    with pytest.raises(SandboxError, match=r"pid 5.*server\.log.*sandbox down"):
        lifecycle._has_stacks(trying)
