"""How an adopted bucket and table differ from ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import action_of, code_of, is_denied, message_of
from geoschem_bench.aws.stack.differences import Difference
from geoschem_bench.aws.table_layout import INDEXES, KEYS, create_command, layout_of

_NO_BUCKET = ("404", "NoSuchBucket")


def of_bucket(account: Account, bucket: str) -> Iterator[Difference]:
    """How this bucket differs."""
    name, s3 = f"bucket {bucket}", account.client("s3")
    try:
        answer = s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        yield _no_bucket(account, bucket, error)
        return
    region = answer.get("BucketRegion") or account.region
    if region != account.region:
        yield Difference(
            name,
            f"it is in {region}",
            f"each transfer from jobs in {account.region} is slower, and paid for",
            f"a bucket in {account.region}, or --region {region}",
        )
    what = _openness(s3, bucket)
    if what:
        yield Difference(
            name,
            what,
            "one wrong policy makes the results public",
            f"aws s3api put-public-access-block --bucket {bucket} "
            "--public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,"
            "BlockPublicPolicy=true,RestrictPublicBuckets=true",
        )


def of_table(account: Account, table: str) -> Iterator[Difference]:
    """How this table differs. Whatever does, makes it of no use: we only ask by key."""
    name, create = f"table {table}", create_command(f"{table}-2", account.region)
    try:
        found: Mapping[str, Any] = account.client("dynamodb").describe_table(TableName=table)
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        yield Difference(
            name,
            f"there is none in {account.region}",
            "results are written to S3, but nothing can be loaded, compared or reported",
            create_command(table, account.region),
            is_fatal=True,
        )
        return
    keys, indexes = layout_of(found["Table"])
    if keys != KEYS:
        yield Difference(
            name,
            f"its key is {' and '.join(keys)}",
            "no result can be stored in it",
            f"another table beside it, then --table {table}-2: {create}",
            is_fatal=True,
        )
    elif missing := [index for index, key in INDEXES.items() if indexes.get(index) != key]:
        yield Difference(
            name,
            f"no index {', '.join(missing)} of ours",
            "runs and histories cannot be looked up",
            f"add it (aws dynamodb update-table --table-name {table} "
            "--global-secondary-index-updates …), or another table beside it, then --table "
            f"{table}-2: {create}",
            is_fatal=True,
        )


def _no_bucket(account: Account, bucket: str, error: ClientError) -> Difference:
    if code_of(error) in _NO_BUCKET:
        return Difference(
            f"bucket {bucket}",
            "it is not there",
            "no job can write its results",
            f"aws s3 mb s3://{bucket} --region {account.region}",
            is_fatal=True,
        )
    why = "access denied" if is_denied(error) else message_of(error)
    return Difference(
        f"bucket {bucket}",
        f"it is not to be looked at: {why}",
        "no job can write its results",
        "it may be another account's: choose one of yours (aws s3 ls), or allow s3:ListBucket",
        is_fatal=True,
    )


def _openness(s3: Any, bucket: str) -> str:  # noqa: ANN401 - boto3's own
    """What is to be said of its public access; nothing where that is blocked."""
    try:
        answer = s3.get_public_access_block(Bucket=bucket)
    except ClientError as error:
        if code_of(error) == "NoSuchPublicAccessBlockConfiguration":
            return "public access is not blocked"
        why = f"{action_of(error)} is not allowed" if is_denied(error) else message_of(error)
        return f"whether public access is blocked is not known: {why}"
    is_closed = all(answer["PublicAccessBlockConfiguration"].values())
    return "" if is_closed else "public access is not blocked"
