"""Parameters, outputs, names: what people and programs refer to."""

import re

import pytest

from geoschem_bench.catalog import load_catalog
from geoschem_bench.planning.placement import (
    DEFAULT_ENVIRONMENTS,
    DEFAULT_INSTANCES,
    JOB_DEFINITION,
    MULTINODE_JOB_DEFINITION,
)

DEFAULTS = {
    "GravitonInstanceType": DEFAULT_INSTANCES["arm64"],
    "X86InstanceType": DEFAULT_INSTANCES["x86_64"],
    "MinvCpus": 0,
    "DesiredvCpus": 0,
    "MaxvCpus": 64,
    "AllocationStrategy": "BEST_FIT_PROGRESSIVE",
    "SpotAllocationStrategy": "SPOT_CAPACITY_OPTIMIZED",
    "CampaignInstanceTypes": "",
    "CampaignSpotInstanceTypes": "",
    "MultinodeInstanceTypes": "",
    "MultinodeZone": "0",
    "VpcCidr": "10.42.0.0/16",
    "VolumeGiB": 100,
    "ImageUri": "",
    "BucketName": "",
    "TableName": "geoschem-benchmarks",
    "LogRetentionDays": "90",
    "RunnableSeconds": 3600,
    "NotificationEmail": "",
    "MonthlyBudgetUsd": 100,
    "Platform": "aws",
    "StandIn": "",
    "ExpiresOn": "never",
}
OUTPUTS = """
BenchmarkBucketName BenchmarkTableName GravitonQueueName X86QueueName
GravitonSpotQueueName X86SpotQueueName JobDefinitionName MultinodeJobDefinitionName
NotificationTopicArn ImageRepositoryUri AirflowRoleArn JobRoleArn JobLogGroupName VpcId SubnetIds
SecurityGroupId DashboardName
"""
CONSTRAINTS = {"AllowedPattern", "AllowedValues", "MinValue"}


def test_defaults(template):
    given = {n: p["Default"] for n, p in template["Parameters"].items() if "Default" in p}
    assert given == DEFAULTS


def test_whose_it_is_must_be_said(template):
    asked = [n for n, p in template["Parameters"].items() if "Default" not in p]
    assert asked == ["Owner"]


def test_every_parameter_says_what_it_is_and_what_is_allowed(template):
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"], name
        assert CONSTRAINTS & parameter.keys(), name


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("GravitonInstanceType", ["c7g.4xlarge", "c7g.metal"], ["", "c7g", "C7g.4xlarge"]),
        ("CampaignInstanceTypes", ["", "c8g.4xlarge", "u-6tb1.112xlarge"], ["c8g 4xlarge"]),
        ("VpcCidr", ["10.42.0.0/16", "10.0.0.0/22"], ["10.42.0.0", "10.0.0.0/28"]),
        ("BucketName", ["", "a-bucket.of-mine"], ["A", "Bucket", "under_score"]),
        ("NotificationEmail", ["", "a@b.org"], ["a", "a@b", "a b@c.d"]),
        ("ExpiresOn", ["never", "2027-01-31"], ["", "tomorrow", "31.1.2027"]),
        ("Owner", ["ann", "a.b@c.org"], ["", "x" * 129]),
        ("ImageUri", ["", "geos-chem:latest", "1.dkr.ecr.eu.x/y@sha256:0"], ["-x", "a b"]),
    ],
)
def test_patterns(template, name, good, bad):
    pattern = re.compile(template["Parameters"][name]["AllowedPattern"])
    assert all(pattern.fullmatch(text) for text in good)
    assert not any(pattern.fullmatch(text) for text in bad)


def test_a_budget_may_be_left_out(template, resources):
    assert template["Parameters"]["MonthlyBudgetUsd"]["MinValue"] == 0
    nothing = {"Fn::Equals": [{"Ref": "MonthlyBudgetUsd"}, "0"]}
    assert template["Conditions"]["HasMonthlyBudgetUsd"] == {"Fn::Not": [nothing]}
    assert resources["Budget"]["Condition"] == "HasMonthlyBudgetUsd"


def test_every_type_of_the_catalogue_can_be_asked_for(template):
    pattern = re.compile(template["Parameters"]["CampaignInstanceTypes"]["AllowedPattern"])
    refused = [each.name for each in load_catalog() if not pattern.fullmatch(each.name)]
    assert refused == []


def test_outputs(template):
    assert set(template["Outputs"]) == set(OUTPUTS.split())


def test_outputs_are_the_names_that_planning_computes(template):
    value = {name: each["Value"] for name, each in template["Outputs"].items()}
    for architecture, word in (("arm64", "Graviton"), ("x86_64", "X86")):
        environment = DEFAULT_ENVIRONMENTS[architecture]
        assert value[f"{word}QueueName"] == f"{environment}-queue"
        assert value[f"{word}SpotQueueName"] == f"{environment}-spot-queue"
    assert value["JobDefinitionName"] == JOB_DEFINITION
    assert value["MultinodeJobDefinitionName"] == MULTINODE_JOB_DEFINITION
