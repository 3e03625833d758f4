"""Environments, queues, launch templates, job definitions: much of this moto drops."""

from types import SimpleNamespace
from typing import Any

import pytest

from geoschem_bench.catalog import load_catalog
from geoschem_bench.planning.placement import queue_of
from geoschem_bench.planning.routes import Routes
from geoschem_bench.suite import SuiteHeader
from tests.infra.conftest import LISTS

ENVIRONMENT = "AWS::Batch::ComputeEnvironment"
QUEUE = "AWS::Batch::JobQueue"
STUCK = {
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
}
RESOLVED = {
    "Names": {"Graviton": {"Word": "graviton"}, "X86": {"Word": "x86"}},
}


def resolved(part):
    """A name, after the functions that names are made of."""
    match part:
        case {"Fn::Join": [mark, parts]}:
            return mark.join(resolved(parts))
        case {"Fn::Split": [mark, text]}:
            return text.split(mark)
        case {"Fn::FindInMap": [table, first, second]}:
            return RESOLVED[table][first][second]
        case [*parts]:
            return [resolved(each) for each in parts]
    return part


def names(found, key):
    return {resolved(each[key]) for each in found.values()}


@pytest.fixture(scope="module")
def definitions(of_type):
    return of_type("AWS::Batch::JobDefinition")


def test_the_mapping_is_the_templates(template):
    assert template["Mappings"] == RESOLVED


def test_queues_are_named_as_planning_names_them(of_type):
    planned = {_planned(kind) for kind in (*LISTS["CampaignInstanceTypes"], "hpc7g.16xlarge")}
    planned |= {_planned(kind, "spot") for kind in LISTS["CampaignSpotInstanceTypes"]}
    planned |= {_planned(kind, how) for kind in ("c7g.4xlarge", "c7i.4xlarge") for how in HOW}
    assert names(of_type(QUEUE), "JobQueueName") == planned


HOW = ("on_demand", "spot")


def _planned(kind, how="on_demand"):
    benchmark: Any = SimpleNamespace(purchase_option=how)
    instance = load_catalog().get(kind)
    assert instance is not None
    return queue_of(benchmark, instance, SuiteHeader(), Routes())


def test_each_queue_has_the_environment_of_its_name(of_type):
    environments = of_type(ENVIRONMENT)
    for queue in of_type(QUEUE).values():
        (order,) = queue["ComputeEnvironmentOrder"]
        target, attribute = order["ComputeEnvironment"]["Fn::GetAtt"]
        behind = environments[target if isinstance(target, str) else target["Fn::Sub"]]
        assert attribute == "ComputeEnvironmentArn"
        name = resolved(behind["ComputeEnvironmentName"])
        assert resolved(queue["JobQueueName"]) == f"{name}-queue"


def test_jobs_that_cannot_be_placed_are_cancelled(of_type):
    for queue in of_type(QUEUE).values():
        actions = queue["JobStateTimeLimitActions"]
        assert {each["Reason"] for each in actions} == STUCK
        for each in actions:
            assert (each["State"], each["Action"]) == ("RUNNABLE", "CANCEL")
            assert each["MaxTimeSeconds"] == {"Ref": "RunnableSeconds"}


def test_an_environment_holds_one_type_and_scales_to_nothing(of_type):
    for name, environment in of_type(ENVIRONMENT).items():
        has = environment["ComputeResources"]
        assert len(has["InstanceTypes"]) == 1
        assert (has["MinvCpus"], has["MaxvCpus"]) == ({"Ref": "MinvCpus"}, {"Ref": "MaxvCpus"})
        is_spot = "Spot" in name
        assert has["Type"] == ("SPOT" if is_spot else "EC2")
        strategy = "SpotAllocationStrategy" if is_spot else "AllocationStrategy"
        assert has["AllocationStrategy"] == {"Ref": strategy}


def test_the_default_environments_take_their_types_from_parameters(of_type):
    has = {
        name: each["ComputeResources"]["InstanceTypes"][0]
        for name, each in of_type(ENVIRONMENT).items()
    }
    for word in ("Graviton", "X86"):
        wanted = {"Ref": {"Fn::Sub": f"{word}InstanceType"}}
        assert has[f"{word}Environment"] == has[f"{word}SpotEnvironment"] == wanted


def test_an_environment_is_updated_in_place(of_type):
    for environment in of_type(ENVIRONMENT).values():
        assert environment["ReplaceComputeEnvironment"] is False
        assert environment["UpdatePolicy"] == {
            "JobExecutionTimeoutMinutes": 30,
            "TerminateJobsOnUpdate": False,
        }
        version = environment["ComputeResources"]["LaunchTemplate"]["Version"]
        assert version["Fn::GetAtt"][1] == "LatestVersionNumber"


def test_the_image_of_the_instances_fits_either_architecture(of_type):
    for environment in of_type(ENVIRONMENT).values():
        images = environment["ComputeResources"]["Ec2Configuration"]
        assert images == [{"ImageType": "ECS_AL2023"}]


def test_an_empty_list_makes_nothing(template):
    for name in ("Campaign", "CampaignSpot", "Multinode"):
        _, collection, bodies = template["Resources"][f"Fn::ForEach::{name}"]
        wanted = f"Has{collection['Ref']}"
        assert {body["Condition"] for body in bodies.values()} == {wanted}
        joined = {"Fn::Join": ["", {"Ref": collection["Ref"]}]}
        assert template["Conditions"][wanted] == {"Fn::Not": [{"Fn::Equals": [joined, ""]}]}


