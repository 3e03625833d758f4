"""What a stack made, and images that were pushed, are there after a restart."""

from __future__ import annotations

import json
import shutil
from contextlib import closing

import pytest

from geoschem_bench.sandbox import running, up

STACK = "BenchmarkingStack"
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"digest": "sha256:" + "1" * 64, "size": 7, "mediaType": "m"},
    "layers": [{"digest": "sha256:" + "2" * 64, "size": 9, "mediaType": "m"}],
}


def described(killable):
    [stack] = killable.cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    return stack


def network_in(killable):
    """Everything of EC2 that has an id."""
    ec2 = killable.ec2
    gateways = ec2.describe_internet_gateways()["InternetGateways"]
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    endpoints = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    return {
        "endpoints": {each["VpcEndpointId"] for each in endpoints},
        "gateways": {each["InternetGatewayId"] for each in gateways if each["Attachments"]},
        "subnets": {each["SubnetId"] for each in ec2.describe_subnets(
            Filters=[{"Name": "default-for-az", "Values": ["false"]}])["Subnets"]},
        "tables": {each["RouteTableId"]: len(each["Associations"]) for each in
                   ec2.describe_route_tables()["RouteTables"] if len(each["Routes"]) > 1},
        "templates": {each["LaunchTemplateId"] for each in
                      ec2.describe_launch_templates()["LaunchTemplates"]},
        "rules": len(rules),
        "vpcs": {each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"]},
    }  # fmt: skip


@pytest.fixture(scope="module")
def restarted(killable):
    """Before and after one `kill -9`."""
    put = killable.ecr.put_image(
        repositoryName="geos-chem", imageManifest=json.dumps(MANIFEST), imageTag="latest"
    )
    before = {
        "stack": described(killable),
        "network": network_in(killable),
        "resources": killable.cloudformation.describe_stack_resources(StackName=STACK),
        "digest": put["image"]["imageId"]["imageDigest"],
    }
    killable.kill()
    killable.start()
    return before


def test_the_stack_is_listed_with_its_outputs(killable, restarted):
    assert described(killable) == restarted["stack"]
    again = killable.cloudformation.describe_stack_resources(StackName=STACK)
    assert again["StackResources"] == restarted["resources"]["StackResources"]


def test_the_network_has_the_same_ids(killable, restarted):
    assert network_in(killable) == restarted["network"]


def test_environments_are_valid_with_subnets_that_exist(killable, restarted):
    killable.batch.update_compute_environment(
        computeEnvironment="geos-chem-x86", computeResources={"maxvCpus": 4095}
    )
    environments = killable.batch.describe_compute_environments()["computeEnvironments"]
    assert {each["status"] for each in environments} == {"VALID"}


def test_the_image_is_there(killable, restarted):
    [image] = killable.ecr.describe_images(repositoryName="geos-chem")["imageDetails"]
    assert (image["imageDigest"], image["imageTags"]) == (restarted["digest"], ["latest"])
    [found] = killable.ecr.batch_get_image(
        repositoryName="geos-chem", imageIds=[{"imageTag": "latest"}]
    )["images"]
    assert json.loads(found["imageManifest"]) == MANIFEST


def test_the_topic_has_the_same_name_and_takes_messages(killable, restarted):
    outputs = {each["OutputKey"]: each["OutputValue"] for each in restarted["stack"]["Outputs"]}
    topic = outputs["NotificationTopicArn"]
    assert [each["TopicArn"] for each in killable.sns.list_topics()["Topics"]] == [topic]
    assert killable.sns.publish(TopicArn=topic, Message="m")["MessageId"]


def test_the_log_group_keeps_its_retention(killable, restarted):
    [group] = killable.logs.describe_log_groups(logGroupNamePrefix="/geoschem-bench/jobs")[
        "logGroups"
    ]
    assert group["retentionInDays"] == 90


def test_a_stack_that_was_being_made_when_the_server_died_is_made_anew(killable, restarted):
    path = killable.state_dir / "sandbox" / "stacks" / f"{STACK}.json"
    killable.kill()
    path.unlink()  # written when a stack is complete
    killable.start()
    assert described(killable)["StackStatus"] == "CREATE_COMPLETE"
    assert described(killable)["StackId"] != restarted["stack"]["StackId"]


def test_deleting_the_stack_is_kept_too(killable, restarted):
    killable.cloudformation.delete_stack(StackName=STACK)
    killable.kill()
    killable.start()  # which deploys anew, over the data that was kept
    assert described(killable)["StackId"] != restarted["stack"]["StackId"]
    assert described(killable)["StackStatus"] == "CREATE_COMPLETE"


def test_up_finds_a_deployed_stack_as_it_is(killable, restarted):
    before = described(killable)
    up(killable.state_dir)
    assert described(killable) == before


def test_what_an_older_sandbox_made_itself_becomes_part_of_the_stack(tmp_path, connect):
    queues = ["geos-chem-c7g-8xlarge-queue", "our-own-queue"]
    with running(tmp_path, queues=queues) as sandbox, closing(connect(sandbox, "s3")) as s3:
        s3.put_object(Bucket=sandbox.bucket, Key="old", Body=b"x")
    folder = tmp_path / "sandbox"
    for since_then in ("stacks", "ecr", "logs"):
        shutil.rmtree(folder / since_then)
    for path in (folder / "batch" / "compute-environments").glob("*.json"):
        made = json.loads(path.read_text())
        fakes = {"subnets": ["subnet-sandbox"], "securityGroupIds": ["sg-sandbox"]}
        made["document"]["computeResources"] |= fakes
        path.write_text(json.dumps(made))
    with running(tmp_path, queues=queues) as sandbox:
        with closing(connect(sandbox, "s3")) as s3:
            assert s3.get_object(Bucket=sandbox.bucket, Key="old")["Body"].read() == b"x"
        with closing(connect(sandbox, "cloudformation")) as cloudformation:
            [stack] = cloudformation.describe_stacks()["Stacks"]
        with closing(connect(sandbox, "batch")) as batch:
            environments = batch.describe_compute_environments()["computeEnvironments"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    subnets = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}["SubnetIds"]
    assert len(environments) == 6
    for each in environments:
        assert each["status"] == "VALID"
        assert each["computeResources"]["subnets"] == subnets.split(",")
