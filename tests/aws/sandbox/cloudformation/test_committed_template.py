"""The template that is deployed on AWS, deployed in a sandbox of its own."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing

import pytest

from geoschem_bench.sandbox import deploy, running
from geoschem_bench.sandbox.cloudformation.types.registry import MODELLED, NOT_MODELLED
from geoschem_bench.sandbox.deployment import STACK, TEMPLATE
from tests.aws.sandbox.cloudformation.conftest import Stacks

SERVICES = ("batch", "cloudformation", "dynamodb", "ec2", "ecr", "iam", "logs", "s3", "sns")


@pytest.fixture(scope="module")
def own(tmp_path_factory, connect):
    """A sandbox and its clients."""
    state = tmp_path_factory.mktemp("own")
    with ExitStack() as held:
        sandbox = held.enter_context(running(state, queues=["geos-chem-c7g-8xlarge-queue"]))
        made = {name: held.enter_context(closing(connect(sandbox, name))) for name in SERVICES}
        yield sandbox, made


def types_of(template):
    for name, body in template.items():
        if name.startswith("Fn::ForEach::"):
            yield from types_of(body[2])
        else:
            yield body["Type"]


def test_every_type_is_modelled_or_listed_as_not():
    types = set(types_of(json.loads(TEMPLATE.read_text())["Resources"]))
    assert types <= set(MODELLED) | set(NOT_MODELLED)
    assert not set(MODELLED) & set(NOT_MODELLED)


def test_all_of_it_is_there_and_listed(own):
    _, clients = own
    stacks = Stacks(clients["cloudformation"])
    detail = stacks.detail(STACK)
    assert detail["StackStatus"] == "CREATE_COMPLETE"
    listed = stacks.resources(STACK)
    pages = clients["cloudformation"].list_stack_resources(StackName=STACK)
    assert len(pages["StackResourceSummaries"]) == len(listed)
    assert all(each["PhysicalResourceId"] for each in listed.values())
    types = {each["ResourceType"] for each in listed.values()}
    assert "AWS::CloudWatch::Alarm" in types  # not modelled, and listed nevertheless
    outputs = stacks.outputs(STACK)
    assert outputs["BenchmarkBucketName"] == "geos-chem-benchmarks-sandbox"
    assert outputs["JobLogGroupName"] == "/geoschem-bench/jobs"
    parameters = {p["ParameterKey"]: p["ParameterValue"] for p in detail["Parameters"]}
    assert parameters["CampaignInstanceTypes"] == "c7g.8xlarge"
    assert parameters["Platform"] == "sandbox"


def test_what_it_makes_has_the_settings_of_the_template(own):
    sandbox, clients = own
    stacks = Stacks(clients["cloudformation"])
    outputs = stacks.outputs(STACK)
    s3, bucket = clients["s3"], sandbox.bucket
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values())
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert {"runs", "rest"} == {rule["ID"] for rule in rules}
    recovery = clients["dynamodb"].describe_continuous_backups(TableName=sandbox.table)
    described = recovery["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert described["PointInTimeRecoveryStatus"] == "ENABLED"
    [group] = clients["logs"].describe_log_groups(logGroupNamePrefix=outputs["JobLogGroupName"])[
        "logGroups"
    ]
    assert group["retentionInDays"] == 90
    [queue] = clients["batch"].describe_job_queues(jobQueues=["geos-chem-x86-queue"])["jobQueues"]
    assert {each["action"] for each in queue["jobStateTimeLimitActions"]} == {"CANCEL"}
    assert queue["tags"]["project"] == "geoschem-bench"
    environments = clients["batch"].describe_compute_environments()["computeEnvironments"]
    assert {each["status"] for each in environments} == {"VALID"}
    assert all("updatePolicy" in each for each in environments)
    [definition] = clients["batch"].describe_job_definitions(
        jobDefinitionName="geos-chem-benchmark", status="ACTIVE"
    )["jobDefinitions"]
    assert definition["timeout"]["attemptDurationSeconds"] > 0
    assert definition["propagateTags"] is True
    role = clients["iam"].get_role(RoleName=outputs["JobRoleArn"].rpartition("/")[2])["Role"]
    assert {each["Key"] for each in role["Tags"]} >= {"project", "owner", "expires"}


def test_wanted_queues_are_added_and_earlier_ones_stay(own):
    sandbox, clients = own
    for queue in ("geos-chem-u-6tb1-metal-spot-queue", "geos-chem-c7g-8xlarge-queue"):
        deploy(sandbox.endpoint_url, sandbox.region, [queue], credentials=sandbox.credentials)
    stacks = Stacks(clients["cloudformation"])
    parameters = {
        p["ParameterKey"]: p["ParameterValue"] for p in stacks.detail(STACK)["Parameters"]
    }
    assert parameters["CampaignInstanceTypes"] == "c7g.8xlarge"
    assert parameters["CampaignSpotInstanceTypes"] == "u-6tb1.metal"
    events = clients["cloudformation"].describe_stack_events(StackName=STACK)["StackEvents"]
    deploy(sandbox.endpoint_url, sandbox.region, credentials=sandbox.credentials)
    again = clients["cloudformation"].describe_stack_events(StackName=STACK)["StackEvents"]
    assert len(events) == len(again)
    [definition] = clients["batch"].describe_job_definitions(
        jobDefinitionName="geos-chem-benchmark"
    )["jobDefinitions"]
    assert definition["revision"] == 1


def test_a_change_of_parameters_changes_only_what_it_must(own):
    _, clients = own
    stacks = Stacks(clients["cloudformation"])
    before = stacks.resources(STACK)
    kept = [p["ParameterKey"] for p in stacks.detail(STACK)["Parameters"]]
    changed = {"MaxvCpus": "32", "LogRetentionDays": "30", "Owner": "somebody"}
    clients["cloudformation"].update_stack(
        StackName=STACK,
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": name, "ParameterValue": changed[name]}
            if name in changed
            else {"ParameterKey": name, "UsePreviousValue": True}
            for name in kept
        ],
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    assert stacks.status(STACK) == "UPDATE_COMPLETE", stacks.detail(STACK)
    after = stacks.resources(STACK)
    moved = {
        each["ResourceType"]
        for name, each in after.items()
        if each["PhysicalResourceId"] != before[name]["PhysicalResourceId"]
    }
    assert moved <= {"AWS::Batch::JobDefinition"}
    [environment] = clients["batch"].describe_compute_environments(
        computeEnvironments=["geos-chem-x86"]
    )["computeEnvironments"]
    assert environment["computeResources"]["maxvCpus"] == 32
    assert environment["tags"]["owner"] == "somebody"
    assert environment["status"] == "VALID"


def test_deleting_it_leaves_its_data_and_nothing_else(own):
    sandbox, clients = own
    clients["s3"].put_object(Bucket=sandbox.bucket, Key="kept", Body=b"x")
    job = clients["batch"].submit_job(
        jobName="j", jobQueue="geos-chem-x86-queue", jobDefinition="geos-chem-benchmark"
    )
    stacks = Stacks(clients["cloudformation"])
    stacks.delete(STACK)
    deleted = clients["cloudformation"].list_stacks(StackStatusFilter=["DELETE_COMPLETE"])
    assert [each["StackName"] for each in deleted["StackSummaries"]] == [STACK]
    assert clients["batch"].describe_compute_environments()["computeEnvironments"] == []
    assert clients["batch"].describe_job_queues()["jobQueues"] == []
    active = clients["batch"].describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    assert active == []
    assert clients["batch"].describe_jobs(jobs=[job["jobId"]])["jobs"][0]["isTerminated"]
    assert clients["iam"].list_roles()["Roles"] == []
    assert clients["iam"].list_instance_profiles()["InstanceProfiles"] == []
    assert clients["sns"].list_topics()["Topics"] == []
    assert clients["ecr"].describe_repositories()["repositories"] == []
    assert [vpc["IsDefault"] for vpc in clients["ec2"].describe_vpcs()["Vpcs"]] == [True]
    assert clients["ec2"].describe_launch_templates()["LaunchTemplates"] == []
    groups = clients["ec2"].describe_security_groups()["SecurityGroups"]
    assert [each["GroupName"] for each in groups] == ["default"]
    stored = clients["s3"].get_object(Bucket=sandbox.bucket, Key="kept")
    assert stored["Body"].read() == b"x"
    assert clients["dynamodb"].list_tables()["TableNames"] == [sandbox.table]


def test_deployed_again_it_takes_the_data_back(own):
    sandbox, clients = own
    deploy(sandbox.endpoint_url, sandbox.region, credentials=sandbox.credentials)
    stacks = Stacks(clients["cloudformation"])
    assert stacks.status(STACK) == "CREATE_COMPLETE"
    assert stacks.outputs(STACK)["BenchmarkBucketName"] == sandbox.bucket
    assert clients["s3"].get_object(Bucket=sandbox.bucket, Key="kept")["Body"].read() == b"x"
