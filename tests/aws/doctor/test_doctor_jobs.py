"""Job definitions, images, buckets, tables and logs that are really broken, with their cures."""

from __future__ import annotations

import uuid

import pytest

from geoschem_bench.aws.table_layout import INDEXES, KEYS

GRAVITON = "geos-chem-graviton"
X86 = "geos-chem-x86"


def test_a_definition_that_was_deregistered(doctor, definition, aws):
    name = definition("short-lived")
    aws("batch").deregister_job_definition(jobDefinition=f"{name}:1")
    found = doctor(GEOSCHEM_BENCH_JOB_DEFINITIONS=f"arm64={name}")
    assert "no ACTIVE revision" in found[f"definition {name}"]["detail"]
    assert "stack up" in found[f"definition {name}"]["cure"]
    assert found["image"]["state"] == "skipped"


def test_a_definition_that_never_says_what_to_run(doctor, definition):
    name = definition("silent", command=["geoschem-bench-runner"])
    found = doctor(GEOSCHEM_BENCH_JOB_DEFINITIONS=f"arm64={name}")
    assert "Ref::configJson" in found[f"definition {name}"]["detail"]
    assert "Ref::outputPath" in found[f"definition {name}"]["cure"]


def test_a_definition_of_another_program(doctor, definition):
    command = ["other", "--benchmark", "Ref::configJson", "--output-path", "Ref::outputPath"]
    name = definition("another", command=command)
    found = doctor(GEOSCHEM_BENCH_JOB_DEFINITIONS=f"arm64={name}")
    assert found[f"definition {name}"]["state"] == "unknown"


def test_an_image_of_the_other_architecture(doctor, definition, pushed):
    name = definition("arm-only", platform="aws", image=pushed("arm-only", ["arm64"]))
    found = doctor(
        GEOSCHEM_BENCH_QUEUES=f"x86_64={X86}-queue",
        GEOSCHEM_BENCH_JOB_DEFINITIONS=f"x86_64={name}",
    )
    image = found[f"image of {name}"]
    assert "built for arm64, not for x86_64" in image["detail"]
    assert "exec format error" in image["detail"]
    assert "container/build.sh" in image["cure"]
    found = doctor(
        GEOSCHEM_BENCH_QUEUES=f"arm64={GRAVITON}-queue",
        GEOSCHEM_BENCH_JOB_DEFINITIONS=f"arm64={name}",
    )
    assert found[f"image of {name}"]["state"] == "ok"


@pytest.mark.parametrize("queue", [GRAVITON, X86])
def test_an_image_of_both_architectures_suits_each(doctor, definition, pushed, queue):
    name = f"both-{queue}"
    definition(name, platform="aws", image=pushed(name, ["amd64", "arm64", "unknown"]))
    architecture = "arm64" if queue == GRAVITON else "x86_64"
    found = doctor(
        GEOSCHEM_BENCH_QUEUES=f"{architecture}={queue}-queue",
        GEOSCHEM_BENCH_JOB_DEFINITIONS=f"{architecture}={name}",
    )
    assert found[f"image of {name}"]["state"] == "ok"


def test_an_image_that_is_not_there(doctor, definition, pushed):
    image = pushed("empty", ["arm64"]).replace(":latest", ":never")
    name = definition("no-image", platform="aws", image=image)
    found = doctor(GEOSCHEM_BENCH_JOB_DEFINITIONS=f"arm64={name}")
    assert "is not there" in found[f"image of {name}"]["detail"]
    assert "container/build.sh" in found[f"image of {name}"]["cure"]
    name = definition("no-repository", platform="aws", image=image.replace("empty", "nowhere"))
    found = doctor(GEOSCHEM_BENCH_JOB_DEFINITIONS=f"arm64={name}")
    assert "no repository nowhere" in found[f"image of {name}"]["detail"]


