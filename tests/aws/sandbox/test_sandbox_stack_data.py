"""What is stored in a stack's table and bucket stays: in another region, and after any kill."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import Any

import pytest

from geoschem_bench.sandbox import down, running
from geoschem_bench.sandbox.deployment import STACK, is_deployed
from geoschem_bench.sandbox.settings import Folders
from geoschem_bench.sandbox.stacks.mirror import StacksMirror

ELSEWHERE = "eu-central-1"
ITEM = {"benchmark_id": {"S": "b"}, "run_key": {"S": "r"}}


@contextmanager
def opened(state, connect, region):
    """Bucket and table of a sandbox in this region: what one may do with them."""
    with (
        running(state, region=region) as sandbox,
        closing(connect(sandbox, "dynamodb")) as dynamodb,
        closing(connect(sandbox, "s3")) as s3,
    ):
        yield sandbox, dynamodb, s3


def store(sandbox, dynamodb, s3):
    dynamodb.put_item(TableName=sandbox.table, Item=ITEM)
    s3.put_object(Bucket=sandbox.bucket, Key="k", Body=b"x")


def check_stored(sandbox, dynamodb, s3):
    assert dynamodb.scan(TableName=sandbox.table)["Items"] == [ITEM]
    assert s3.get_object(Bucket=sandbox.bucket, Key="k")["Body"].read() == b"x"


def test_results_of_another_region_outlive_a_restart(tmp_path, connect):
    with running(tmp_path):
        pass
    with opened(tmp_path, connect, ELSEWHERE) as here:
        store(*here)
        assert is_deployed(Folders.of(tmp_path), region=ELSEWHERE)
        with closing(connect(here[0], "cloudformation")) as client:
            [stack] = client.describe_stacks()["Stacks"]
        with closing(connect(here[0], "batch")) as batch:
            environments = batch.describe_compute_environments()["computeEnvironments"]
    assert f":{ELSEWHERE}:" in stack["StackId"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    for each in environments:
        assert each["status"] == "VALID"
        assert each["computeResources"]["subnets"] == outputs["SubnetIds"].split(",")
    with opened(tmp_path, connect, ELSEWHERE) as here:
        check_stored(*here)
    with running(tmp_path) as sandbox, closing(connect(sandbox, "dynamodb")) as dynamodb:
        assert dynamodb.scan(TableName=sandbox.table)["Count"] == 0
    with opened(tmp_path, connect, ELSEWHERE) as here:
        check_stored(*here)


def test_a_stack_that_was_made_elsewhere_is_not_deployed_here(tmp_path):
    with running(tmp_path):
        folders = Folders.of(tmp_path)
        assert is_deployed(folders)
        assert not is_deployed(folders, region=ELSEWHERE)


def forget_what_the_stack_made(state):
    """As a sandbox left it that was killed, or had changed its region, before this was mended."""
    [table] = (state / "sandbox" / "dynamodb").glob("*/*/table.json")
    [bucket] = (state / "sandbox" / "s3").glob("*/requests/_create.json")
    for path in (table, bucket):
        path.unlink()


@pytest.mark.parametrize("is_stored_before", [True, False])
def test_files_that_were_never_written_are_made_up_for(tmp_path, connect, is_stored_before):
    with opened(tmp_path, connect, "us-west-2") as here:
        if is_stored_before:
            store(*here)
    forget_what_the_stack_made(tmp_path)
    with opened(tmp_path, connect, "us-west-2") as here:
        if not is_stored_before:
            store(*here)
        place = here[2].get_bucket_location(Bucket=here[0].bucket)
        assert place["LocationConstraint"] == "us-west-2"
    with opened(tmp_path, connect, "us-west-2") as here:
        check_stored(*here)
    down(tmp_path)


def test_a_stack_is_filed_after_what_it_made(tmp_path, monkeypatch):
    class Other:
        def refresh(self, region):
            assert not path.exists()
            raise OSError("no space left")

    path = tmp_path / f"{STACK}.json"
    logs: Any = type("Logs", (), {"forget_deleted": lambda self: None})()
    batch: Any = None
    mirror = StacksMirror(tmp_path, ("1", "us-west-2"), batch, logs, [Other()])
    monkeypatch.setattr(mirror, "_documents", lambda: {STACK: {}})
    with pytest.raises(OSError, match="no space"):
        mirror.write({}, b"", "us-west-2")
    assert not path.exists()
    mirror._others = []
    mirror.write({}, b"", "us-west-2")  # which has not taken it for written
    assert json.loads(path.read_text()) == {}
