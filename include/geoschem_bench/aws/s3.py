"""ObjectStore on S3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from geoschem_bench import units
from geoschem_bench.aws.refusals import explained, is_lockout, is_of_access
from geoschem_bench.errors import LockedOutError, NotFoundError, StorageError, UserError
from geoschem_bench.records import Stamp

_LARGEST = 100_000_000
_WEEK_SECONDS = 7 * units.SECONDS_PER_DAY
"""The longest that AWS signs for."""
_DELETED_AT_ONCE = 1000
"""Of one call of DeleteObjects."""
_ABSENT = ("NoSuchKey", "404", "NotFound")


def split_address(address: str) -> tuple[str, str]:
    """`s3://bucket/key` → (bucket, key). Raises UserError for anything else."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    if not address.startswith("s3://") or not bucket:
        raise UserError(f"{address!r} is no S3 address; write s3://bucket/prefix/")
    return bucket, key


class S3ObjectStore:
    """Objects of any bucket the credentials may read; see `results.ObjectStore`."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 makes clients at run time
        self._client = client

    def list(self, prefix: str) -> Iterator[str]:
        """Addresses under `prefix`, sorted (S3 lists keys in order)."""
        bucket, key = split_address(prefix)
        for page in self._pages(prefix, Bucket=bucket, Prefix=key):
            for item in page.get("Contents", []):
                yield f"s3://{bucket}/{item['Key']}"

    def stamps(self, prefix: str) -> Iterator[Stamp]:
        """What lies under `prefix`, sorted, and since when."""
        bucket, key = split_address(prefix)
        for page in self._pages(prefix, Bucket=bucket, Prefix=key):
            for item in page.get("Contents", []):
                address = f"s3://{bucket}/{item['Key']}"
                yield Stamp(address, item["ETag"], item["LastModified"])

    def folders(self, prefix: str) -> Iterator[str]:
        """Names directly under `prefix`, which ends in a slash."""
        bucket, key = split_address(prefix)
        for page in self._pages(prefix, Bucket=bucket, Prefix=key, Delimiter="/"):
            for item in page.get("CommonPrefixes", []):
                yield item["Prefix"][len(key) :].rstrip("/")

    def exists(self, address: str) -> bool:
        """Whether an object lies there."""
        return next(self.list(address), None) == address

    def get(self, address: str, limit: int | None = None) -> bytes | None:
        """The object, or its first `limit` bytes; None where there is none.

        Without a limit, an object larger than 100 MB is refused: none of ours is.
        """
        bucket, key = split_address(address)
        try:
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
            try:
                found = bytes(body.read(limit or _LARGEST + 1))
            finally:
                body.close()
            if limit is None and len(found) > _LARGEST:
                raise StorageError(f"{address} is larger than {_LARGEST // 1_000_000} MB")
            return found
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise self._refused("read", address, error) from error
        except BotoCoreError as error:
            raise self._refused("read", address, error) from error

    @contextmanager
    def open(self, address: str) -> Iterator[BinaryIO]:
        """The object as a stream, for what may be too large to hold. NotFoundError if absent."""
        bucket, key = split_address(address)
        try:
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                raise NotFoundError(f"{address}: there is no such object") from error
            raise self._refused("read", address, error) from error
        except BotoCoreError as error:
            raise self._refused("read", address, error) from error
        with closing(body):
            yield body

    def put(self, address: str, body: bytes, content_type: str = "application/json") -> None:
        """Write it, in place of what was there."""
        bucket, key = split_address(address)
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)
        except (ClientError, BotoCoreError) as error:
            raise self._refused("write", address, error) from error

    def delete(self, addresses: Iterable[str]) -> int:
        """Delete them, a thousand a call; how many were asked for. What is gone is no error.

        In a bucket with versions, as ours, they stay behind a delete marker for a while.
        """
        keys: dict[str, tuple[str, ...]] = {}
        for address in addresses:
            bucket, key = split_address(address)
            keys[bucket] = (*keys.get(bucket, ()), key)
        for bucket, found in keys.items():
            for start in range(0, len(found), _DELETED_AT_ONCE):
                self._delete(bucket, found[start : start + _DELETED_AT_ONCE])
        return sum(map(len, keys.values()))

    def _delete(self, bucket: str, keys: Sequence[str]) -> None:
        some = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        try:
            answer = self._client.delete_objects(Bucket=bucket, Delete=some)
        except (ClientError, BotoCoreError) as error:
            raise self._refused("delete", f"s3://{bucket}/{keys[0]}", error) from error
        for failure in answer.get("Errors", []):
            refusal = ClientError({"Error": failure}, "DeleteObjects")
            raise self._refused("delete", f"s3://{bucket}/{failure['Key']}", refusal)

    def signed_url(self, address: str) -> str:
        """An address that a browser can open without credentials, for a week at the most."""
        bucket, key = split_address(address)
        try:
            url = self._client.generate_presigned_url(
                "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=_WEEK_SECONDS
            )
        except (ClientError, BotoCoreError) as error:
            raise self._refused("sign", address, error) from error
        return str(url)

    def _pages(self, prefix: str, **request: str) -> Iterator[dict[str, Any]]:
        try:
            yield from self._client.get_paginator("list_objects_v2").paginate(**request)
        except (ClientError, BotoCoreError) as error:
            raise self._refused("list", prefix, error) from error

    def _refused(self, verb: str, address: str, error: Exception) -> StorageError:
        if is_of_access(error):
            said = explained(error, self._client.meta.region_name)
            refused = LockedOutError if is_lockout(error) else StorageError
            return refused(f"cannot {verb} {address}: {said}")
        return StorageError(
            f"cannot {verb} {address}: {error}; check the bucket's name, the region and the role's "
            "permissions"
        )
