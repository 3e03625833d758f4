"""The stack under its established names."""

from __future__ import annotations

from contextlib import closing

import pytest

from geoschem_bench.sandbox import deploy


def test_deploying_again_changes_nothing(sandbox, batch):
    def everything():
        answers = (
            batch.describe_compute_environments(),
            batch.describe_job_queues(),
            batch.describe_job_definitions(jobDefinitionName="geos-chem-benchmark"),
            batch.describe_job_definitions(jobDefinitionName="geos-chem-benchmark-multinode"),
        )
        return [dict(answer, ResponseMetadata=None) for answer in answers]

    before = everything()
    deploy(sandbox.endpoint_url, sandbox.region, credentials=sandbox.credentials)
    assert everything() == before
    assert [each["revision"] for each in before[2]["jobDefinitions"]] == [1]
    assert [each["revision"] for each in before[3]["jobDefinitions"]] == [1]


@pytest.mark.parametrize(
    ("queue", "instance_type", "kind"),
    [
        ("geos-chem-graviton-queue", "c7g.4xlarge", "EC2"),
        ("geos-chem-graviton-spot-queue", "c7g.4xlarge", "SPOT"),
        ("geos-chem-x86-queue", "c7i.4xlarge", "EC2"),
        ("geos-chem-x86-spot-queue", "c7i.4xlarge", "SPOT"),
        ("geos-chem-c7g-2xlarge-queue", "c7g.2xlarge", "EC2"),
        ("geos-chem-m7a-metal-48xl-spot-queue", "m7a.metal-48xl", "SPOT"),
    ],
)
def test_each_queue_has_an_environment_of_one_type(batch, queue, instance_type, kind):
    [found] = batch.describe_job_queues(jobQueues=[queue])["jobQueues"]
    [entry] = found["computeEnvironmentOrder"]
    name = queue.removesuffix("-queue")
    assert entry["computeEnvironment"].endswith(f":compute-environment/{name}")
    [environment] = batch.describe_compute_environments(computeEnvironments=[name])[
        "computeEnvironments"
    ]
    assert (environment["state"], environment["status"]) == ("ENABLED", "VALID")
    resources = environment["computeResources"]
    assert (resources["instanceTypes"], resources["type"]) == ([instance_type], kind)


def test_the_definition_starts_the_runner(batch):
    [found] = batch.describe_job_definitions(jobDefinitionName="geos-chem-benchmark")[
        "jobDefinitions"
    ]
    container = found["containerProperties"]
    assert container["command"] == [
        "geoschem-bench-runner",
        "--benchmark",
        "Ref::configJson",
        "--output-path",
        "Ref::outputPath",
    ]
    environment = {each["name"]: each["value"] for each in container["environment"]}
    assert environment["GEOSCHEM_BENCH_PLATFORM"] == "sandbox"
    assert environment["GEOSCHEM_BENCH_STAND_IN"] == "proxy"
    assert environment["GEOSCHEM_BENCH_IMAGE"] == "geos-chem:latest"
    assert container["image"] == "geos-chem:latest"
    assert container["logConfiguration"]["options"]["awslogs-group"] == "/geoschem-bench/jobs"
    assert found["retryStrategy"]["attempts"] == 1


def test_the_table_has_its_indexes(sandbox, connect):
    with closing(connect(sandbox, "dynamodb")) as dynamodb:
        table = dynamodb.describe_table(TableName=sandbox.table)["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"

    def keys(described):
        return [each["AttributeName"] for each in described["KeySchema"]]

    assert keys(table) == ["benchmark_id", "run_key"]
    assert {each["IndexName"]: keys(each) for each in table["GlobalSecondaryIndexes"]} == {
        "by_simulation": ["simulation_key", "run_key"],
        "by_run": ["benchmark_run_id", "benchmark_id"],
        "by_month": ["month", "run_key"],
    }


def test_a_bucket_of_another_name_and_a_new_queue(sandbox, connect, batch):
    deploy(
        sandbox.endpoint_url,
        sandbox.region,
        ["our-own-queue"],
        credentials=sandbox.credentials,
        bucket="another-bucket",
    )
    with closing(connect(sandbox, "s3")) as s3:
        assert s3.get_bucket_location(Bucket="another-bucket")["LocationConstraint"] == "us-west-2"
    [environment] = batch.describe_compute_environments(computeEnvironments=["our-own"])[
        "computeEnvironments"
    ]
    assert environment["computeResources"]["instanceTypes"] == ["optimal"]
