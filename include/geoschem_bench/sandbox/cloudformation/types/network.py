"""EC2: the network and launch templates."""

from __future__ import annotations

from typing import Any

from geoschem_bench.sandbox.cloudformation.types.base import (
    Made,
    Place,
    Properties,
    Type,
    Wanted,
)
from geoschem_bench.sandbox.cloudformation.types.words import request


def _tagged(wanted: Wanted, kind: str) -> dict[str, Any]:
    tags = wanted.tag_list()
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def retag(place: Place, made: Made, old: Properties, wanted: Wanted) -> Made:
    """Tags are all that may change in place."""
    ec2 = place.client("ec2")
    gone = {each["Key"] for each in old.get("Tags", [])} - set(wanted.tags())
    if gone:
        ec2.delete_tags(Resources=[made.physical_id], Tags=[{"Key": key} for key in gone])
    if wanted.tags():
        ec2.create_tags(Resources=[made.physical_id], Tags=wanted.tag_list())
    return made


def _make_vpc(place: Place, wanted: Wanted) -> Made:
    ec2 = place.client("ec2")
    options = {**wanted.only("CidrBlock", "InstanceTenancy"), **_tagged(wanted, "vpc")}
    vpc = ec2.create_vpc(**options)["Vpc"]
    for name in ("EnableDnsSupport", "EnableDnsHostnames"):
        if name in wanted.properties:
            value = {"Value": _is_true(wanted.properties[name])}
            ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], **{name: value})
    groups = ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc["VpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    attributes = {"VpcId": vpc["VpcId"], "CidrBlock": vpc["CidrBlock"]}
    return Made(vpc["VpcId"], {**attributes, "DefaultSecurityGroup": groups[0]["GroupId"]})


def _delete_vpc(place: Place, made: Made, _: Properties) -> None:
    place.client("ec2").delete_vpc(VpcId=made.physical_id)


def _make_subnet(place: Place, wanted: Wanted) -> Made:
    ec2 = place.client("ec2")
    options = wanted.only("VpcId", "CidrBlock", "AvailabilityZone")
    subnet = ec2.create_subnet(**options, **_tagged(wanted, "subnet"))["Subnet"]
    if "MapPublicIpOnLaunch" in wanted.properties:
        value = {"Value": _is_true(wanted.properties["MapPublicIpOnLaunch"])}
        ec2.modify_subnet_attribute(SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch=value)
    shown = ("SubnetId", "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId")
    return Made(subnet["SubnetId"], {name: subnet[name] for name in shown})


def _delete_subnet(place: Place, made: Made, _: Properties) -> None:
    place.client("ec2").delete_subnet(SubnetId=made.physical_id)


def _make_gateway(place: Place, wanted: Wanted) -> Made:
    options = _tagged(wanted, "internet-gateway")
    gateway = place.client("ec2").create_internet_gateway(**options)["InternetGateway"]
    made_id = gateway["InternetGatewayId"]
    return Made(made_id, {"InternetGatewayId": made_id})


def _delete_gateway(place: Place, made: Made, _: Properties) -> None:
    place.client("ec2").delete_internet_gateway(InternetGatewayId=made.physical_id)


def _attach(place: Place, wanted: Wanted) -> Made:
    pair = wanted.only("InternetGatewayId", "VpcId")
    place.client("ec2").attach_internet_gateway(**pair)
    return Made(f"IGW|{pair['VpcId']}", {"AttachmentType": "IGW"})


def _detach(place: Place, _: Made, properties: Properties) -> None:
    pair = {name: properties[name] for name in ("InternetGatewayId", "VpcId")}
    place.client("ec2").detach_internet_gateway(**pair)


def _make_routes(place: Place, wanted: Wanted) -> Made:
    options = _tagged(wanted, "route-table")
    ec2 = place.client("ec2")
    table = ec2.create_route_table(VpcId=wanted.properties["VpcId"], **options)["RouteTable"]
    return Made(table["RouteTableId"], {"RouteTableId": table["RouteTableId"]})


def _delete_routes(place: Place, made: Made, _: Properties) -> None:
    place.client("ec2").delete_route_table(RouteTableId=made.physical_id)


def _make_route(place: Place, wanted: Wanted) -> Made:
    place.client("ec2").create_route(**wanted.properties)
    goal = wanted.properties.get("DestinationCidrBlock")
    return Made(f"{wanted.properties['RouteTableId']}|{goal}", {"CidrBlock": goal})


def _delete_route(place: Place, _: Made, properties: Properties) -> None:
    place.client("ec2").delete_route(
        RouteTableId=properties["RouteTableId"],
        DestinationCidrBlock=properties["DestinationCidrBlock"],
    )


def _associate(place: Place, wanted: Wanted) -> Made:
    pair = wanted.only("RouteTableId", "SubnetId")
    made_id = place.client("ec2").associate_route_table(**pair)["AssociationId"]
    return Made(made_id, {"Id": made_id})


def _dissociate(place: Place, made: Made, _: Properties) -> None:
    place.client("ec2").disassociate_route_table(AssociationId=made.physical_id)


def _make_endpoint(place: Place, wanted: Wanted) -> Made:
    properties = dict(wanted.properties)
    properties.pop("Tags", None)
    properties.pop("PolicyDocument", None)
    options = {**properties, **_tagged(wanted, "vpc-endpoint")}
    endpoint = place.client("ec2").create_vpc_endpoint(**options)["VpcEndpoint"]
    return Made(endpoint["VpcEndpointId"], {"Id": endpoint["VpcEndpointId"]})


def _delete_endpoint(place: Place, made: Made, _: Properties) -> None:
    place.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[made.physical_id])


