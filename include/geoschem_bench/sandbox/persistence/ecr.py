"""ECR in plain files.

ecr/<region>/<repository>.json    settings and images: manifests, tags and digests
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoschem_bench.sandbox.files import file_name, json_files, read_json, write_json

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from moto.ecr.models import ECRBackend, Image, Repository

_READS = ("Get", "Describe", "List", "BatchGet", "BatchCheck")
_PLAIN_FIELDS = (
    "encryption_configuration", "image_scanning_configuration", "image_tag_mutability",
    "layers", "lifecycle_policy", "policy",
)  # fmt: skip


class ECRMirror:
    """Keeps files equal to moto's repositories."""

    def __init__(self, folder: Path, account: str) -> None:
        self._folder = folder
        self._account = account

    def is_change(self, environ: WSGIEnvironment) -> bool:
        """Whether a request may change anything."""
        operation = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]
        return not operation.startswith(_READS)

    def write(self, environ: WSGIEnvironment, body: bytes, region: str) -> None:
        """Writes through what a request that succeeded has changed."""
        self.refresh(region)

    def refresh(self, region: str) -> None:
        """Rewrites all repositories of a region: there are few, and changes are rare."""
        backend = self._backend(region)
        names = set()
        for repository in backend.repositories.values():
            path = self._folder / region / f"{file_name(repository.name)}.json"
            write_json(path, _document(backend, repository))
            names.add(path.name)
        for path in json_files(self._folder / region):
            if path.name not in names:
                path.unlink()

    def load(self) -> None:
        """Fills moto with what the files say."""
        for path in sorted(self._folder.glob("*/*.json")):
            if not path.name.startswith("."):
                _load(self._backend(path.parent.name), read_json(path))

    def _backend(self, region: str) -> ECRBackend:
        from moto.ecr.models import ecr_backends  # heavy, and often nobody has a repository

        return ecr_backends[self._account][region]


def _document(backend: ECRBackend, repository: Repository) -> dict[str, Any]:
    return {
        "name": repository.name,
        "created_at": repository.created_at.isoformat(),
        "tags": backend.tagger.list_tags_for_resource(repository.arn)["tags"],
        "fields": {name: getattr(repository, name) for name in _PLAIN_FIELDS},
        "images": [_image(image) for image in repository.images],
    }


def _image(image: Image) -> dict[str, Any]:
    return {
        "manifest": image.image_manifest,
        "media_type": image.image_manifest_media_type,
        "digest": image.get_image_digest(),
        "tags": image.image_tags,
        "pushed_at": image.image_pushed_at,
    }


def _load(backend: ECRBackend, saved: dict[str, Any]) -> None:
    from moto.ecr.models import Image

    fields = saved["fields"]
    repository = backend.create_repository(
        repository_name=saved["name"],
        registry_id=None,
        encryption_config=fields["encryption_configuration"],
        image_scan_config=fields["image_scanning_configuration"],
        image_tag_mutability=fields["image_tag_mutability"],
        tags=saved["tags"],
    )
    repository.created_at = datetime.fromisoformat(saved["created_at"])
    for name, value in fields.items():
        setattr(repository, name, value)
    for each in saved["images"]:
        tag: Any = each["tags"][-1] if each["tags"] else None
        image = Image(
            backend.account_id, tag, each["manifest"], saved["name"], each["media_type"],
            each["digest"],
        )  # fmt: skip
        image.image_tags, image.image_pushed_at = each["tags"], each["pushed_at"]
        repository.images.append(image)
