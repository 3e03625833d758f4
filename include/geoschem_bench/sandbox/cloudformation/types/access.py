"""IAM: roles, policies and instance profiles."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from geoschem_bench.sandbox.cloudformation.types.base import Made, Place, Properties, Type, Wanted


def _text(document: Any) -> str:  # noqa: ANN401 - a policy, or its text
    return document if isinstance(document, str) else json.dumps(document)


def _make_role(place: Place, wanted: Wanted) -> Made:
    properties = wanted.properties
    role = place.client("iam").create_role(
        RoleName=wanted.name,
        AssumeRolePolicyDocument=_text(properties["AssumeRolePolicyDocument"]),
        Tags=wanted.tag_list(),
        **wanted.only("Path", "Description", "MaxSessionDuration", "PermissionsBoundary"),
    )["Role"]
    _set_policies(place, wanted.name, {}, properties)
    return Made(wanted.name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _set_policies(place: Place, role: str, old: Properties, new: Properties) -> None:
    iam = place.client("iam")
    attached = set(old.get("ManagedPolicyArns", []))
    for arn in attached - set(new.get("ManagedPolicyArns", [])):
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in set(new.get("ManagedPolicyArns", [])) - attached:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    names = {each["PolicyName"] for each in new.get("Policies", [])}
    for each in old.get("Policies", []):
        if each["PolicyName"] not in names:
            iam.delete_role_policy(RoleName=role, PolicyName=each["PolicyName"])
    for each in new.get("Policies", []):
        document = _text(each["PolicyDocument"])
        iam.put_role_policy(RoleName=role, PolicyName=each["PolicyName"], PolicyDocument=document)


def _change_role(place: Place, made: Made, old: Properties, wanted: Wanted) -> Made:
    iam, new = place.client("iam"), wanted.properties
    trust = _text(new["AssumeRolePolicyDocument"])
    iam.update_assume_role_policy(RoleName=made.physical_id, PolicyDocument=trust)
    iam.update_role(RoleName=made.physical_id, **wanted.only("Description", "MaxSessionDuration"))
    _set_policies(place, made.physical_id, old, new)
    gone = {each["Key"] for each in old.get("Tags", [])} - set(wanted.tags())
    iam.untag_role(RoleName=made.physical_id, TagKeys=sorted(gone))
    iam.tag_role(RoleName=made.physical_id, Tags=wanted.tag_list())
    return made


def _delete_role(place: Place, made: Made, _: Properties) -> None:
    iam, name = place.client("iam"), made.physical_id
    for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=each["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def _make_profile(place: Place, wanted: Wanted) -> Made:
    iam = place.client("iam")
    profile = iam.create_instance_profile(InstanceProfileName=wanted.name, **wanted.only("Path"))[
        "InstanceProfile"
    ]
    for role in wanted.properties.get("Roles", []):
        iam.add_role_to_instance_profile(InstanceProfileName=wanted.name, RoleName=role)
    return Made(wanted.name, {"Arn": profile["Arn"]})


def _change_profile(place: Place, made: Made, old: Properties, wanted: Wanted) -> Made:
    iam, name = place.client("iam"), made.physical_id
    for role in old.get("Roles", []):
        with suppress(iam.exceptions.NoSuchEntityException):  # deleted with its replacement
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
    for role in wanted.properties.get("Roles", []):
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    return made


def _delete_profile(place: Place, made: Made, properties: Properties) -> None:
    iam, name = place.client("iam"), made.physical_id
    for role in properties.get("Roles", []):
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=name)


def _make_managed(place: Place, wanted: Wanted) -> Made:
    iam = place.client("iam")
    arn = iam.create_policy(
        PolicyName=wanted.name,
        PolicyDocument=_text(wanted.properties["PolicyDocument"]),
        **wanted.only("Path", "Description"),
    )["Policy"]["Arn"]
    for role in wanted.properties.get("Roles", []):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    return Made(arn, {"PolicyArn": arn})


def _change_managed(place: Place, made: Made, old: Properties, wanted: Wanted) -> Made:
    iam, arn = place.client("iam"), made.physical_id
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    if len(versions) > 4:  # IAM keeps five
        oldest = min((each for each in versions if not each["IsDefaultVersion"]),
                     key=lambda each: each["CreateDate"])  # fmt: skip
        iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
    document = _text(wanted.properties["PolicyDocument"])
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    before, after = set(old.get("Roles", [])), set(wanted.properties.get("Roles", []))
    for role in before - after:
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    for role in after - before:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    return made


def _delete_managed(place: Place, made: Made, _: Properties) -> None:
    iam, arn = place.client("iam"), made.physical_id
    for role in iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]:
        iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)


def _put_inline(place: Place, wanted: Wanted) -> Made:
    name = wanted.properties["PolicyName"]
    document = _text(wanted.properties["PolicyDocument"])
    for role in wanted.properties.get("Roles", []):
        place.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    return Made(wanted.name, {"Id": wanted.name})


def _change_inline(place: Place, made: Made, old: Properties, wanted: Wanted) -> Made:
    _delete_inline(place, made, old)
    _put_inline(place, wanted)
    return made


def _delete_inline(place: Place, _: Made, properties: Properties) -> None:
    iam = place.client("iam")
    for role in properties.get("Roles", []):
        with suppress(iam.exceptions.NoSuchEntityException):  # gone with its role
            iam.delete_role_policy(RoleName=role, PolicyName=properties["PolicyName"])


TYPES = {
    "AWS::IAM::Role": Type(
        _make_role, _delete_role, _change_role,
        fixed=("RoleName", "Path", "PermissionsBoundary"), name="RoleName",
    ),
    "AWS::IAM::InstanceProfile": Type(
        _make_profile, _delete_profile, _change_profile,
        fixed=("InstanceProfileName", "Path"), name="InstanceProfileName",
    ),
    "AWS::IAM::ManagedPolicy": Type(
        _make_managed, _delete_managed, _change_managed,
        fixed=("ManagedPolicyName", "Path", "Description"), name="ManagedPolicyName",
    ),
    "AWS::IAM::Policy": Type(_put_inline, _delete_inline, _change_inline),
}  # fmt: skip
