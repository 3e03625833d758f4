"""An account without a stack: a sandbox in which nothing was deployed."""

from __future__ import annotations

import json

import pytest

from geoschem_bench.sandbox import lifecycle, running
from tests.aws.clients import clients_of
from tests.aws.terminal import Terminal, take_environment

TINY = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Parameters": {
        "Owner": {"Type": "String", "Description": "Who answers for it"},
        "ExpiresOn": {"Type": "String", "Default": "never"},
        "BucketName": {"Type": "String", "Default": ""},
        "TableName": {"Type": "String", "Default": "tiny-table"},
        "Retention": {"Type": "Number", "Default": "7", "AllowedValues": ["7", "14"]},
    },
    "Conditions": {"Named": {"Fn::Not": [{"Fn::Equals": [{"Ref": "BucketName"}, ""]}]}},
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "RetainExceptOnCreate",
            "Properties": {
                "BucketName": {"Fn::If": ["Named", {"Ref": "BucketName"}, {"Ref": "AWS::NoValue"}]}
            },
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "RetainExceptOnCreate",
            "Properties": {
                "TableName": {"Ref": "TableName"},
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
            },
        },
        "Logs": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {
                "LogGroupName": "/geoschem-bench/tiny",
                "RetentionInDays": {"Ref": "Retention"},
            },
        },
    },
    "Outputs": {
        "BenchmarkBucketName": {"Value": {"Ref": "Bucket"}},
        "BenchmarkTableName": {"Value": {"Ref": "Table"}},
    },
}
"""Small, so that a test of what `stack up` says need not wait for a network to be built."""


def ours(logs):
    """Log groups of ours; Batch's own is there from the start."""
    found = logs.describe_log_groups(logGroupNamePrefix="/geoschem-bench/")["logGroups"]
    return [group["logGroupName"] for group in found]


@pytest.fixture(scope="package")
def account(tmp_path_factory):
    """A running sandbox with nothing in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifecycle, "deploy", lambda *_, **__: {})
        with running(tmp_path_factory.mktemp("empty")) as sandbox:
            yield sandbox


@pytest.fixture
def aws(account):
    """Clients of that account, by service."""
    with clients_of(account) as client:
        yield client


@pytest.fixture
def state(tmp_path):
    """The state folder of this test's person."""
    return tmp_path / "state"


@pytest.fixture
def terminal(account, state, capsys, monkeypatch):
    """Commands against that account, not connected to anything."""
    take_environment(account, monkeypatch, bucket=False)
    monkeypatch.setenv("GEOSCHEM_BENCH_STATE", str(state))
    return Terminal(capsys, monkeypatch)


@pytest.fixture
def tiny(tmp_path):
    """A template of three parts, as a file."""
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(TINY))
    return path


@pytest.fixture
def cleared(aws):
    """Nothing that a test made outlives it."""
    yield
    cloudformation, s3 = aws("cloudformation"), aws("s3")
    for stack in cloudformation.describe_stacks()["Stacks"]:
        cloudformation.delete_stack(StackName=stack["StackName"])
    for bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        found = s3.list_object_versions(Bucket=bucket)
        for item in found.get("Versions", []) + found.get("DeleteMarkers", []):
            s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
        s3.delete_bucket(Bucket=bucket)
    for table in aws("dynamodb").list_tables()["TableNames"]:
        aws("dynamodb").delete_table(TableName=table)
    for name in ours(aws("logs")):
        aws("logs").delete_log_group(logGroupName=name)
