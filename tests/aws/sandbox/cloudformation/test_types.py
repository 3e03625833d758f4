"""Every type: what a changed template changes, and that deleting leaves nothing."""

from __future__ import annotations

import json

import pytest

from geoschem_bench.sandbox.cloudformation.types.registry import MODELLED

TRUST = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole"}]}  # fmt: skip


def policy(action):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::b"}]}  # fmt: skip


def index(name):
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }


def network(late):
    """EC2, before and after."""
    tags = [{"Key": "late", "Value": "yes"}] if late else [{"Key": "early", "Value": "yes"}]
    rule = {"IpProtocol": "tcp", "FromPort": 443 if late else 80, "ToPort": "443" if late else "80",
            "CidrIp": "0.0.0.0/0"}  # fmt: skip
    return {
        "Vpc": ("EC2::VPC", {"CidrBlock": "10.9.0.0/16", "EnableDnsSupport": True, "Tags": tags}),
        "Subnet": ("EC2::Subnet", {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.9.0.0/24",
                                   "MapPublicIpOnLaunch": True, "Tags": tags}),
        "Gateway": ("EC2::InternetGateway", {"Tags": tags}),
        "Attachment": ("EC2::VPCGatewayAttachment", {
            "VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Gateway"}}),
        "Routes": ("EC2::RouteTable", {"VpcId": {"Ref": "Vpc"}, "Tags": tags}),
        "Spare": ("EC2::RouteTable", {"VpcId": {"Ref": "Vpc"}}),
        "Route": ("EC2::Route", {
            "RouteTableId": {"Ref": "Spare" if late else "Routes"},
            "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": {"Ref": "Gateway"}}),
        "Association": ("EC2::SubnetRouteTableAssociation", {
            "SubnetId": {"Ref": "Subnet"}, "RouteTableId": {"Ref": "Spare" if late else "Routes"}}),
        "Endpoint": ("EC2::VPCEndpoint", {
            "VpcId": {"Ref": "Vpc"}, "ServiceName": "com.amazonaws.us-west-2.s3",
            "VpcEndpointType": "Gateway",
            "RouteTableIds": [{"Ref": "Spare" if late else "Routes"}]}),
        "Group": ("EC2::SecurityGroup", {
            "GroupDescription": "d", "VpcId": {"Ref": "Vpc"}, "SecurityGroupIngress": [rule],
            "SecurityGroupEgress": [rule], "Tags": tags}),
        "Own": ("EC2::SecurityGroupIngress", {
            "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, "IpProtocol": "-1" if late else "tcp",
            **({} if late else {"FromPort": 1, "ToPort": 2}),
            "SourceSecurityGroupId": {"Fn::GetAtt": ["Group", "GroupId"]}}),
        "Sent": ("EC2::SecurityGroupEgress", {
            "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, "IpProtocol": "-1",
            "Description": "late" if late else "early",
            "DestinationSecurityGroupId": {"Fn::GetAtt": ["Group", "GroupId"]}}),
        "Launch": ("EC2::LaunchTemplate", {"LaunchTemplateData": {
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {
                "VolumeSize": "200" if late else "100"}}]}}),
    }  # fmt: skip


def access(late):
    return {
        "Role": ("IAM::Role", {
            "AssumeRolePolicyDocument": TRUST, "Description": "late" if late else "early",
            "Policies": [{"PolicyName": "late" if late else "early",
                          "PolicyDocument": policy("s3:GetObject")}],
            "ManagedPolicyArns": []}),
        "Managed": ("IAM::ManagedPolicy", {
            "PolicyDocument": policy("s3:PutObject" if late else "s3:GetObject"),
            "Roles": [{"Ref": "Role"}]}),
        "Inline": ("IAM::Policy", {
            "PolicyName": "inline", "PolicyDocument": policy("s3:PutObject" if late else "s3:*"),
            "Roles": [{"Ref": "Role"}]}),
        "Profile": ("IAM::InstanceProfile", {"Roles": [] if late else [{"Ref": "Role"}]}),
    }  # fmt: skip


