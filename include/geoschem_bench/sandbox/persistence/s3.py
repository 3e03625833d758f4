"""S3 in plain files.

s3/<bucket>/requests/<name>.json    what was asked of the bucket itself, repeated at the start
s3/<bucket>/objects/<key>           an object's bytes, the key percent-encoded
s3/<bucket>/metadata/<key>.json     its key, content type and all else that S3 keeps of it

Versions other than the latest, access lists and unfinished multipart uploads are not kept.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.s3.models import FakeKey, S3Backend, s3_backends
from werkzeug.test import create_environ

from geoschem_bench.sandbox.files import file_name, json_files, read_json, write_atomic, write_json
from geoschem_bench.sandbox.persistence.wsgi import path_of, replayed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_CREATION = "_create"
_PLAIN_FIELDS = (
    "_storage_class", "_etag", "encryption", "kms_key_id", "bucket_key_enabled",
    "checksum_algorithm", "checksum_value", "checksum_type", "checksum_parts",
    "website_redirect_location",
)  # fmt: skip
_UNSAVED_HEADERS = ("HTTP_X_AMZ_DATE", "HTTP_X_AMZ_CONTENT_SHA256", "HTTP_X_AMZ_SECURITY_TOKEN")


class S3Mirror:
    """Keeps files equal to moto's buckets."""

    def __init__(self, folder: Path, account: str) -> None:
        self._folder = folder
        self._account = account

    @property
    def _backend(self) -> S3Backend:
        return s3_backends[self._account]["aws"]

    def is_change(self, environ: WSGIEnvironment) -> bool:
        """Whether a request may change anything."""
        return environ["REQUEST_METHOD"] in ("PUT", "POST", "DELETE")

    def write(self, environ: WSGIEnvironment, body: bytes, region: str) -> None:
        """Writes through what a request that succeeded has changed."""
        bucket, _, key = path_of(environ).removeprefix("/").partition("/")
        if key:
            self._write_object(bucket, key)
        elif environ["REQUEST_METHOD"] == "POST":  # DeleteObjects; we know no forms of browsers
            self._remove_deleted(bucket)
        else:
            self._write_bucket(bucket, environ, body, region)

    def _write_bucket(
        self, bucket: str, environ: WSGIEnvironment, body: bytes, region: str
    ) -> None:
        folder = self._bucket_folder(bucket)
        subresource = environ.get("QUERY_STRING", "").partition("=")[0].partition("&")[0]
        path = folder / "requests" / f"{file_name(subresource or _CREATION)}.json"
        if environ["REQUEST_METHOD"] == "PUT":
            write_json(path, _saved_request(environ, body, region))
        elif subresource:
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(folder)

    def refresh(self, region: str) -> None:
        """Files the buckets that were not made by a request, and forgets those that are gone."""
        present = {file_name(name): name for name in self._backend.buckets}
        for folder in [path for path in self._folder.glob("*") if path.name not in present]:
            shutil.rmtree(folder)
        for folder_name, name in present.items():
            path = self._folder / folder_name / "requests" / f"{_CREATION}.json"
            if not path.exists():
                write_json(path, _creation_of(name, self._backend.buckets[name].region_name))

    def _write_object(self, bucket: str, key: str) -> None:
        holder = self._backend.buckets.get(bucket)
        stored = holder.keys.get(key) if holder else None
        if not isinstance(stored, FakeKey):  # deleted, also by a delete marker
            self._delete_files(bucket, file_name(key))
            return
        folder, name = self._bucket_folder(bucket), file_name(key)
        write_atomic(folder / "objects" / name, stored.value)
        write_json(folder / "metadata" / f"{name}.json", self._metadata_of(stored))

    def _metadata_of(self, stored: FakeKey) -> dict[str, Any]:
        return {
            "key": stored.name,
            "last_modified": stored.last_modified.isoformat(),
            "metadata": dict(stored.metadata),
            "tags": self._backend.tagger.get_tag_dict_for_resource(stored.arn),
            "fields": {field: getattr(stored, field) for field in _PLAIN_FIELDS},
        }

    def _remove_deleted(self, bucket: str) -> None:
        keys = self._backend.buckets[bucket].keys
        alive = {file_name(key) for key in keys if isinstance(keys.get(key), FakeKey)}
        for path in json_files(self._bucket_folder(bucket) / "metadata"):
            if path.name.removesuffix(".json") not in alive:
                self._delete_files(bucket, path.name.removesuffix(".json"))

    def _delete_files(self, bucket: str, name: str) -> None:
        folder = self._bucket_folder(bucket)
        (folder / "metadata" / f"{name}.json").unlink(missing_ok=True)
        (folder / "objects" / name).unlink(missing_ok=True)

    def _bucket_folder(self, bucket: str) -> Path:
        return self._folder / file_name(bucket)

    def load(self, application: WSGIApplication, region: str) -> None:
        """Fills moto with what the files say; a bucket that they say no region of is in this."""
        for folder in sorted(path for path in self._folder.glob("*") if path.is_dir()):
            creation = folder / "requests" / f"{_CREATION}.json"
            if not creation.exists():
                write_json(creation, _creation_of(_bucket_name(folder), region))
            # The request that created the bucket sorts first, by its underscore, as it must.
            for path in json_files(folder / "requests"):
                replayed(application, _environ_of(read_json(path)))
            for path in json_files(folder / "metadata"):
                data = (folder / "objects" / path.name.removesuffix(".json")).read_bytes()
                self._load_object(_bucket_name(folder), read_json(path), data)

    def _load_object(self, bucket: str, saved: dict[str, Any], data: bytes) -> None:
        stored = self._backend.put_object(bucket, saved["key"], data)
        stored.last_modified = datetime.fromisoformat(saved["last_modified"])
        stored.set_metadata(saved["metadata"])
        for field, value in saved["fields"].items():
            setattr(stored, field, value)
        if saved["tags"]:
            self._backend.put_object_tagging(stored, saved["tags"])


def _bucket_name(folder: Path) -> str:
    """Buckets are named in lower case, digits, dots and hyphens: the folder's name is theirs."""
    return folder.name


def _saved_request(environ: WSGIEnvironment, body: bytes, region: str) -> dict[str, Any]:
    headers = {
        name: value
        for name, value in environ.items()
        if name.startswith("HTTP_X_AMZ_") and name not in _UNSAVED_HEADERS
    }
    return {
        "path": path_of(environ),
        "query": environ.get("QUERY_STRING", ""),
        "region": region,
        "headers": headers,
        "body": body.decode(),
    }


def _creation_of(bucket: str, region: str) -> dict[str, Any]:
    """The request that would have made a bucket."""
    place = f"<LocationConstraint>{region}</LocationConstraint>"
    body = f"<CreateBucketConfiguration>{place}</CreateBucketConfiguration>"
    return {
        "path": f"/{bucket}",
        "query": "",
        "region": region,
        "headers": {},
        "body": "" if region == "us-east-1" else body,
    }


def _environ_of(saved: dict[str, Any]) -> WSGIEnvironment:
    # moto wants a scope and takes any key: whose it was, the router has checked.
    scope = f"replayed/20000101/{saved['region']}/s3/aws4_request"
    environ = create_environ(
        saved["path"],
        method="PUT",
        query_string=saved["query"],
        data=saved["body"].encode(),
        headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host"},
    )
    return {**environ, **saved["headers"]}
