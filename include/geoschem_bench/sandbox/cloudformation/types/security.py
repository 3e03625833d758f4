"""EC2: security groups and their rules."""

from __future__ import annotations

from typing import Any

from geoschem_bench.sandbox.cloudformation.types.base import (
    Made,
    Place,
    Properties,
    Type,
    Wanted,
)
from geoschem_bench.sandbox.cloudformation.types.network import retag

_ANYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
"""What AWS lets every new group send, until a template says what it may."""


def _make_group(place: Place, wanted: Wanted) -> Made:
    tags = wanted.tag_list()
    options = {"TagSpecifications": [{"ResourceType": "security-group", "Tags": tags}]}
    made_id = place.client("ec2").create_security_group(
        GroupName=wanted.name,
        Description=wanted.properties["GroupDescription"],
        **wanted.only("VpcId"),
        **(options if tags else {}),
    )["GroupId"]
    _set_rules(place, made_id, {}, wanted.properties)
    attributes = {"GroupId": made_id, "Id": made_id, "GroupName": wanted.name}
    return Made(made_id, {**attributes, "VpcId": wanted.properties.get("VpcId", "")})


def _change_group(place: Place, made: Made, old: Properties, wanted: Wanted) -> Made:
    _set_rules(place, made.physical_id, old, wanted.properties)
    return retag(place, made, old, wanted)


def _set_rules(place: Place, group: str, old: Properties, new: Properties) -> None:
    """From the old rules to the new; a group whose rules are not said may send anything."""
    ec2 = place.client("ec2")
    for direction in ("ingress", "egress"):
        name = f"SecurityGroup{direction.title()}"
        usual = [_ANYWHERE] if direction == "egress" else []
        before = [_permission(rule) for rule in old.get(name, [])] or usual
        after = [_permission(rule) for rule in new.get(name, [])] or usual
        for permission in before:
            if permission not in after:
                revoke = getattr(ec2, f"revoke_security_group_{direction}")
                revoke(GroupId=group, IpPermissions=[permission])
        for permission in after:
            if permission not in before:
                authorize = getattr(ec2, f"authorize_security_group_{direction}")
                authorize(GroupId=group, IpPermissions=[permission])


def _delete_group(place: Place, made: Made, _: Properties) -> None:
    place.client("ec2").delete_security_group(GroupId=made.physical_id)


def _permission(rule: Properties) -> dict[str, Any]:
    """One rule as EC2 wants it."""
    permission: dict[str, Any] = {"IpProtocol": str(rule["IpProtocol"])}
    for name in ("FromPort", "ToPort"):
        if name in rule:
            permission[name] = int(rule[name])
    if "CidrIp" in rule:
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"]}]
    if "CidrIpv6" in rule:
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"]}]
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    if group:
        permission["UserIdGroupPairs"] = [{"GroupId": group}]
    lists = rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId")
    if lists:
        permission["PrefixListIds"] = [{"PrefixListId": lists}]
    return permission


def _rule(direction: str) -> Type:
    def make(place: Place, wanted: Wanted) -> Made:
        call = getattr(place.client("ec2"), f"authorize_security_group_{direction}")
        group = wanted.properties["GroupId"]
        answer = call(GroupId=group, IpPermissions=[_permission(wanted.properties)])
        rules = answer.get("SecurityGroupRules", [])
        made_id = rules[0]["SecurityGroupRuleId"] if rules else f"{group}|{direction}"
        return Made(made_id, {"Id": made_id})

    def delete(place: Place, _: Made, properties: Properties) -> None:
        call = getattr(place.client("ec2"), f"revoke_security_group_{direction}")
        call(GroupId=properties["GroupId"], IpPermissions=[_permission(properties)])

    return Type(make, delete, is_single=True)


TYPES = {
    "AWS::EC2::SecurityGroup": Type(
        _make_group, _delete_group, _change_group, name="GroupName",
        fixed=("GroupName", "GroupDescription", "VpcId"),
    ),
    "AWS::EC2::SecurityGroupEgress": _rule("egress"),
    "AWS::EC2::SecurityGroupIngress": _rule("ingress"),
}  # fmt: skip