def data(late):
    table = {
        "TableName": "types-table", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"}
                                 for name in ("id", "by_a", *(["by_b"] if late else []))],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [index(name) for name in ("by_a", *(["by_b"] if late else []))],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": late},
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True} if late else None,
        "Tags": [{"Key": "late", "Value": str(late)}],
    }  # fmt: skip
    rules = [{"Status": "Enabled", "ExpirationInDays": "9", "Id": "r", "Transitions": [
        {"TransitionInDays": 3, "StorageClass": "STANDARD_IA"}]}]  # fmt: skip
    return {
        "Bucket": ("S3::Bucket", {
            "BucketName": "types-bucket",
            **({"VersioningConfiguration": {"Status": "Suspended"}} if late else
               {"LifecycleConfiguration": {"Rules": rules}})}),
        "BucketPolicy": ("S3::BucketPolicy", {
            "Bucket": {"Ref": "Bucket"},
            "PolicyDocument": policy("s3:PutObject" if late else "s3:GetObject")}),
        "Table": ("DynamoDB::Table", {k: v for k, v in table.items() if v is not None}),
        "Images": ("ECR::Repository", {
            "RepositoryName": "types/images", "EmptyOnDelete": True,
            "ImageTagMutability": "IMMUTABLE" if late else "MUTABLE",
            "Tags": [{"Key": "late", "Value": str(late)}]}),
    }  # fmt: skip


def monitoring(late):
    return {
        "Logs": ("Logs::LogGroup", {
            "LogGroupName": "/types", **({} if late else {"RetentionInDays": 7})}),
        "Topic": ("SNS::Topic", {"TopicName": "types", "DisplayName": "late" if late else "early"}),
        "TopicPolicy": ("SNS::TopicPolicy", {
            "Topics": [{"Ref": "Topic"}],
            "PolicyDocument": policy("sns:Publish" if late else "sns:Subscribe")}),
        "Mail": ("SNS::Subscription", {
            "TopicArn": {"Ref": "Topic"}, "Protocol": "email",
            "Endpoint": "late@example.org" if late else "early@example.org"}),
        "Board": ("CloudWatch::Dashboard", {
            "DashboardName": "types",
            "DashboardBody": json.dumps({"widgets": [] if late else [{"type": "text"}]})}),
    }  # fmt: skip


