"""What was stored is there after a restart and after `kill -9`."""

from __future__ import annotations

import threading

import pytest
from botocore.exceptions import ClientError

KEYS = (
    "plain.txt",
    "runs/2026/phase_1/a/1/manifest.json",
    "runs/2026",
    "folder/",
    "b la\u00fc+&=?#%41~;,@/../.hidden",
    "double//slash",
    "..",
    "long/" + "x" * 900,
)


def new_bucket(killable, name):
    constraint = {"LocationConstraint": "us-west-2"}
    killable.s3.create_bucket(Bucket=name, CreateBucketConfiguration=constraint)
    return name


def objects_with_odd_keys(killable):
    bucket = new_bucket(killable, "odd-keys")
    for number, key in enumerate(KEYS):
        killable.s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=f"text {number}".encode(),
            ContentType="application/json",
            Metadata={"number": str(number)},
            Tagging="a=1",
        )
    before = {key: killable.s3.head_object(Bucket=bucket, Key=key) for key in KEYS}

    def check():
        listed = killable.s3.list_objects_v2(Bucket=bucket)["Contents"]
        assert sorted(each["Key"] for each in listed) == sorted(KEYS)
        for number, key in enumerate(KEYS):
            answer = killable.s3.get_object(Bucket=bucket, Key=key)
            assert answer["Body"].read() == f"text {number}".encode()
            assert answer["ContentType"] == "application/json"
            assert answer["Metadata"] == {"number": str(number)}
            assert answer["ETag"] == before[key]["ETag"]
            assert answer["LastModified"] == before[key]["LastModified"]
            tags = killable.s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
            assert tags == [{"Key": "a", "Value": "1"}]

    return check


def every_way_to_change_an_object(killable):
    s3, bucket = killable.s3, new_bucket(killable, "changes")
    for key in ("one", "two", "three", "four", "replaced"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"old")
    s3.put_object(Bucket=bucket, Key="replaced", Body=b"new")
    s3.delete_object(Bucket=bucket, Key="one")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "two"}, {"Key": "three"}]})
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "replaced"})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", ContentType="text/x")
    parts = []
    for number, data in ((1, b"a" * 5 * 2**20), (2, b"b")):
        part = {"Bucket": bucket, "Key": "parts", "UploadId": upload["UploadId"]}
        etag = s3.upload_part(**part, PartNumber=number, Body=data)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": parts})
    etag = s3.head_object(Bucket=bucket, Key="parts")["ETag"]

    def check():
        listed = killable.s3.list_objects_v2(Bucket=bucket)["Contents"]
        assert [each["Key"] for each in listed] == ["copy", "four", "parts", "replaced"]
        assert killable.s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"new"
        answer = killable.s3.get_object(Bucket=bucket, Key="parts")
        assert answer["ETag"] == etag
        assert answer["ContentType"] == "text/x"
        assert answer["Body"].read() == b"a" * 5 * 2**20 + b"b"

    return check


def buckets_and_their_settings(killable):
    s3 = killable.s3
    for name in ("second", "third"):
        new_bucket(killable, name)
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}
    s3.put_bucket_lifecycle_configuration(Bucket="second", LifecycleConfiguration={"Rules": [rule]})
    s3.put_bucket_tagging(Bucket="second", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_bucket_tagging(Bucket="second")
    s3.delete_bucket(Bucket="third")

    def check():
        names = [each["Name"] for each in killable.s3.list_buckets()["Buckets"]]
        assert {killable.sandbox.bucket, "second"} <= set(names)
        assert "third" not in names
        kept = killable.s3.get_bucket_lifecycle_configuration(Bucket="second")["Rules"]
        assert kept[0]["Expiration"] == {"Days": 9}
        with pytest.raises(ClientError, match="NoSuchTagSet"):
            killable.s3.get_bucket_tagging(Bucket="second")

    return check


def item(number, run="r#1"):
    return {
        "benchmark_id": {"S": f"b-{number}"},
        "run_key": {"S": run},
        "benchmark_run_id": {"S": "r"},
        "value": {"N": str(number)},
        "nested": {"M": {"list": {"L": [{"NULL": True}, {"BOOL": False}, {"B": b"\x00\xff"}]}}},
    }


def key(number):
    return {name: item(number)[name] for name in ("benchmark_id", "run_key")}


def items(killable):
    dynamodb, table = killable.dynamodb, killable.sandbox.table
    for number in range(4):
        dynamodb.put_item(TableName=table, Item=item(number))
    dynamodb.delete_item(TableName=table, Key=key(0))
    dynamodb.update_item(
        TableName=table,
        Key=key(1),
        UpdateExpression="SET #v = :v",
        ExpressionAttributeNames={"#v": "value"},
        ExpressionAttributeValues={":v": {"N": "99"}},
    )
    dynamodb.batch_write_item(
        RequestItems={
            table: [{"DeleteRequest": {"Key": key(2)}}, {"PutRequest": {"Item": item(7)}}]
        }
    )
    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item(8)}}])

    def check():
        answer = killable.dynamodb.query(
            TableName=table,
            IndexName="by_run",
            KeyConditionExpression="benchmark_run_id = :r",
            ExpressionAttributeValues={":r": {"S": "r"}},
        )
        changed = {**item(1), "value": {"N": "99"}}
        assert answer["Items"] == [changed, item(3), item(7), item(8)]

    return check


def tables_with_all_their_settings(killable):
    def described():
        return killable.dynamodb.describe_table(TableName=killable.sandbox.table)["Table"]

    before = described()
    killable.dynamodb.update_time_to_live(
        TableName=killable.sandbox.table,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
    )

    def check():
        assert described() == before
        answer = killable.dynamodb.describe_time_to_live(TableName=killable.sandbox.table)
        assert answer["TimeToLiveDescription"]["AttributeName"] == "expires"

    return check


@pytest.fixture(scope="module")
def checks(killable):
    """Everything is written before one `kill -9`, and checked after the restart."""
    made = {scenario: scenario(killable) for scenario in SCENARIOS}
    killable.kill()
    killable.start()
    return made


SCENARIOS = (
    objects_with_odd_keys,
    every_way_to_change_an_object,
    buckets_and_their_settings,
    items,
    tables_with_all_their_settings,
)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_survives_kill_9(checks, scenario):
    checks[scenario]()


def test_a_condition_holds_when_many_write_at_once(killable):
    table = killable.sandbox.table
    won = []

    def put(number):
        try:
            killable.dynamodb.put_item(
                TableName=table,
                Item={**key(50), "writer": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(run_key)",
            )
        except ClientError:
            return
        won.append(number)

    threads = [threading.Thread(target=put, args=[number]) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    stored = killable.dynamodb.get_item(TableName=table, Key=key(50))["Item"]
    assert stored["writer"]["N"] == str(won[0])
