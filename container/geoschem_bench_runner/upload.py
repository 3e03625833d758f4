"""Where results go. boto3 lives here and nowhere else in the runner."""

from __future__ import annotations

import re
from typing import Any, Protocol

from geoschem_bench.errors import StorageError
from geoschem_bench_runner.settings import JobSettings

CONTENT_TYPES = {"json": "application/json", "log": "text/plain; charset=utf-8"}
BEGIN_MARK = "-----BEGIN GEOSCHEM-BENCH MANIFEST-----"
END_MARK = "-----END GEOSCHEM-BENCH MANIFEST-----"
"""Between these two lines the manifest can be recovered from the log."""


class OutputStore(Protocol):
    """A place for this job's files."""

    def put(self, name: str, content: bytes) -> None:
        """Write one file. Raises StorageError where it cannot."""


def split_output_path(output_path: str) -> tuple[str, str]:
    """`s3://B/prefix` or `s3://B/prefix/` → bucket and prefix without a slash at its ends.

    Raises:
        ValueError: it is no S3 path.
    """
    found = re.fullmatch(r"s3://([^/]+)/*(.*?)/*", output_path.strip())
    if not found:
        raise ValueError(f"{output_path!r} is no S3 path; it looks like s3://bucket/prefix")
    return found[1], found[2]


class S3Store:
    """A prefix in a bucket.

    Args:
        output_path: `s3://bucket/prefix`, with or without a slash at its end.
        client: boto3's S3 client.
    """

    def __init__(self, output_path: str, client: Any) -> None:  # noqa: ANN401 - made at run time
        self._bucket, self._prefix = split_output_path(output_path)
        self._client = client

    def put(self, name: str, content: bytes) -> None:
        """Write one object below the prefix."""
        from botocore.exceptions import BotoCoreError, ClientError

        key = f"{self._prefix}/{name}" if self._prefix else name
        kind = CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=kind)
        except (BotoCoreError, ClientError) as error:
            raise StorageError(f"s3://{self._bucket}/{key} cannot be written: {error}") from error


def open_store(output_path: str, settings: JobSettings) -> S3Store:
    """The store of a job, with time-outs short against the 30 s that Batch leaves after SIGTERM."""
    import boto3
    from botocore.config import Config

    options: dict[str, Any] = {
        "connect_timeout": 5,
        "read_timeout": 20,
        "retries": {"mode": "standard", "total_max_attempts": 3},
    }
    if settings.endpoint:  # a stand-in on loopback has no host name for each bucket
        options["s3"] = {"addressing_style": "path"}
    client = boto3.client("s3", region_name=settings.region, config=Config(**options))
    return S3Store(output_path, client)