def batch(late):
    container = {"Image": "i", "ResourceRequirements": [
        {"Type": "VCPU", "Value": 2 if late else 1}, {"Type": "MEMORY", "Value": "64"}],
        "Ulimits": [{"Name": "stack", "HardLimit": -1, "SoftLimit": -1}],
        "LinuxParameters": {"SharedMemorySize": 64}}  # fmt: skip
    return {
        "Environment": ("Batch::ComputeEnvironment", {
            "ComputeEnvironmentName": "types-ce", "Type": "MANAGED",
            "ReplaceComputeEnvironment": False, "Tags": {"late": str(late)},
            "UpdatePolicy": {"TerminateJobsOnUpdate": "false", "JobExecutionTimeoutMinutes": "30"},
            "ComputeResources": {
                "Type": "EC2", "MaxvCpus": "64" if late else "32",
                "InstanceTypes": ["c7g.8xlarge" if late else "c7g.4xlarge"],
                "Subnets": [{"Ref": "Subnet"}],
                "SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}]}}),
        "Queue": ("Batch::JobQueue", {
            "JobQueueName": "types-q", "Priority": 2 if late else "1", "Tags": {"late": str(late)},
            "ComputeEnvironmentOrder": [
                {"Order": 1, "ComputeEnvironment": {"Ref": "Environment"}}]}),
        "Definition": ("Batch::JobDefinition", {
            "JobDefinitionName": "types-def", "Type": "multinode", "PropagateTags": True,
            "Timeout": {"AttemptDurationSeconds": "600"},
            "NodeProperties": {"MainNode": 0, "NumNodes": 2, "NodeRangeProperties": [
                {"TargetNodes": "0:", "Container": container}]}}),
    }  # fmt: skip


def template(late):
    parts = network(late) | access(late) | data(late) | monitoring(late) | batch(late)
    resources = {
        name: {"Type": f"AWS::{kind}", "Properties": properties}
        for name, (kind, properties) in parts.items()
    }
    for needed in ("Route", "Association"):
        resources[needed]["DependsOn"] = "Attachment"
    return {"Resources": resources}


def test_every_type_is_tried():
    types = {each["Type"] for each in template(False)["Resources"].values()}
    assert types == set(MODELLED)


def test_create_change_and_delete(stacks, aws):
    name = stacks.create(template(False), "types")
    assert stacks.status(name) == "CREATE_COMPLETE", stacks.detail(name)["StackStatusReason"]
    before = stacks.resources(name)
    stacks.update(name, template(True))
    assert stacks.status(name) == "UPDATE_COMPLETE", stacks.detail(name)["StackStatusReason"]
    after = stacks.resources(name)
    moved = {
        each
        for each in after
        if after[each]["PhysicalResourceId"] != before[each]["PhysicalResourceId"]
    }
    assert moved <= {"Association", "Definition", "Mail", "Own", "Route", "Sent"}
    check_network(aws, after)
    check_the_others(aws, after)
    check_batch(aws)
    stacks.delete(name)
    left = [each for each in stacks.client.describe_stacks()["Stacks"] if each["StackName"] == name]
    assert not left, left[0]["StackStatusReason"]
    check_gone(aws, after)


def check_network(aws, made):
    ec2 = aws("ec2")
    [group] = ec2.describe_security_groups(GroupIds=[made["Group"]["PhysicalResourceId"]])[
        "SecurityGroups"
    ]
    ports = {rule.get("FromPort") for rule in group["IpPermissions"]}
    assert ports == {443, None}
    assert {rule.get("FromPort") for rule in group["IpPermissionsEgress"]} == {443, None}
    assert {each["Key"] for each in group["Tags"]} == {"late"}
    [routes] = ec2.describe_route_tables(RouteTableIds=[made["Spare"]["PhysicalResourceId"]])[
        "RouteTables"
    ]
    assert any(each.get("DestinationCidrBlock") == "0.0.0.0/0" for each in routes["Routes"])
    assert len(routes["Associations"]) == 1
    versions = ec2.describe_launch_template_versions(
        LaunchTemplateId=made["Launch"]["PhysicalResourceId"]
    )["LaunchTemplateVersions"]
    sizes = {
        each["LaunchTemplateData"]["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"]
        for each in versions
    }
    assert sizes == {100, 200}


def check_the_others(aws, made):
    iam, role = aws("iam"), made["Role"]["PhysicalResourceId"]
    assert set(iam.list_role_policies(RoleName=role)["PolicyNames"]) == {"late", "inline"}
    [attached] = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached["PolicyArn"] == made["Managed"]["PhysicalResourceId"]
    inline = iam.get_role_policy(RoleName=role, PolicyName="inline")["PolicyDocument"]
    assert inline == policy("s3:PutObject")
    table = aws("dynamodb").describe_table(TableName="types-table")["Table"]
    assert {each["IndexName"] for each in table["GlobalSecondaryIndexes"]} == {"by_a", "by_b"}
    with pytest.raises(aws("s3").exceptions.ClientError, match="NoSuchLifecycle"):
        aws("s3").get_bucket_lifecycle_configuration(Bucket="types-bucket")
    [group] = aws("logs").describe_log_groups(logGroupNamePrefix="/types")["logGroups"]
    assert "retentionInDays" not in group
    topic = made["Topic"]["PhysicalResourceId"]
    mails = aws("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [each["Endpoint"] for each in mails] == ["late@example.org"]
    board = aws("cloudwatch").get_dashboard(DashboardName="types")["DashboardBody"]
    assert json.loads(board) == {"widgets": []}


def check_batch(aws):
    client = aws("batch")
    [environment] = client.describe_compute_environments(computeEnvironments=["types-ce"])[
        "computeEnvironments"
    ]
    resources = environment["computeResources"]
    assert (resources["maxvCpus"], resources["instanceTypes"]) == (64, ["c7g.8xlarge"])
    assert environment["tags"] == {"late": "True"}
    assert environment["updatePolicy"]["jobExecutionTimeoutMinutes"] == 30
    assert environment["status"] == "VALID"
    [queue] = client.describe_job_queues(jobQueues=["types-q"])["jobQueues"]
    assert queue["priority"] == 2
    described = client.describe_job_definitions(jobDefinitionName="types-def")["jobDefinitions"]
    found = {each["revision"]: each["status"] for each in described}
    assert found == {1: "INACTIVE", 2: "ACTIVE"}
    assert described[0]["timeout"] == {"attemptDurationSeconds": 600}


def check_gone(aws, made):
    found = {name: each["PhysicalResourceId"] for name, each in made.items()}
    vpcs = {each["VpcId"] for each in aws("ec2").describe_vpcs()["Vpcs"]}
    assert found["Vpc"] not in vpcs
    gateways = aws("ec2").describe_internet_gateways()["InternetGateways"]
    assert found["Gateway"] not in {each["InternetGatewayId"] for each in gateways}
    assert found["Role"] not in {each["RoleName"] for each in aws("iam").list_roles()["Roles"]}
    assert "types-table" not in aws("dynamodb").list_tables()["TableNames"]
    assert "types-bucket" not in {each["Name"] for each in aws("s3").list_buckets()["Buckets"]}
    assert aws("logs").describe_log_groups(logGroupNamePrefix="/types")["logGroups"] == []
    batch_client = aws("batch")
    assert batch_client.describe_job_queues(jobQueues=["types-q"])["jobQueues"] == []
    active = batch_client.describe_job_definitions(jobDefinitionName="types-def", status="ACTIVE")
    assert active["jobDefinitions"] == []
