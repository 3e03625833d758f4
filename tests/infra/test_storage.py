"""Bucket, table, repository, log groups."""

import json

import pytest

INDEXES = {
    "by_simulation": ["simulation_key", "run_key"],
    "by_run": ["benchmark_run_id", "benchmark_id"],
    "by_month": ["month", "run_key"],
}


@pytest.fixture(scope="module")
def bucket(of_type):
    return of_type("AWS::S3::Bucket")["Bucket"]


@pytest.fixture(scope="module")
def table(of_type):
    return of_type("AWS::DynamoDB::Table")["Table"]


def test_the_bucket_is_closed_to_the_public(bucket):
    block = bucket["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    owner = bucket["OwnershipControls"]["Rules"]
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_the_bucket_is_encrypted_and_versioned(bucket):
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_old_versions_and_half_uploads_go_in_time_and_runs_as_their_suites_say(bucket):
    """By age alone the bucket would delete what a suite keeps longer, and baselines."""
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert rule["Status"] == "Enabled"
    assert "ExpirationInDays" not in rule


def test_the_bucket_takes_tls_only(resources):
    policy = resources["BucketPolicy"]
    assert policy["Condition"] == "OnAws"  # the sandbox speaks plain HTTP on loopback
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


@pytest.mark.parametrize("name", ["Bucket", "Table"])
def test_data_outlive_the_stack_but_not_a_failed_first_deployment(resources, name):
    assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resources[name]["UpdateReplacePolicy"] == "Retain"


def _names(keys):
    assert [each["KeyType"] for each in keys] == ["HASH", "RANGE"]
    return [each["AttributeName"] for each in keys]


def test_the_table_has_the_keys_and_indexes_that_are_queried(table):
    assert _names(table["KeySchema"]) == ["benchmark_id", "run_key"]
    indexes = table["GlobalSecondaryIndexes"]
    assert {each["IndexName"]: _names(each["KeySchema"]) for each in indexes} == INDEXES
    assert all(each["Projection"] == {"ProjectionType": "ALL"} for each in indexes)
    used = {name for keys in INDEXES.values() for name in keys} | {"benchmark_id", "run_key"}
    attributes = table["AttributeDefinitions"]
    assert {each["AttributeName"] for each in attributes} == used
    assert {each["AttributeType"] for each in attributes} == {"S"}


def test_the_table_is_paid_by_request_encrypted_and_can_be_recovered(table):
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    # Encrypted by AWS's own key, free of charge; this would name a key of the account
    assert "SSESpecification" not in table
    recovery = table["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}


def test_images_are_scanned_and_untagged_ones_go(of_type):
    repository = of_type("AWS::ECR::Repository")["Repository"]
    assert repository["RepositoryName"] == "geos-chem"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    untagged, tagged = (rule["selection"] for rule in rules)
    assert (untagged["tagStatus"], untagged["countNumber"]) == ("untagged", 7)
    assert (tagged["tagStatus"], tagged["tagPatternList"]) == ("tagged", ["*"])
    # A version is three images: one for each architecture, and their list
    assert tagged["countNumber"] % 3 == 0
    assert repository["EmptyOnDelete"] is True


def test_logs_have_an_end(of_type):
    groups = of_type("AWS::Logs::LogGroup")
    assert {each["LogGroupName"] for each in groups.values()} == {
        "/geoschem-bench/jobs",
        "/geoschem-bench/events",
        "/geoschem-bench/monitor",
    }
    for each in groups.values():
        assert each["RetentionInDays"] == {"Ref": "LogRetentionDays"}
