"""Environments and queues made from a list of instance types: prototypes and their loops."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import Fn, Stack
from aws_cdk import aws_ec2 as ec2

from infra.benchmarking_stack import compute
from infra.benchmarking_stack.conditions import number
from infra.benchmarking_stack.efa import efa_launch_template
from infra.benchmarking_stack.loops import Loop
from infra.benchmarking_stack.names import dashed_type

_VARIABLE = "InstanceType"


def _loop(name: str, *parts: str) -> Loop:
    """`&{}` leaves out what a logical id may not have, such as the dot of c7g.4xlarge."""
    types = f"{name}InstanceTypes"
    copies = {f"{name}{part}": f"{name}{part}&{{{_VARIABLE}}}" for part in parts}
    return Loop(name, _VARIABLE, {"Ref": types}, copies, condition=f"Has{types}")


LOOPS = (
    _loop("Campaign", "Environment", "Queue"),
    _loop("CampaignSpot", "Environment", "Queue"),
    _loop("Multinode", "PlacementGroup", "Environment", "Queue"),
)


def build(stack: Stack, hosts: compute.Hosts) -> None:
    """The prototypes."""
    for logical_id, is_spot in (("Campaign", False), ("CampaignSpot", True)):
        kind = _kind(logical_id, is_spot)
        compute.queue(stack, kind, compute.environment(stack, kind, hosts))
    _multinode(stack, hosts)


def _kind(logical_id: str, is_spot: bool = False) -> compute.Kind:
    return compute.Kind(logical_id, dashed_type(_VARIABLE), Fn.ref(_VARIABLE), is_spot)


def _multinode(stack: Stack, hosts: compute.Hosts) -> None:
    """Several nodes side by side in one zone; AWS Batch has no such jobs on spot."""
    network, kind = hosts.network, _kind("Multinode")
    group = ec2.CfnPlacementGroup(stack, "MultinodePlacementGroup", strategy="cluster")
    template = efa_launch_template(stack, network)
    environment = compute.environment(
        stack,
        kind,
        replace(hosts, template=template),
        subnets=[Fn.select(number("MultinodeZone"), list(network.subnets))],
        # Besides the instances' interface: each container of such a job has one of its own
        security_group_ids=[network.efa_security_group],
        placement_group=group.ref,
    )
    compute.queue(stack, kind, environment)
