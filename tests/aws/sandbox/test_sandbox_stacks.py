"""Stacks in the sandbox: the committed template, and small ones that go wrong."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing

import pytest
from botocore.exceptions import ClientError

from geoschem_bench.sandbox import deploy, down, up
from geoschem_bench.sandbox.deployment import STACK, TEMPLATE

SERVICES = (
    "batch", "cloudformation", "dynamodb", "ec2", "ecr", "events", "iam", "lambda", "logs", "s3",
    "sns",
)  # fmt: skip


CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class Account:
    """A sandbox of its own, and its clients."""

    def __init__(self, state, connect):
        self.state, self.connect = state, connect
        self.held = ExitStack()
        self.start()

    def start(self):
        self.sandbox = up(self.state)
        self.clients = {
            name: self.held.enter_context(closing(self.connect(self.sandbox, name)))
            for name in SERVICES
        }

    def __getattr__(self, service):
        return self.clients[service.rstrip("_")]

    def deploy(self, *queues):
        given = self.sandbox.credentials
        deploy(self.sandbox.endpoint_url, self.sandbox.region, queues, credentials=given)

    def create(self, name, resources, verb="create", **sections):
        body = json.dumps({"Resources": resources, **sections})
        getattr(self.cloudformation, f"{verb}_stack")(StackName=name, TemplateBody=body)
        return self.status(name)

    def update(self, name, resources):
        return self.create(name, resources, "update")

    def detail(self, name=STACK):
        [found] = self.cloudformation.describe_stacks(StackName=name)["Stacks"]
        return found

    def status(self, name=STACK):
        return self.detail(name)["StackStatus"]

    def outputs(self):
        return {each["OutputKey"]: each["OutputValue"] for each in self.detail()["Outputs"]}

    def listed(self, name=STACK):
        found = self.cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def environment(self, name):
        asked = {"computeEnvironments": [name]}
        found = self.batch.describe_compute_environments(**asked)["computeEnvironments"]
        return found[0] if found else None

    def failures(self, name):
        events = self.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return {
            each["LogicalResourceId"]: each["ResourceStatusReason"]
            for each in events
            if each["ResourceStatus"].endswith("_FAILED")
        }


@pytest.fixture(scope="module")
def account(tmp_path_factory, connect):
    made = Account(tmp_path_factory.mktemp("account"), connect)
    yield made
    made.held.close()
    down(made.state)


@pytest.fixture
def small(account):
    """The name of a stack that is gone afterwards."""
    yield "small"
    account.cloudformation.delete_stack(StackName="small")


def topic(name):
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}


def test_the_committed_template_is_deployed_with_all_it_lists(account):
    assert account.status() == "CREATE_COMPLETE"
    outputs, listed = account.outputs(), account.listed()
    assert outputs["BenchmarkBucketName"] == account.sandbox.bucket
    assert outputs["SubnetIds"].split(",") == [listed[f"Subnet{each}"] for each in "ABC"]
    assert all(listed.values())
    subnets = account.ec2.describe_subnets(SubnetIds=outputs["SubnetIds"].split(","))["Subnets"]
    shown = [(each["CidrBlock"], each["MapPublicIpOnLaunch"]) for each in subnets]
    assert shown == [(f"10.42.{n}.0/24", True) for n in range(3)]
    assert {each["AvailabilityZone"][:-1] for each in subnets} == {"us-west-2"}
    linked = [{"Name": "association.subnet-id", "Values": [listed["SubnetB"]]}]
    assert len(account.ec2.describe_route_tables(Filters=linked)["RouteTables"]) == 1
    environment = account.environment("geos-chem-graviton")
    assert environment["status"] == "VALID"
    assert environment["computeResources"]["subnets"] == outputs["SubnetIds"].split(",")
    [queue] = account.batch.describe_job_queues(jobQueues=["geos-chem-x86-queue"])["jobQueues"]
    assert queue["jobStateTimeLimitActions"][0]["action"] == "CANCEL"
    assert queue["tags"]["project"] == "geoschem-bench"


def test_batch_keeps_what_moto_drops(account):
    found = account.batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    named = {each["jobDefinitionName"]: each for each in found}
    single, many = named["geos-chem-benchmark"], named["geos-chem-benchmark-multinode"]
    assert single["timeout"]["attemptDurationSeconds"] >= 60
    assert single["propagateTags"] is True
    assert many["nodeProperties"]["numNodes"] > 1
    assert "updatePolicy" in account.environment("geos-chem-graviton")


def test_a_campaign_type_more_is_an_update(account):
    before = account.outputs()
    account.deploy("geos-chem-c6i-8xlarge-queue")
    assert account.status() == "UPDATE_COMPLETE"
    assert account.outputs() == before
    made = account.environment("geos-chem-c6i-8xlarge")
    assert made["computeResources"]["instanceTypes"] == ["c6i.8xlarge"]


def parameters_with(account, **changed):
    given = {
        each["ParameterKey"]: each["ParameterValue"] for each in account.detail()["Parameters"]
    }
    return [
        {"ParameterKey": key, "ParameterValue": value}
        for key, value in {**given, **changed}.items()
    ]


def test_a_parameter_reaches_what_refers_to_it_and_only_that(account):
    before = account.listed()
    text = TEMPLATE.read_text()
    with pytest.raises(ClientError, match="No updates are to be performed"):
        account.cloudformation.update_stack(
            StackName=STACK, TemplateBody=text, Parameters=parameters_with(account),
            Capabilities=CAPABILITIES,
        )  # fmt: skip
    changed = parameters_with(account, MaxvCpus="32", LogRetentionDays="30", ExpiresOn="2030-01-31")
    account.cloudformation.update_stack(
        StackName=STACK, UsePreviousTemplate=True, Parameters=changed,
        Capabilities=CAPABILITIES,
    )  # fmt: skip
    assert account.status() == "UPDATE_COMPLETE", account.failures(STACK)
    environment = account.environment("geos-chem-graviton")
    assert environment["computeResources"]["maxvCpus"] == 32
    [queue] = account.batch.describe_job_queues(jobQueues=["geos-chem-x86-queue"])["jobQueues"]
    assert queue["tags"]["expires"] == "2030-01-31"
    groups = account.logs.describe_log_groups(logGroupNamePrefix="/geoschem-bench/jobs")
    [group] = groups["logGroups"]
    assert group["retentionInDays"] == 30
    after = account.listed()
    assert {key for key in before if before[key] != after[key]} <= {
        "JobDefinition", "MultinodeJobDefinition"}  # fmt: skip


def test_a_change_set_shows_and_does_it(account):
    client, name = account.cloudformation, "more"
    changed = parameters_with(account, CampaignSpotInstanceTypes="c8g.2xlarge")
    made = client.create_change_set(
        StackName=STACK, ChangeSetName=name, ChangeSetType="UPDATE",
        UsePreviousTemplate=True, Parameters=changed, Capabilities=CAPABILITIES[:1],
    )  # fmt: skip
    shown = client.describe_change_set(ChangeSetName=made["Id"])
    assert {
        (each["ResourceChange"]["Action"], each["ResourceChange"]["LogicalResourceId"])
        for each in shown["Changes"]
    } == {("Add", "CampaignSpotEnvironmentc8g2xlarge"), ("Add", "CampaignSpotQueuec8g2xlarge")}
    assert account.environment("geos-chem-c8g-2xlarge-spot") is None
    client.execute_change_set(ChangeSetName=made["Id"])
    again = client.create_change_set(
        StackName=STACK, ChangeSetName="again", ChangeSetType="UPDATE",
        UsePreviousTemplate=True, Parameters=changed, Capabilities=CAPABILITIES[:1],
    )  # fmt: skip
    assert client.describe_change_set(ChangeSetName=again["Id"])["Status"] == "FAILED"


def test_all_is_there_after_a_restart(account):
    account.deploy()
    account.s3.put_object(Bucket=account.sandbox.bucket, Key="kept", Body=b"1")
    before, outputs = account.detail(), account.outputs()
    revisions = account.batch.describe_job_definitions()["jobDefinitions"]
    down(account.state)
    account.start()
    after = account.detail()
    same = ("StackId", "StackStatus", "CreationTime")
    assert [after[key] for key in same] == [before[key] for key in same]
    assert account.batch.describe_job_definitions()["jobDefinitions"] == revisions
    assert account.outputs() == outputs
    environment = account.environment("geos-chem-c8g-2xlarge-spot")
    subnets = account.outputs()["SubnetIds"].split(",")
    assert environment["computeResources"]["subnets"] == subnets
    assert environment["status"] == "VALID"
    assert account.s3.get_object(Bucket=account.sandbox.bucket, Key="kept")["Body"].read() == b"1"


def test_a_resource_that_fails_takes_the_new_stack_with_it(account, small):
    queue = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1,
             "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": "none"}]}}  # fmt: skip
    assert account.create(small, {"Good": topic("good"), "Bad": queue}) == "ROLLBACK_COMPLETE"
    assert "there is no compute environment 'none'" in account.failures(small)["Bad"]
    assert not [each for each in account.sns.list_topics()["Topics"] if "good" in each["TopicArn"]]
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE state and can not be updated"):
        account.update(small, {"Good": topic("good")})
    account.cloudformation.delete_stack(StackName=small)
    assert account.create(small, {"Good": topic("good")}) == "CREATE_COMPLETE"


def test_a_failed_update_leaves_the_stack_as_it_was(account, small):
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.7.0.0/16"}}
    assert account.create(small, {"Net": vpc, "Old": topic("old")}) == "CREATE_COMPLETE"
    before = account.listed(small)
    networks = account.ec2.describe_vpcs()["Vpcs"]
    other = {**vpc, "Properties": {"CidrBlock": "10.8.0.0/16"}}
    taken = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": account.sandbox.bucket}}
    assert account.update(small, {"Net": other, "Bad": taken}) == "UPDATE_ROLLBACK_COMPLETE"
    assert list(account.failures(small)) == ["Bad"]
    assert account.listed(small) == before
    assert account.update(small, {"Net": other}) == "UPDATE_COMPLETE"
    assert account.listed(small)["Net"] != before["Net"]
    assert len(account.ec2.describe_vpcs()["Vpcs"]) == len(networks)


@pytest.mark.parametrize(
    ("resources", "why"),
    [
        ({"A": {"Type": "AWS::Made::Up"}}, r"Unrecognized resource types: \[AWS::Made::Up\]"),
        ({"A": {**topic("a"), "DependsOn": "B"}}, r"Unresolved resource dependencies \[B\]"),
        ({"A": topic({"Ref": "A"})}, r"Circular dependency between resources: \[A, A\]"),
        ({"A": topic({"Fn::Select": [3, ["a"]]})}, "index out of range"),
    ],
)
def test_what_cannot_be_is_said_of_the_resource(account, small, resources, why):
    assert account.create(small, resources) == "ROLLBACK_COMPLETE"
    with pytest.raises(AssertionError, match=why):
        raise AssertionError(account.failures(small)["A"])


@pytest.mark.parametrize(
    ("sections", "why"),
    [
        ({"Parameters": {"P": {"Type": "String"}}}, r"Parameters: \[P\] must have values"),
        ({"Parameters": {"P": {"Type": "Number", "Default": 1, "MinValue": 2}}}, "from 2"),
        ({"Conditions": {"C": {"Fn::Equals": [{"Ref": "Q"}, "1"]}}}, "Template format error"),
    ],
)
def test_a_template_that_is_refused_makes_no_stack(account, sections, why):
    with pytest.raises(ClientError, match=why):
        account.create("refused", {"A": topic("a")}, **sections)
    with pytest.raises(ClientError, match="does not exist"):
        account.status("refused")


def test_what_is_deleted_leaves_only_the_data(account):
    account.cloudformation.delete_stack(StackName=STACK)
    assert account.cloudformation.describe_stacks()["Stacks"] == []
    left = (
        account.batch.describe_compute_environments()["computeEnvironments"],
        account.batch.describe_job_queues()["jobQueues"],
        account.batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"],
        [each for each in account.ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"]],
        account.ec2.describe_internet_gateways()["InternetGateways"],
        account.ec2.describe_launch_templates()["LaunchTemplates"],
        [
            each
            for each in account.ec2.describe_vpc_endpoints()["VpcEndpoints"]
            if each["State"] != "deleted"
        ],
        account.ecr.describe_repositories()["repositories"],
        account.events.list_rules()["Rules"],
        account.iam.list_roles()["Roles"],
        account.iam.list_instance_profiles()["InstanceProfiles"],
        account.lambda_.list_functions()["Functions"],
        account.logs.describe_log_groups(logGroupNamePrefix="/geoschem-bench")["logGroups"],
        account.logs.describe_resource_policies()["resourcePolicies"],
        account.sns.list_topics()["Topics"],
    )
    assert [each for each in left if each] == []
    down(account.state)
    account.start()  # which makes the stack anew, out of the bucket and the table that stayed
    assert account.status() == "CREATE_COMPLETE"
    assert account.s3.get_object(Bucket=account.sandbox.bucket, Key="kept")["Body"].read() == b"1"
