"""What moto's models lack: deleting, changing, and taking over what is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudformation import parsing
from moto.dynamodb.models import dynamodb_backends
from moto.ec2.models import ec2_backends
from moto.ecr.models import ecr_backends
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends

from geoschem_bench.sandbox.stacks.batch import BatchResource

Place = tuple[str, str]
"""Account and region."""
Moto = Any
"""An object or a class of moto's."""
Source = dict[str, Any]
"""What a resource was made of."""


def _release_gateway(ec2: Moto, _: Moto, asked: Source) -> None:
    ec2.detach_internet_gateway(asked["InternetGatewayId"], asked["VpcId"])


def _release_subnet(ec2: Moto, it: Moto, _: Source) -> None:
    ec2.subnet_associations.pop(f"{it.route_table_id}:{it.subnet_id}", None)
    if it.route_table_id in ec2.route_tables:
        _unlink(ec2.route_tables[it.route_table_id], it.subnet_id)


def _unlink(table: Moto, subnet: str) -> None:
    for key in [key for key, linked in table._associations.items() if linked == subnet]:
        del table._associations[key]


def _remove_ingress(ec2: Moto, rule: Moto, asked: Source) -> None:
    source = asked.get("SourceSecurityGroupId")
    ec2.revoke_security_group_ingress(
        rule.security_group.id,
        asked["IpProtocol"],
        asked.get("FromPort"),
        asked.get("ToPort"),
        [{"CidrIp": asked["CidrIp"]}] if "CidrIp" in asked else [],
        source_groups=[{"GroupId": source}] if source else [],
    )


_IN_EC2: dict[str, Callable[[Moto, Moto, Source], object]] = {
    "AWS::EC2::InternetGateway": lambda ec2, it, _: ec2.delete_internet_gateway(it.id),
    "AWS::EC2::Route": lambda ec2, it, asked: ec2.delete_route(
        asked["RouteTableId"], asked["DestinationCidrBlock"]
    ),
    "AWS::EC2::RouteTable": lambda ec2, it, _: ec2.delete_route_table(it.id),
    "AWS::EC2::SecurityGroupIngress": _remove_ingress,
    "AWS::EC2::SubnetRouteTableAssociation": _release_subnet,
    "AWS::EC2::VPCEndpoint": lambda ec2, it, _: ec2.delete_vpc_endpoints([it.id]),
    "AWS::EC2::VPCGatewayAttachment": _release_gateway,
}
_GO_WITH_ANOTHER = ("AWS::Lambda::Permission",)
"""Part of a resource that the same stack deletes."""

_PRESENT: dict[str, Callable[[Place, str], Moto]] = {
    "AWS::DynamoDB::Table": lambda at, name: dynamodb_backends[at[0]][at[1]].tables.get(name),
    "AWS::ECR::Repository": lambda at, name: ecr_backends[at[0]][at[1]].repositories.get(name),
    "AWS::Logs::LogGroup": lambda at, name: logs_backends[at[0]][at[1]].groups.get(name),
    "AWS::S3::Bucket": lambda at, name: s3_backends[at[0]]["aws"].buckets.get(name),
}


def adopted(
    kind: str, model: Moto, name: str, wanted: Source, place: Place, *, is_ours: bool
) -> Moto | None:
    """What is there already of this name, or nothing. `is_ours`: from before a restart."""
    if issubclass(model, BatchResource):
        return model.existing(name, wanted["Properties"], is_ours=is_ours)
    found = _PRESENT[kind](place, name) if kind in _PRESENT else None
    if found is not None:
        updated(wanted, found)
    return found


def updated(wanted: Source, resource: Moto) -> None:
    """Sets what moto passes over or cannot change, as far as somebody may look at it."""
    if wanted["Type"] == "AWS::Logs::LogGroup":
        days = wanted["Properties"].get("RetentionInDays")
        resource.retention_in_days = days and int(days)
    elif wanted["Type"] == "AWS::EC2::Subnet":
        given = wanted["Properties"].get("MapPublicIpOnLaunch", False)
        resource.map_public_ip_on_launch = str(given).lower() == "true"


def completed(wanted: Source, resource: Moto, place: Place) -> None:
    """Does of a new resource what moto's CloudFormation leaves undone."""
    updated(wanted, resource)
    if wanted["Type"] == "AWS::EC2::SubnetRouteTableAssociation":
        ec2 = ec2_backends[place[0]][place[1]]
        for table in ec2.route_tables.values():
            _unlink(table, resource.subnet_id)
        ec2.associate_route_table(resource.route_table_id, subnet_id=resource.subnet_id)


def removed(kind: str, resource: Moto, source: Source, place: Place) -> None:
    """Deletes a resource.

    Raises:
        Exception: whatever moto says against it.
    """
    account, region = place
    if kind == "AWS::S3::Bucket" and resource.keys:  # moto leaves it there, and is content
        raise ValueError(f"The bucket {resource.name} is not empty; it must be empty to go")
    if kind in _IN_EC2:
        _IN_EC2[kind](ec2_backends[account][region], resource, source["Properties"])
    elif kind == "AWS::ECR::Repository" and source["Properties"].get("EmptyOnDelete"):
        ecr_backends[account][region].delete_repository(resource.name, account, force=True)
    elif hasattr(resource, "delete"):
        resource.delete(account, region)
    elif kind not in _GO_WITH_ANOTHER:
        parsing.parse_and_delete_resource(resource.physical_resource_id, source, account, region)
