"""DynamoDB tables and ECR repositories. Files of their own keep them over a restart."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from geoschem_bench.sandbox.cloudformation.types.base import Made, Place, Properties, Type, Wanted
from geoschem_bench.sandbox.cloudformation.types.words import request

_CREATION = (
    "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema",
    "LocalSecondaryIndexes", "StreamSpecification",
)  # fmt: skip


def _make_table(place: Place, wanted: Wanted) -> Made:
    options: dict[str, Any] = wanted.only(*_CREATION)
    encryption = wanted.properties.get("SSESpecification")
    if encryption is not None:
        enabled = str(encryption["SSEEnabled"]).lower() == "true"
        options["SSESpecification"] = {"Enabled": enabled}
    dynamodb = place.client("dynamodb")
    options = request("dynamodb", "CreateTable", {"TableName": wanted.name, **options})
    dynamodb.create_table(**options)
    return _set_table(place, wanted)


def _set_table(place: Place, wanted: Wanted) -> Made:
    dynamodb, properties = place.client("dynamodb"), wanted.properties
    arn = place.arn("dynamodb", f"table/{wanted.name}")
    recovery = properties.get("PointInTimeRecoverySpecification")
    if recovery is not None:
        enabled = str(recovery["PointInTimeRecoveryEnabled"]).lower() == "true"
        dynamodb.update_continuous_backups(
            TableName=wanted.name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled},
        )
    if (ttl := properties.get("TimeToLiveSpecification")) is not None:
        dynamodb.update_time_to_live(TableName=wanted.name, TimeToLiveSpecification=ttl)
    if "DeletionProtectionEnabled" in properties:
        protected = str(properties["DeletionProtectionEnabled"]).lower() == "true"
        dynamodb.update_table(TableName=wanted.name, DeletionProtectionEnabled=protected)
    if wanted.tags():
        dynamodb.tag_resource(ResourceArn=arn, Tags=wanted.tag_list())
    return Made(wanted.name, {"Arn": arn})


def _change_table(place: Place, made: Made, old: Properties, wanted: Wanted) -> Made:
    changes = _index_changes(old, wanted.properties)
    dynamodb = place.client("dynamodb")
    if old.get("BillingMode") != wanted.properties.get("BillingMode"):
        mode = wanted.properties.get("BillingMode", "PROVISIONED")
        dynamodb.update_table(TableName=wanted.name, BillingMode=mode)
    for change in changes:  # DynamoDB takes one at a time
        dynamodb.update_table(
            TableName=wanted.name,
            AttributeDefinitions=wanted.properties["AttributeDefinitions"],
            GlobalSecondaryIndexUpdates=[change],
        )
    _set_table(place, wanted)
    return made


def _index_changes(old: Properties, new: Properties) -> list[dict[str, Any]]:
    before = {each["IndexName"]: each for each in old.get("GlobalSecondaryIndexes", [])}
    after = {each["IndexName"]: each for each in new.get("GlobalSecondaryIndexes", [])}
    gone = [{"Delete": {"IndexName": name}} for name in before if before[name] != after.get(name)]
    made = [{"Create": each} for name, each in after.items() if each != before.get(name)]
    return [*gone, *made]


def _delete_table(place: Place, made: Made, _: Properties) -> None:
    place.client("dynamodb").delete_table(TableName=made.physical_id)


def _adopt_table(place: Place, wanted: Wanted) -> Made | None:
    dynamodb = place.client("dynamodb")
    try:
        found = dynamodb.describe_table(TableName=wanted.name)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return None
    old = {"GlobalSecondaryIndexes": found.get("GlobalSecondaryIndexes", [])}
    known = {each["IndexName"] for each in old["GlobalSecondaryIndexes"]}
    for change in _index_changes({}, wanted.properties):
        if change["Create"]["IndexName"] not in known:
            dynamodb.update_table(
                TableName=wanted.name,
                AttributeDefinitions=wanted.properties["AttributeDefinitions"],
                GlobalSecondaryIndexUpdates=[change],
            )
    return _set_table(place, wanted)


def _make_repository(place: Place, wanted: Wanted) -> Made:
    options: dict[str, Any] = {}
    if (scanning := wanted.properties.get("ImageScanningConfiguration")) is not None:
        on_push = str(scanning.get("ScanOnPush", False)).lower() == "true"
        options["imageScanningConfiguration"] = {"scanOnPush": on_push}
    if "ImageTagMutability" in wanted.properties:
        options["imageTagMutability"] = wanted.properties["ImageTagMutability"]
    ecr = place.client("ecr")
    ecr.create_repository(repositoryName=wanted.name, tags=wanted.tag_list(), **options)
    return _set_repository(place, wanted)


def _set_repository(place: Place, wanted: Wanted) -> Made:
    ecr, properties = place.client("ecr"), wanted.properties
    found = ecr.describe_repositories(repositoryNames=[wanted.name])["repositories"][0]
    if "ImageTagMutability" in properties:
        ecr.put_image_tag_mutability(
            repositoryName=wanted.name, imageTagMutability=properties["ImageTagMutability"]
        )
    text = properties.get("LifecyclePolicy", {}).get("LifecyclePolicyText")
    if text is not None:
        ecr.put_lifecycle_policy(repositoryName=wanted.name, lifecyclePolicyText=text)
    else:
        with suppress(ecr.exceptions.LifecyclePolicyNotFoundException):
            ecr.delete_lifecycle_policy(repositoryName=wanted.name)
    if wanted.tags():
        ecr.tag_resource(resourceArn=found["repositoryArn"], tags=wanted.tag_list())
    attributes = {"Arn": found["repositoryArn"], "RepositoryUri": found["repositoryUri"]}
    return Made(wanted.name, attributes)


def _change_repository(place: Place, _: Made, __: Properties, wanted: Wanted) -> Made:
    return _set_repository(place, wanted)


def _delete_repository(place: Place, made: Made, properties: Properties) -> None:
    force = str(properties.get("EmptyOnDelete", False)).lower() == "true"
    place.client("ecr").delete_repository(repositoryName=made.physical_id, force=force)


def _adopt_repository(place: Place, wanted: Wanted) -> Made | None:
    ecr = place.client("ecr")
    try:
        return _set_repository(place, wanted)
    except ecr.exceptions.RepositoryNotFoundException:
        return None


TYPES = {
    "AWS::DynamoDB::Table": Type(
        _make_table, _delete_table, _change_table, fixed=("TableName", "KeySchema"),
        name="TableName", adopt=_adopt_table, is_kept=True,
    ),
    "AWS::ECR::Repository": Type(
        _make_repository, _delete_repository, _change_repository, fixed=("RepositoryName",),
        name="RepositoryName", adopt=_adopt_repository, is_kept=True,
    ),
}  # fmt: skip
