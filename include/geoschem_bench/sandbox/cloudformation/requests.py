"""What requests of several operations say in the same way."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from geoschem_bench.sandbox.cloudformation.errors import StackError
from geoschem_bench.sandbox.cloudformation.service import Stacks
from geoschem_bench.sandbox.cloudformation.stacks import Stack

Document = dict[str, Any]
_LONGEST_BODY = 51_200


def template_of(stacks: Stacks, request: Document, stack: Stack | None = None) -> str:
    """The template's text: in the request, in a bucket, or the stack's own."""
    body, url = request.get("TemplateBody"), request.get("TemplateURL")
    if body is not None:
        if len(body.encode()) > _LONGEST_BODY:
            raise StackError(
                f"1 validation error detected: Value '{body[:40]}…' at 'templateBody' failed to "
                "satisfy constraint: Member must have length less than or equal to "
                f"{_LONGEST_BODY}"
            )
        return str(body)
    if url is not None:
        return _fetched(stacks, url)
    if request.get("UsePreviousTemplate") and stack is not None and stack.template:
        return stack.template
    raise StackError("Either Template URL or Template Body must be specified.")


def _fetched(stacks: Stacks, url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.removeprefix("/")
    host = parts.hostname or ""
    if ".s3" in host:
        bucket, key = host.partition(".s3")[0], path
    else:
        bucket, _, key = path.partition("/")
    s3 = stacks.place.client("s3")
    try:
        return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
    except s3.exceptions.ClientError as error:
        raise StackError(f"S3 error: {error} ({url})") from error


def tags_of(request: Document, stack: Stack) -> dict[str, str]:
    """The tags that a request gives; without any the stack keeps its own."""
    if "Tags" not in request:
        return stack.tags
    return {each["Key"]: each["Value"] for each in request["Tags"]}
