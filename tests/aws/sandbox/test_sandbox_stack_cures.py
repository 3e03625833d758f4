"""A stack that cannot be had: one message says why and what to do."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ClientError

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox import down, running, status, up
from geoschem_bench.sandbox.deployment import STACK, is_deployed
from geoschem_bench.sandbox.settings import Folders

ENVIRONMENT = "geos-chem-graviton"


@pytest.fixture
def stopped(tmp_path):
    """The state of a sandbox that was up, and the file of its stack."""
    up(tmp_path)
    down(tmp_path)
    yield tmp_path, tmp_path / "sandbox" / "stacks" / f"{STACK}.json"
    down(tmp_path)


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ('{"Resources": {"A": {"Type": "AWS::Made::Up"}}}', "A: .*Unrecognized resource types"),
        ("{", "Template format error"),
    ],
)
def test_a_stack_that_cannot_be_made_again_is_named_with_its_file(stopped, connect, template, why):
    state, path = stopped
    kept = path.read_text()
    change(path, template=template, parameters={})
    for _ in range(2):
        with pytest.raises(SandboxError, match=rf"{path}: .*cannot be made again: .*{why}.*delete"):
            up(state)
    down(state)
    path.unlink()
    assert up(state)
    assert kept != path.read_text()
    assert is_deployed(Folders.of(state))


def test_what_was_kept_stays_when_the_stack_cannot_be_made_again(stopped, connect):
    state, path = stopped
    kept, files = path.read_text(), files_in(state)
    template = json.loads(json.loads(kept)["template"])
    order = [{"Order": 1, "ComputeEnvironment": "none"}]
    template["Resources"]["Bad"] = {"Type": "AWS::Batch::JobQueue", "Properties": {
        "Priority": 1, "ComputeEnvironmentOrder": order}}  # fmt: skip
    change(path, template=json.dumps(template))
    with pytest.raises(SandboxError, match=r"made again: .*Bad: .*no compute environment"):
        up(state)
    down(state)
    assert files_in(state) == files
    path.write_text(kept)
    up(state)
    assert files_in(state) == files


def files_in(state):
    """What the sandbox keeps of the resources of a stack."""
    return {
        str(path.relative_to(state))
        for folder in ("batch", "dynamodb", "ecr", "logs", "s3")
        for path in (state / "sandbox" / folder).rglob("*.json")
    }


def test_what_was_there_before_a_stack_outlives_its_failed_creation(tmp_path, connect):
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "early"}}
    bad = {"Type": "AWS::SNS::Topic", "DependsOn": "Bucket", "Properties": {
        "TopicName": {"Fn::GetAtt": ["Bucket", "None"]}}}  # fmt: skip
    with (
        running(tmp_path) as sandbox,
        closing(connect(sandbox, "s3")) as s3,
        closing(connect(sandbox, "cloudformation")) as client,
    ):
        where = {"LocationConstraint": sandbox.region}
        s3.create_bucket(Bucket="early", CreateBucketConfiguration=where)
        made = client.create_change_set(
            StackName="early", ChangeSetName="c", ChangeSetType="CREATE",
            TemplateBody=json.dumps({"Resources": {"Bucket": bucket, "Bad": bad}}),
            ImportExistingResources=True,
        )  # fmt: skip
        client.execute_change_set(ChangeSetName=made["Id"])
        [stack] = client.describe_stacks(StackName="early")["Stacks"]
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert "early" in [each["Name"] for each in s3.list_buckets()["Buckets"]]


def test_a_stack_file_of_another_form_is_not_taken_for_the_stack(stopped):
    state, path = stopped
    path.write_text("[]")
    assert not is_deployed(Folders.of(state))
    with pytest.raises(SandboxError, match=path.name):
        up(state)


def test_whoever_needs_the_stack_is_told_and_the_others_are_not_held_up(stopped, connect):
    state, path = stopped
    path.write_text("{")
    with pytest.raises(SandboxError, match="is damaged"):
        up(state)
    sandbox = status(state)
    asked = {"ec2": "describe_vpcs", "ecr": "describe_repositories", "sns": "list_topics",
             "cloudformation": "describe_stacks"}  # fmt: skip
    for service, operation in asked.items():
        with (
            closing(connect(sandbox, service)) as client,
            pytest.raises(ClientError, match="cannot be made again"),
        ):
            getattr(client, operation)()
    with closing(connect(sandbox, "s3")) as s3:
        assert s3.list_buckets()["Buckets"]


def test_a_half_made_stack_is_made_anew_or_what_holds_it_is_named(tmp_path, connect):
    with running(tmp_path) as sandbox, closing(connect(sandbox, "batch")) as batch:
        order = [{"order": 1, "computeEnvironment": ENVIRONMENT}]
        batch.create_job_queue(jobQueueName="holds", priority=1, computeEnvironmentOrder=order)
        with closing(connect(sandbox, "cloudformation")) as cloudformation:
            cloudformation.delete_stack(StackName=STACK)
            [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
            assert stack["StackStatus"] == "DELETE_FAILED"
        with pytest.raises(SandboxError, match=r"half made.*is used by \['holds'\].*sandbox down"):
            up(tmp_path)
        batch.update_job_queue(jobQueue="holds", state="DISABLED")
        batch.delete_job_queue(jobQueue="holds")
        up(tmp_path)
        assert is_deployed(Folders.of(tmp_path))


def test_nothing_that_a_person_has_set_for_aws_reaches_the_sandbox(tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text("no configuration")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(config))
    with running(tmp_path / "state", queues=["our-own-queue"]):
        assert is_deployed(Folders.of(tmp_path / "state"))


def test_what_is_deployed_is_seen_from_the_files(stopped):
    state, path = stopped
    folders = Folders.of(state)
    assert is_deployed(folders)
    assert is_deployed(folders, ["geos-chem-graviton-queue"])
    assert not is_deployed(folders, ["geos-chem-c7g-8xlarge-queue"])
    assert not is_deployed(folders, ["our-own-queue"])
    kept = path.read_text()
    changes: list[dict[str, Any]] = [
        {"status": "DELETE_FAILED"}, {"template": "{}"}, {"parameters": {}},
    ]  # fmt: skip
    for each in changes:
        change(path, **each)
        assert not is_deployed(folders)
        path.write_text(kept)