def test_an_image_that_nobody_here_can_look_at(doctor, definition):
    name = definition("elsewhere", platform="aws", image="example.org/geos-chem:latest")
    found = doctor(GEOSCHEM_BENCH_JOB_DEFINITIONS=f"arm64={name}")
    assert found[f"image of {name}"]["state"] == "unknown"
    assert found.code == 1


def test_a_bucket_that_is_gone(doctor, aws):
    name = f"gone-{uuid.uuid4()}"
    place = {"LocationConstraint": "us-west-2"}
    aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    assert doctor(GEOSCHEM_BENCH_BUCKET=name)["bucket"]["state"] == "ok"
    assert "Contents" not in aws("s3").list_objects_v2(Bucket=name)
    aws("s3").delete_bucket(Bucket=name)
    found = doctor(GEOSCHEM_BENCH_BUCKET=name)
    assert found["bucket"]["state"] == "failed"
    assert "stack connect" in found["bucket"]["cure"]


def test_no_bucket_at_all(doctor):
    found = doctor(GEOSCHEM_BENCH_BUCKET="")
    assert found["bucket"]["detail"] == "none is named"
    assert found["table"]["state"] == "ok"


def schema(keys):
    pairs = zip(keys, ("HASH", "RANGE"), strict=True)
    return [{"AttributeName": key, "KeyType": kind} for key, kind in pairs]


@pytest.fixture
def table(aws):
    """A table like ours, under another name."""
    name = f"t-{uuid.uuid4()}"
    names = {*KEYS, *(key for keys in INDEXES.values() for key in keys)}
    aws("dynamodb").create_table(
        TableName=name,
        KeySchema=schema(KEYS),
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": schema(keys), "Projection": {"ProjectionType": "ALL"}}
            for index, keys in INDEXES.items()
        ],
    )
    yield name
    aws("dynamodb").delete_table(TableName=name)


def test_an_index_that_was_removed(doctor, aws, table):
    assert doctor(GEOSCHEM_BENCH_TABLE=table)["table"]["state"] == "ok"
    aws("dynamodb").update_table(
        TableName=table,
        GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_month"}}],
    )
    found = doctor(GEOSCHEM_BENCH_TABLE=table)
    assert "lacks the index by_month" in found["table"]["detail"]
    assert "update-table" in found["table"]["cure"]


def test_a_table_that_is_gone_or_another(doctor, aws):
    found = doctor(GEOSCHEM_BENCH_TABLE="never-there")
    assert "no table never-there" in found["table"]["detail"]
    assert "create-table" in found["table"]["cure"]
    keys = [{"AttributeName": "benchmark_id", "KeyType": "HASH"}]
    aws("dynamodb").create_table(
        TableName="earlier",
        KeySchema=keys,
        AttributeDefinitions=[{"AttributeName": "benchmark_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    found = doctor(GEOSCHEM_BENCH_TABLE="earlier")
    aws("dynamodb").delete_table(TableName="earlier")
    assert "has the key benchmark_id;" in found["table"]["detail"]
    assert "earlier-2" in found["table"]["cure"]


def test_a_log_group_that_is_gone(doctor, definition, aws):
    options = {"awslogs-group": "/gone"}
    name = definition("logless", logConfiguration={"logDriver": "awslogs", "options": options})
    found = doctor(GEOSCHEM_BENCH_JOB_DEFINITIONS=f"arm64={name}")
    assert "create-log-group" in found["log group /gone"]["cure"]
    aws("logs").create_log_group(logGroupName="/gone")
    found = doctor(GEOSCHEM_BENCH_JOB_DEFINITIONS=f"arm64={name}")
    aws("logs").delete_log_group(logGroupName="/gone")
    assert found["log group /gone"]["state"] == "ok"


def test_a_role_that_is_gone(doctor, definition):
    name = definition("roleless", jobRoleArn="arn:aws:iam::123456789012:role/gone")
    found = doctor(GEOSCHEM_BENCH_JOB_DEFINITIONS=f"arm64={name}")
    assert "no such role" in found["job role gone"]["detail"]
    assert "stack up" in found["job role gone"]["cure"]