def test_several_nodes_lie_side_by_side_in_one_zone(of_type):
    group = {"Fn::Sub": "MultinodePlacementGrouphpc7g16xlarge"}
    has = of_type(ENVIRONMENT)["MultinodeEnvironmenthpc7g16xlarge"]["ComputeResources"]
    assert has["PlacementGroup"] == {"Ref": group}
    assert len(has["Subnets"]) == 1
    assert has["Subnets"][0]["Fn::Select"][0] == {"Ref": "MultinodeZone"}
    # Containers have interfaces of their own: without it, in the network's default group
    assert has["SecurityGroupIds"] == [{"Fn::GetAtt": ["EfaSecurityGroup", "GroupId"]}]
    groups = of_type("AWS::EC2::PlacementGroup")
    assert [each["Strategy"] for each in groups.values()] == ["cluster"]


def test_several_nodes_talk_by_efa(of_type):
    data = of_type("AWS::EC2::LaunchTemplate")["EfaLaunchTemplate"]["LaunchTemplateData"]
    (interface,) = data["NetworkInterfaces"]
    assert interface["InterfaceType"] == "efa"
    assert interface["Groups"] == [{"Fn::GetAtt": ["EfaSecurityGroup", "GroupId"]}]
    assert interface["AssociatePublicIpAddress"] is True
    assert "efa_installer.sh -y --minimal" in data["UserData"]["Fn::Base64"]


def test_metadata_is_asked_for_with_a_token_and_from_within_containers(of_type):
    for template in of_type("AWS::EC2::LaunchTemplate").values():
        assert template["LaunchTemplateData"]["MetadataOptions"] == {
            "HttpEndpoint": "enabled",
            "HttpPutResponseHopLimit": 2,
            "HttpTokens": "required",
        }


def test_instances_have_an_encrypted_volume_of_the_size_asked_for(of_type):
    for template in of_type("AWS::EC2::LaunchTemplate").values():
        (device,) = template["LaunchTemplateData"]["BlockDeviceMappings"]
        assert device["Ebs"] == {
            "DeleteOnTermination": True,
            "Encrypted": True,
            "VolumeSize": {"Ref": "VolumeGiB"},
            "VolumeType": "gp3",
        }


def test_definitions_have_a_time_limit_and_one_attempt(definitions):
    assert len(definitions) == 2
    for each in definitions.values():
        assert each["Timeout"] == {"AttemptDurationSeconds": 86400}
        assert each["RetryStrategy"] == {"Attempts": 1}
        assert each["PropagateTags"] is True


def containers(definitions):
    (nodes,) = definitions["MultinodeJobDefinition"]["NodeProperties"]["NodeRangeProperties"]
    return definitions["JobDefinition"]["ContainerProperties"], nodes["Container"]


def test_containers_run_our_runner_with_headroom(definitions):
    for container in containers(definitions):
        assert " ".join(container["Command"]) == (
            "geoschem-bench-runner --benchmark Ref::configJson --output-path Ref::outputPath"
        )
        asked = {each["Type"]: each["Value"] for each in container["ResourceRequirements"]}
        assert asked == {"VCPU": "15", "MEMORY": "30720"}


def test_containers_have_an_unlimited_stack_and_shared_memory(definitions):
    one, several = containers(definitions)
    unlimited = {"HardLimit": -1, "SoftLimit": -1}
    assert one["Ulimits"] == [unlimited | {"Name": "stack"}]
    assert several["Ulimits"] == [unlimited | {"Name": name} for name in ("stack", "memlock")]
    for container in (one, several):
        assert container["LinuxParameters"]["SharedMemorySize"] == 8192
        assert container["LinuxParameters"]["InitProcessEnabled"] is True


def test_only_several_nodes_have_the_efa_device(definitions):
    one, several = containers(definitions)
    assert "Devices" not in one["LinuxParameters"]
    (device,) = several["LinuxParameters"]["Devices"]
    assert device["HostPath"] == "/dev/infiniband/uverbs0"


def test_containers_write_to_our_log_group(definitions):
    for container in containers(definitions):
        log = container["LogConfiguration"]
        assert log["LogDriver"] == "awslogs"
        assert log["Options"]["awslogs-group"] == "/geoschem-bench/jobs"


def test_containers_know_platform_image_and_region(definitions):
    for container in containers(definitions):
        *given, stand_in = container["Environment"]
        has = {each["Name"]: each["Value"] for each in given}
        assert has["GEOSCHEM_BENCH_PLATFORM"] == {"Ref": "Platform"}
        assert has["GEOSCHEM_BENCH_IMAGE"] == container["Image"]
        assert has["AWS_DEFAULT_REGION"] == {"Ref": "AWS::Region"}
        variable = {"Name": "GEOSCHEM_BENCH_STAND_IN", "Value": {"Ref": "StandIn"}}
        assert stand_in == {"Fn::If": ["HasStandIn", variable, {"Ref": "AWS::NoValue"}]}


def test_the_image_is_the_latest_of_this_account_unless_given(definitions):
    for container in containers(definitions):
        condition, given, ours = container["Image"]["Fn::If"]
        assert (condition, given) == ("HasImageUri", {"Ref": "ImageUri"})
        assert ours == {"Fn::Sub": "${Repository.RepositoryUri}:latest"}


def test_several_nodes_are_two_unless_asked_otherwise(definitions):
    nodes = definitions["MultinodeJobDefinition"]["NodeProperties"]
    assert (nodes["NumNodes"], nodes["MainNode"]) == (2, 0)
    assert nodes["NodeRangeProperties"][0]["TargetNodes"] == "0:"
