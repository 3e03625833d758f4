"""Whether results can be written, read back and found again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

from botocore.exceptions import ClientError

from geoschem_bench.aws.doctor.finding import Finding, failed, ok
from geoschem_bench.aws.doctor.patient import Patient
from geoschem_bench.aws.refusals import POLICY, code_of, is_denied, message_of
from geoschem_bench.aws.table_layout import INDEXES, KEYS, create_command, layout_of

_NO_BUCKET = ("NoSuchBucket", "404")
_UP = "geoschem-bench stack up"
_BODY = b"geoschem-bench"


def bucket(patient: Patient) -> Iterator[Finding]:
    """Put, get and delete one small object."""
    name = patient.bucket
    if not name:
        yield failed("bucket", "none is named", "env | grep GEOSCHEM_BENCH_BUCKET",
                     "geoschem-bench stack connect NAME, or set GEOSCHEM_BENCH_BUCKET")  # fmt: skip
        return
    command = patient.command(f"s3 ls s3://{name}/")
    key = f"doctor/{uuid.uuid4()}"
    read, refused = _round_trip(patient, key)
    if refused:
        finding = _no_bucket(patient, *next(iter(refused.items())), command)
        left = f"; s3://{name}/{key} is left there" if "DeleteObject" in refused else ""
        yield replace(finding, detail=finding.detail + left)
        return
    if read != _BODY:
        yield failed("bucket", f"{name}: what was written under {key} reads back otherwise",
                     command, "another program writes there? use a bucket of its own")  # fmt: skip
        return
    yield ok("bucket", f"{name}: written, read back and deleted under doctor/", command)


def _round_trip(patient: Patient, key: str) -> tuple[bytes, dict[str, ClientError]]:
    """What is read back, and what is refused, by action. What was put is deleted in any case."""
    s3, where = patient.account.client("s3"), {"Bucket": patient.bucket, "Key": key}
    read, refused = b"", {}
    try:
        s3.put_object(**where, Body=_BODY)
    except ClientError as error:
        return read, {"PutObject": error}
    try:
        read = s3.get_object(**where)["Body"].read()
    except ClientError as error:
        refused["GetObject"] = error
    finally:
        try:
            s3.delete_object(**where)
        except ClientError as error:
            refused["DeleteObject"] = error
    return read, refused


def table(patient: Patient) -> Iterator[Finding]:
    """ACTIVE, our keys, our indexes, and one read of each."""
    name, client = patient.table, patient.account.client("dynamodb")
    command = patient.command(f"dynamodb describe-table --table-name {name}")
    try:
        found = client.describe_table(TableName=name)["Table"]
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        yield failed("table", f"no table {name} in {patient.region}", command,
                     f"make it: {_create(patient, name)}, or with a first stack: {_UP}; or "
                     "name another: GEOSCHEM_BENCH_TABLE")  # fmt: skip
        return
    keys, indexes = layout_of(found)
    if found["TableStatus"] not in ("ACTIVE", "UPDATING"):
        yield failed("table", f"{name} is {found['TableStatus']}", command, "wait, then ask again")
    elif keys != KEYS:
        yield failed("table", f"{name} has the key {', '.join(keys)}; {', '.join(KEYS)} is needed",
                     command, "a key cannot be changed: make another table, "
                     + _create(patient, f"{name}-2"))  # fmt: skip
    elif wrong := [index for index, key in INDEXES.items() if indexes.get(index) != key]:
        yield failed("table", f"{name} lacks the index {', '.join(wrong)}: runs and histories "
                     "cannot be looked up", command, f"{_UP} puts back what our stack had; else "
                     + patient.command(f"dynamodb update-table --table-name {name} "
                                       "--global-secondary-index-updates …"))  # fmt: skip
    else:
        yield _read(patient, command)


def _create(patient: Patient, name: str) -> str:
    return patient.with_profile(create_command(name, patient.region))


def _read(patient: Patient, command: str) -> Finding:
    client, name = patient.account.client("dynamodb"), patient.table
    for index, keys in {"": KEYS, **INDEXES}.items():
        request = {"IndexName": index} if index else {}
        client.query(
            TableName=name,
            KeyConditionExpression="#k = :v",
            ExpressionAttributeNames={"#k": keys[0]},
            ExpressionAttributeValues={":v": {"S": "doctor"}},
            Limit=1,
            **request,
        )
    return ok("table", f"{name} is ACTIVE, with {', '.join(INDEXES)}; read by each", command)


def _no_bucket(patient: Patient, action: str, error: ClientError, command: str) -> Finding:
    name = patient.bucket
    if code_of(error) in _NO_BUCKET:
        make = patient.command(f"s3 mb s3://{name}")
        return failed("bucket", f"there is no bucket {name}", command,
                      f"{make}, or with a first stack: {_UP}; or name "
                      "another: geoschem-bench stack connect, GEOSCHEM_BENCH_BUCKET")  # fmt: skip
    if is_denied(error):
        return failed("bucket", f"{name}: s3:{action} is not allowed: {message_of(error)}", command,
                      f"allow s3:{action} ({POLICY}), or it is another account's bucket: --profile "
                      "NAME")  # fmt: skip
    if code_of(error) in ("PermanentRedirect", "AuthorizationHeaderMalformed"):
        return failed("bucket", f"{name} is in another region: {message_of(error)}", command,
                      "--region of the bucket, or a bucket in this region")  # fmt: skip
    return failed("bucket", f"{name}: {action} failed: {message_of(error)}", command,
                  "mend what AWS names, then ask again")  # fmt: skip
