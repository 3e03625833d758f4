"""Deleting kept data for good, when the person asked for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import action_of, asking, code_of, is_denied
from geoschem_bench.aws.stack.removing import Kept

_ABSENT = ("NoSuchBucket", "404", "ResourceNotFoundException")


def amount_of(account: Account, kept: Kept) -> str:
    """How much there is, for a person who is to decide."""
    with asking(account.region, account.profile):
        try:
            return _AMOUNTS[kept.kind](account, kept.name)
        except ClientError as error:
            if code_of(error) in _ABSENT:
                return "is already gone"
            if is_denied(error):  # what it holds is for information; it stays or goes all the same
                return f"not counted: {action_of(error)} is not allowed"
            raise


def erase(account: Account, kept: Kept) -> None:
    """Delete it with all that is in it; nothing to do where it is gone."""
    with asking(account.region, account.profile):
        try:
            _ERASERS[kept.kind](account, kept.name)
        except ClientError as error:
            if code_of(error) not in _ABSENT:
                raise


def erase_command(kept: Kept, region: str) -> str:
    """The command that deletes it later."""
    return {
        "bucket": f"aws s3 rb s3://{kept.name} --force (old versions first, if it has some)",
        "table": f"aws dynamodb delete-table --table-name {kept.name}",
    }[kept.kind] + f" --region {region}"


def _bucket_amount(account: Account, name: str) -> str:
    pages = account.client("s3").get_paginator("list_objects_v2").paginate(Bucket=name)
    sizes = [item["Size"] for page in pages for item in page.get("Contents", [])]
    return f"{len(sizes)} objects, {sum(sizes) / 1e6:.1f} MB"


def _table_amount(account: Account, name: str) -> str:
    table = account.client("dynamodb").describe_table(TableName=name)["Table"]
    return f"about {table['ItemCount']} items"


def _erase_bucket(account: Account, name: str) -> None:
    s3 = account.client("s3")
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for some in _versions(s3, name):
        answer = s3.delete_objects(Bucket=name, Delete={"Objects": some, "Quiet": True})
        for failure in answer.get("Errors", []):
            raise ClientError({"Error": failure}, "DeleteObjects")
    s3.delete_bucket(Bucket=name)


def _versions(s3: Any, bucket: str) -> Iterator[Sequence[dict[str, str]]]:  # noqa: ANN401 - boto3's own
    """Every version and every delete marker, a page at a time."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        if found:
            yield [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]


def _erase_table(account: Account, name: str) -> None:
    tables = account.client("dynamodb")
    tables.delete_table(TableName=name)
    tables.get_waiter("table_not_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1 if account.endpoint_url else 5}
    )


_AMOUNTS: dict[str, Callable[[Account, str], str]] = {
    "bucket": _bucket_amount,
    "table": _table_amount,
}
_ERASERS: dict[str, Callable[[Account, str], None]] = {
    "bucket": _erase_bucket,
    "table": _erase_table,
}