def _launch_data(wanted: Wanted) -> Any:  # noqa: ANN401 - any JSON
    data = {"LaunchTemplateName": wanted.name, **wanted.only("LaunchTemplateData")}
    return request("ec2", "CreateLaunchTemplate", data)["LaunchTemplateData"]


def _make_launch_template(place: Place, wanted: Wanted) -> Made:
    template = place.client("ec2").create_launch_template(
        LaunchTemplateName=wanted.name,
        LaunchTemplateData=_launch_data(wanted),
        **_tagged(wanted, "launch-template"),
    )["LaunchTemplate"]
    return Made(template["LaunchTemplateId"], _versions(template["LaunchTemplateId"], 1))


def _new_version(place: Place, made: Made, _: Properties, wanted: Wanted) -> Made:
    answer = place.client("ec2").create_launch_template_version(
        LaunchTemplateId=made.physical_id,
        LaunchTemplateData=_launch_data(wanted),
    )
    number = answer["LaunchTemplateVersion"]["VersionNumber"]
    return Made(made.physical_id, _versions(made.physical_id, number))


def _versions(made_id: str, latest: int) -> dict[str, Any]:
    numbers = {"DefaultVersionNumber": "1", "LatestVersionNumber": str(latest)}
    return {"LaunchTemplateId": made_id, **numbers}


def _delete_launch_template(place: Place, made: Made, _: Properties) -> None:
    place.client("ec2").delete_launch_template(LaunchTemplateId=made.physical_id)


def _is_true(value: Any) -> bool:  # noqa: ANN401 - a truth value, or its text
    return str(value).lower() == "true"


TYPES = {
    "AWS::EC2::VPC": Type(
        _make_vpc, _delete_vpc, retag, fixed=("CidrBlock", "InstanceTenancy", "EnableDnsSupport",
                                               "EnableDnsHostnames"),
    ),
    "AWS::EC2::Subnet": Type(
        _make_subnet, _delete_subnet, retag,
        fixed=("VpcId", "CidrBlock", "AvailabilityZone", "MapPublicIpOnLaunch"),
    ),
    "AWS::EC2::InternetGateway": Type(_make_gateway, _delete_gateway, retag),
    "AWS::EC2::VPCGatewayAttachment": Type(_attach, _detach, is_single=True),
    "AWS::EC2::RouteTable": Type(_make_routes, _delete_routes, retag, fixed=("VpcId",)),
    "AWS::EC2::Route": Type(
        _make_route, _delete_route, is_single=True
    ),
    "AWS::EC2::SubnetRouteTableAssociation": Type(
        _associate, _dissociate, is_single=True
    ),
    # moto moves no routes when it modifies one
    "AWS::EC2::VPCEndpoint": Type(_make_endpoint, _delete_endpoint, is_single=True),
    "AWS::EC2::LaunchTemplate": Type(
        _make_launch_template, _delete_launch_template, _new_version,
        fixed=("LaunchTemplateName",), name="LaunchTemplateName",
    ),
}  # fmt: skip
