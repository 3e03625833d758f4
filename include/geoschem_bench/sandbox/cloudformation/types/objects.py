"""S3: buckets and their policies. Its own files keep them over a restart."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from geoschem_bench.sandbox.cloudformation.types.base import Made, Place, Properties, Type, Wanted


def _make_bucket(place: Place, wanted: Wanted) -> Made:
    s3 = place.client("s3")
    options: dict[str, Any] = {"Bucket": wanted.name}
    if place.region != "us-east-1":  # the one region that must not be named
        options["CreateBucketConfiguration"] = {"LocationConstraint": place.region}
    s3.create_bucket(**options)
    return _set_bucket(place, wanted)


def _set_bucket(place: Place, wanted: Wanted) -> Made:
    s3, name = place.client("s3"), wanted.name
    for key, setting in _settings(wanted.properties).items():
        getattr(s3, f"put_{key}")(Bucket=name, **setting)
    tags = wanted.tag_list()
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    host = f"{name}.s3"
    return Made(name, {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{host}.amazonaws.com",
        "RegionalDomainName": f"{host}.{place.region}.amazonaws.com",
    })  # fmt: skip


def _settings(properties: Properties) -> dict[str, dict[str, Any]]:
    """From CloudFormation's words to those of S3's calls."""
    made: dict[str, dict[str, Any]] = {}
    if (given := properties.get("PublicAccessBlockConfiguration")) is not None:
        flags = {name: str(value).lower() == "true" for name, value in given.items()}
        made["public_access_block"] = {"PublicAccessBlockConfiguration": flags}
    if (given := properties.get("OwnershipControls")) is not None:
        made["bucket_ownership_controls"] = {"OwnershipControls": given}
    if (given := properties.get("VersioningConfiguration")) is not None:
        made["bucket_versioning"] = {"VersioningConfiguration": given}
    if (given := properties.get("BucketEncryption")) is not None:
        rules = [
            {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
            for rule in given["ServerSideEncryptionConfiguration"]
        ]
        configuration = {"ServerSideEncryptionConfiguration": {"Rules": rules}}
        made["bucket_encryption"] = configuration
    if (given := properties.get("LifecycleConfiguration")) is not None:
        rules = [_lifecycle(rule) for rule in given["Rules"]]
        made["bucket_lifecycle_configuration"] = {"LifecycleConfiguration": {"Rules": rules}}
    return made


def _lifecycle(rule: Properties) -> dict[str, Any]:
    made: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    expiration: dict[str, Any] = {}
    if "ExpirationInDays" in rule:
        expiration["Days"] = int(rule["ExpirationInDays"])
    if "ExpiredObjectDeleteMarker" in rule:
        marker = str(rule["ExpiredObjectDeleteMarker"]).lower() == "true"
        expiration["ExpiredObjectDeleteMarker"] = marker
    if expiration:
        made["Expiration"] = expiration
    moves = [*rule.get("Transitions", []), *([rule["Transition"]] if "Transition" in rule else [])]
    if moves:
        made["Transitions"] = [
            {"Days": int(each["TransitionInDays"]), "StorageClass": each["StorageClass"]}
            for each in moves
        ]
    if (old := rule.get("NoncurrentVersionExpiration")) is not None:
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(old["NoncurrentDays"])}
    if (parts := rule.get("AbortIncompleteMultipartUpload")) is not None:
        days = int(parts["DaysAfterInitiation"])
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return made


def _change_bucket(place: Place, _: Made, old: Properties, wanted: Wanted) -> Made:
    s3 = place.client("s3")
    for key in set(_settings(old)) - set(_settings(wanted.properties)):
        if key != "bucket_versioning":  # can be suspended, never removed
            gone = key.replace("_configuration", "") if "lifecycle" in key else key
            getattr(s3, f"delete_{gone}")(Bucket=wanted.name)
    return _set_bucket(place, wanted)


def _delete_bucket(place: Place, made: Made, _: Properties) -> None:
    place.client("s3").delete_bucket(Bucket=made.physical_id)


def _adopt_bucket(place: Place, wanted: Wanted) -> Made | None:
    try:
        place.client("s3").head_bucket(Bucket=wanted.name)
    except ClientError:
        return None
    return _set_bucket(place, wanted)


def _put_policy(place: Place, wanted: Wanted) -> Made:
    bucket = wanted.properties["Bucket"]
    document = json.dumps(wanted.properties["PolicyDocument"])
    place.client("s3").put_bucket_policy(Bucket=bucket, Policy=document)
    return Made(bucket)


def _change_policy(place: Place, _: Made, __: Properties, wanted: Wanted) -> Made:
    return _put_policy(place, wanted)


def _delete_policy(place: Place, _: Made, properties: Properties) -> None:
    place.client("s3").delete_bucket_policy(Bucket=properties["Bucket"])


TYPES = {
    "AWS::S3::Bucket": Type(
        _make_bucket, _delete_bucket, _change_bucket, fixed=("BucketName",), name="BucketName",
        adopt=_adopt_bucket, is_kept=True,
    ),
    "AWS::S3::BucketPolicy": Type(
        _put_policy, _delete_policy, _change_policy, fixed=("Bucket",), is_kept=True
    ),
}  # fmt: skip
