"""Which operation of which service a request asks for, from what each protocol says."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from geoschem_bench.sandbox.models import service_model

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

UNKNOWN = "unknown"
_S3_PLAIN = {
    ("GET", "Object"): "GetObject",
    ("HEAD", "Object"): "HeadObject",
    ("PUT", "Object"): "PutObject",
    ("DELETE", "Object"): "DeleteObject",
    ("GET", "Bucket"): "ListObjects",
    ("HEAD", "Bucket"): "HeadBucket",
    ("PUT", "Bucket"): "CreateBucket",
    ("DELETE", "Bucket"): "DeleteBucket",
    ("GET", ""): "ListBuckets",
}
_S3_BY_QUERY = {
    ("GET", "list-type"): "ListObjectsV2",
    ("GET", "versions"): "ListObjectVersions",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "uploadId"): "ListParts",
    ("POST", "delete"): "DeleteObjects",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("PUT", "uploadId"): "UploadPart",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
}
_S3_SUBRESOURCES = (
    "acl", "cors", "encryption", "lifecycle", "location", "logging", "notification", "policy",
    "replication", "tagging", "versioning", "website",
)  # fmt: skip
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}


def operation_of(environ: WSGIEnvironment, service: str, body: bytes) -> str:
    """The operation's name as boto3's models spell it, or `unknown`."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rpartition(".")[2]
    if str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        actions = parse_qs(body.decode("utf-8", "replace")).get("Action", [])
        return actions[0] if actions else UNKNOWN
    method, path = str(environ["REQUEST_METHOD"]), str(environ["PATH_INFO"])
    if service == "s3":
        return _of_s3(method, path, environ)
    if service == "batch":
        return _of_batch(method, path)
    return UNKNOWN


def _of_s3(method: str, path: str, environ: WSGIEnvironment) -> str:
    bucket, _, key = path.removeprefix("/").partition("/")
    level = "Object" if key else "Bucket" if bucket else ""
    asked = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    if method == "PUT" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
        return "UploadPartCopy" if "uploadId" in asked else "CopyObject"
    for name in asked:
        if (method, name) in _S3_BY_QUERY:
            return _S3_BY_QUERY[method, name]
        if name in _S3_SUBRESOURCES and method in _VERBS:
            return f"{_VERBS[method]}{level}{name.capitalize()}"
    return _S3_PLAIN.get((method, level), UNKNOWN)


def _of_batch(method: str, path: str) -> str:
    for known, pattern, name in _batch_paths():
        if known == method and pattern.fullmatch(path):
            return name
    return UNKNOWN


@cache
def _batch_paths() -> list[tuple[str, re.Pattern[str], str]]:
    """An ARN in a path holds slashes, which the server has decoded."""
    model = service_model("batch")
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        pattern = re.sub(r"\{[^}]*\}", ".+", http["requestUri"])
        found.append((http["method"], re.compile(pattern), name))
    return found
