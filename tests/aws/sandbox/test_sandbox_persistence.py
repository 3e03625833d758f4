"""What was stored is there after a restart and after `kill -9`."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import ExitStack, closing

import psutil
import pytest
from botocore.exceptions import ClientError

from geoschem_bench.sandbox import Behaviour, down, up

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


class Killable:
    """A sandbox of its own, and clients that are made anew after each start."""

    def __init__(self, state_dir, connect):
        self.state_dir = state_dir
        self.connect = connect
        self.clients = ExitStack()
        self.start()

    def start(self):
        self.sandbox = up(self.state_dir, behaviour=Behaviour(stop_seconds=1.0))
        self.clients.close()
        for name in ("batch", "s3", "dynamodb", "logs"):
            client = self.clients.enter_context(closing(self.connect(self.sandbox, name)))
            setattr(self, name, client)

    def kill(self):
        os.kill(self.sandbox.pid, signal.SIGKILL)
        while not is_gone(self.sandbox.pid):
            time.sleep(0.01)

    def close(self):
        self.clients.close()
        down(self.state_dir)


@pytest.fixture(scope="module")
def killable(tmp_path_factory, connect):
    """One for all tests, which so have to get along with what the others stored."""
    made = Killable(tmp_path_factory.mktemp("killable"), connect)
    yield made
    made.close()


def new_bucket(killable, name):
    constraint = {"LocationConstraint": "us-west-2"}
    killable.s3.create_bucket(Bucket=name, CreateBucketConfiguration=constraint)
    return name


def is_gone(pid):
    return not psutil.pid_exists(int(pid)) or psutil.Process(int(pid)).status() == "zombie"


def test_objects_survive_kill_9(killable):
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
    killable.kill()
    killable.start()
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


def test_every_way_to_change_an_object_is_kept(killable):
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
    killable.kill()
    killable.start()
    listed = killable.s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [each["Key"] for each in listed] == ["copy", "four", "parts", "replaced"]
    assert killable.s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"new"
    answer = killable.s3.get_object(Bucket=bucket, Key="parts")
    assert answer["ETag"] == etag
    assert answer["ContentType"] == "text/x"
    assert answer["Body"].read() == b"a" * 5 * 2**20 + b"b"


def test_buckets_and_their_settings_survive(killable):
    s3 = killable.s3
    for name in ("second", "third"):
        new_bucket(killable, name)
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}
    s3.put_bucket_lifecycle_configuration(Bucket="second", LifecycleConfiguration={"Rules": [rule]})
    s3.put_bucket_tagging(Bucket="second", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_bucket_tagging(Bucket="second")
    s3.delete_bucket(Bucket="third")
    killable.kill()
    killable.start()
    names = [each["Name"] for each in killable.s3.list_buckets()["Buckets"]]
    assert {killable.sandbox.bucket, "second"} <= set(names)
    assert "third" not in names
    kept = killable.s3.get_bucket_lifecycle_configuration(Bucket="second")["Rules"]
    assert kept[0]["Expiration"] == {"Days": 9}
    with pytest.raises(ClientError, match="NoSuchTagSet"):
        killable.s3.get_bucket_tagging(Bucket="second")


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


def test_items_survive_kill_9(killable):
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
    killable.kill()
    killable.start()
    answer = killable.dynamodb.query(
        TableName=table,
        IndexName="by_run",
        KeyConditionExpression="benchmark_run_id = :r",
        ExpressionAttributeValues={":r": {"S": "r"}},
    )
    changed = {**item(1), "value": {"N": "99"}}
    assert answer["Items"] == [changed, item(3), item(7), item(8)]


def test_tables_survive_with_all_their_settings(killable):
    def described():
        return killable.dynamodb.describe_table(TableName=killable.sandbox.table)["Table"]

    before = described()
    killable.dynamodb.update_time_to_live(
        TableName=killable.sandbox.table,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
    )
    killable.kill()
    killable.start()
    assert described() == before
    answer = killable.dynamodb.describe_time_to_live(TableName=killable.sandbox.table)
    assert answer["TimeToLiveDescription"]["AttributeName"] == "expires"


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


def test_jobs_and_logs_survive_kill_9_and_a_running_job_has_lost_its_host(killable, jobs):
    here = type(jobs)(killable.batch, killable.logs)
    done = here.wait(here.shell("echo first; echo 'it''s \u2028 done'; exit 3"))
    printed = here.output(done)
    job_id = here.shell("echo $$; sleep 600")
    waiting = here.shell("echo waited")
    [pid] = here.wait_for_output(job_id, 1)
    killable.kill()
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    assert is_gone(pid)
    assert here.detail(done["jobId"]) == done
    assert here.output(done) == printed
    lost = here.detail(job_id)
    assert (lost["status"], lost["statusReason"]) == ("FAILED", "Host EC2 (sandbox) terminated")
    assert lost["attempts"][0]["statusReason"] == "Host EC2 (sandbox) terminated"
    assert "exitCode" not in lost["container"]
    assert here.output(lost) == [pid]
    assert here.output(here.wait(waiting)) == ["waited"]


def test_a_lost_host_may_be_retried(killable, jobs):
    here = type(jobs)(killable.batch, killable.logs)
    rules = [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ]
    job_id = here.shell(
        "echo up; test $AWS_BATCH_JOB_ATTEMPT = 2 || sleep 600",
        retryStrategy={"attempts": 2, "evaluateOnExit": rules},
    )
    here.wait_for_output(job_id, 1)
    killable.kill()
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    detail = here.wait(job_id)
    assert detail["status"] == "SUCCEEDED"
    assert [each["statusReason"] for each in detail["attempts"]] == [
        "Host EC2 (sandbox) terminated",
        "Essential container in task exited",
    ]


def test_what_a_job_printed_last_before_the_server_was_killed_is_found(killable, jobs, tmp_path):
    here = type(jobs)(killable.batch, killable.logs)
    gate, through = tmp_path / "gate", tmp_path / "through"
    job_id = here.shell(
        f"echo early; until test -e {gate}; do sleep 0.02; done; echo late; touch {through}; "
        "sleep 600"
    )
    here.wait_for_output(job_id, 1)
    killable.kill()
    gate.touch()
    while not through.exists():
        time.sleep(0.01)
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    assert here.output(here.detail(job_id)) == ["early", "late"]


def test_stopping_the_sandbox_ends_its_jobs(killable, jobs):
    here = type(jobs)(killable.batch, killable.logs)
    job_id = here.shell("echo $$; sleep 600")
    [pid] = here.wait_for_output(job_id, 1)
    assert down(killable.state_dir) is True
    assert is_gone(pid)
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    detail = here.detail(job_id)
    assert (detail["status"], detail["statusReason"]) == (
        "FAILED",
        "Host EC2 (sandbox) terminated",
    )


def test_down_ends_the_jobs_of_a_killed_server(killable, jobs):
    here = type(jobs)(killable.batch, killable.logs)
    [pid] = here.wait_for_output(here.shell("echo $$; sleep 600"), 1)
    killable.kill()
    assert down(killable.state_dir) is False
    assert is_gone(pid)
    killable.start()
