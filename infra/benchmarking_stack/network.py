"""The network: public subnets without a NAT gateway, which would cost money every hour.

Instances reach ECS, ECR and CloudWatch Logs by public addresses of their own; nothing reaches
them. S3 is reached through a gateway endpoint, free of charge, also from the containers of
multi-node jobs, which have no public address.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CfnResource, Fn, Stack
from aws_cdk import aws_ec2 as ec2

_ZONES = "ABC"
_SUBNET_BITS = 8
"""Addresses left to hosts: 251 usable in each subnet of a /16 to /22."""


@dataclass(frozen=True)
class Network:
    """What the other parts need of the network: tokens of ids."""

    vpc: str
    subnets: tuple[str, ...]
    security_group: str
    efa_security_group: str
    way_out: tuple[CfnResource, ...]
    """Without these an instance starts, and reaches nothing."""


def build(stack: Stack) -> Network:
    """The network and its two security groups."""
    vpc = ec2.CfnVPC(
        stack,
        "Vpc",
        cidr_block=Fn.ref("VpcCidr"),
        enable_dns_support=True,
        enable_dns_hostnames=True,
    )
    table, route = _route_to_internet(stack, vpc)
    made = [_subnet(stack, vpc, table, number) for number in range(len(_ZONES))]
    ec2.CfnVPCEndpoint(
        stack,
        "S3Endpoint",
        vpc_id=vpc.ref,
        service_name=Fn.sub("com.amazonaws.${AWS::Region}.s3"),
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.ref],
    )
    return Network(
        vpc.ref,
        tuple(subnet.ref for subnet, _ in made),
        _job_group(stack, vpc),
        _efa_group(stack, vpc),
        (route, *(association for _, association in made)),
    )


def _route_to_internet(stack: Stack, vpc: ec2.CfnVPC) -> tuple[ec2.CfnRouteTable, ec2.CfnRoute]:
    gateway = ec2.CfnInternetGateway(stack, "InternetGateway")
    attachment = ec2.CfnVPCGatewayAttachment(
        stack, "GatewayAttachment", vpc_id=vpc.ref, internet_gateway_id=gateway.ref
    )
    table = ec2.CfnRouteTable(stack, "RouteTable", vpc_id=vpc.ref)
    route = ec2.CfnRoute(
        stack,
        "DefaultRoute",
        route_table_id=table.ref,
        destination_cidr_block="0.0.0.0/0",
        gateway_id=gateway.ref,
    )
    route.add_resource_dependency(attachment)
    return table, route


def _subnet(
    stack: Stack, vpc: ec2.CfnVPC, table: ec2.CfnRouteTable, number: int
) -> tuple[ec2.CfnSubnet, CfnResource]:
    """A subnet, and what ties it to the table."""
    letter = _ZONES[number]
    zone = Fn.select(number, Fn.get_azs())
    if letter == _ZONES[-1]:  # where there are only two, it shares the first one's
        zone = Fn.condition_if("HasTwoZones", Fn.select(0, Fn.get_azs()), zone).to_string()
    subnet = ec2.CfnSubnet(
        stack,
        f"Subnet{letter}",
        vpc_id=vpc.ref,
        availability_zone=zone,
        cidr_block=Fn.select(number, Fn.cidr(Fn.ref("VpcCidr"), len(_ZONES), str(_SUBNET_BITS))),
        map_public_ip_on_launch=True,
    )
    association = ec2.CfnSubnetRouteTableAssociation(
        stack, f"Subnet{letter}Route", subnet_id=subnet.ref, route_table_id=table.ref
    )
    return subnet, association


def _job_group(stack: Stack, vpc: ec2.CfnVPC) -> str:
    group = ec2.CfnSecurityGroup(
        stack,
        "JobSecurityGroup",
        vpc_id=vpc.ref,
        group_description="Benchmark jobs: nothing comes in, AWS is called over HTTPS",
        security_group_egress=[_https()],
    )
    return group.attr_group_id


def _efa_group(stack: Stack, vpc: ec2.CfnVPC) -> str:
    group = ec2.CfnSecurityGroup(
        stack,
        "EfaSecurityGroup",
        vpc_id=vpc.ref,
        group_description="Multi-node benchmark jobs: also everything among themselves (EFA)",
        security_group_egress=[_https()],
    )
    own = group.attr_group_id
    ec2.CfnSecurityGroupIngress(
        stack,
        "EfaIngress",
        group_id=own,
        ip_protocol="-1",
        source_security_group_id=own,
    )
    ec2.CfnSecurityGroupEgress(
        stack,
        "EfaEgress",
        group_id=own,
        ip_protocol="-1",
        destination_security_group_id=own,
    )
    return own


def _https() -> ec2.CfnSecurityGroup.EgressProperty:
    return ec2.CfnSecurityGroup.EgressProperty(
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        cidr_ip="0.0.0.0/0",
    )
