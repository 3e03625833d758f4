"""For which architectures a container image was built, as its registry says."""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import AWS_ERRORS, code_of, explained
from geoschem_bench.catalog import normalise_architecture

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]+))?"
)
_MANIFESTS = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
]
_ABSENT = ("RepositoryNotFoundException", "ImageNotFoundException")
_CONFIG_SECONDS = 15


@dataclass(frozen=True)
class Image:
    """What is known of an image."""

    uri: str
    is_there: bool | None
    """None: nobody here can tell."""
    architectures: frozenset[str]
    """Empty: nobody here can tell."""
    why: str = ""
    """Why it is missing, or why nobody can tell."""


@dataclass(frozen=True)
class _Place:
    account: str
    region: str
    repository: str
    image: dict[str, str]


def repository_of(uri: str) -> tuple[str, str] | None:
    """Region and repository of an image in ECR; None for one of another registry."""
    place = _place(uri)
    return (place.region, place.repository) if place else None


def find_image(account: Account, uri: str) -> Image:
    """The image of this address. Never raises for what AWS refuses: that is in `why`."""
    place = _place(uri)
    if place is None:
        return Image(uri, None, frozenset(), "it is not in ECR, and other registries are not asked")
    try:
        answer = account.client("ecr", place.region).batch_get_image(
            registryId=place.account,
            repositoryName=place.repository,
            imageIds=[place.image],
            acceptedMediaTypes=_MANIFESTS,
        )
        if not answer["images"]:
            reason = next((f["failureReason"] for f in answer.get("failures", [])), "not found")
            return Image(uri, False, frozenset(), reason)
        manifest = json.loads(answer["images"][0]["imageManifest"])
        return _image(account, uri, place, manifest)
    except ClientError as error:
        if code_of(error) in _ABSENT:
            return Image(uri, False, frozenset(), f"there is no repository {place.repository}")
        return Image(uri, None, frozenset(), explained(error, place.region, account.profile))
    except (*AWS_ERRORS, ValueError) as error:
        return Image(uri, None, frozenset(), explained(error, place.region, account.profile))


def _place(uri: str) -> _Place | None:
    found = _ECR.fullmatch(uri)
    if found is None:
        return None
    digest, tag = found["digest"], found["tag"] or "latest"
    image = {"imageDigest": digest} if digest else {"imageTag": tag}
    return _Place(found["account"], found["region"], found["repository"], image)


def _image(account: Account, uri: str, place: _Place, manifest: dict[str, Any]) -> Image:
    if "manifests" in manifest:
        named = (m.get("platform", {}).get("architecture", "") for m in manifest["manifests"])
        # attestations of a build are entries of architecture `unknown`
        known = frozenset(filter(None, map(normalise_architecture, named)))
        return Image(uri, True, known, "" if known else "its manifest list names no platform")
    try:
        architecture = _of_config(account, place, manifest["config"]["digest"])
    except (*AWS_ERRORS, OSError, ValueError, KeyError) as error:
        why = (
            f"its manifest is of one architecture, and its configuration is not to be had: {error}"
        )
        return Image(uri, True, frozenset(), why)
    return Image(uri, True, frozenset({architecture}))


def _of_config(account: Account, place: _Place, digest: str) -> str:
    """An image of one architecture says which in its configuration, a layer like the others."""
    url = account.client("ecr", place.region).get_download_url_for_layer(
        registryId=place.account, repositoryName=place.repository, layerDigest=digest
    )["downloadUrl"]
    if not url.startswith("https://"):
        raise ValueError(f"no address to load from: {url}")
    with urllib.request.urlopen(url, timeout=_CONFIG_SECONDS) as answer:  # noqa: S310 - https only, see above
        architecture = normalise_architecture(str(json.load(answer)["architecture"]))
    if architecture is None:
        raise ValueError("it names an architecture that we do not know")
    return architecture
