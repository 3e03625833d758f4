"""Whether an environment's subnets and security groups exist and belong together."""

from __future__ import annotations

from typing import Any

from geoschem_bench.sandbox.batch.shelf import Document

HEALTHY = "ComputeEnvironment Healthy"
_NOT_LINKED = (
    "CLIENT_ERROR - One or more security groups in the launch configuration are not linked to the "
    "VPCs configured in the Auto Scaling group"
)


def status_of(account: str, region: str, resources: Document | None) -> Document:
    """The status of an environment with these resources, with AWS's words for what is wrong."""
    wrong = _problem(account, region, resources) if resources else None
    return {"status": "INVALID" if wrong else "VALID", "statusReason": wrong or HEALTHY}


def _problem(account: str, region: str, resources: Document) -> str | None:
    # Heavy, and known at the latest when somebody makes a network
    from moto.ec2.models import ec2_backends

    backend = ec2_backends[account][region]
    networks = set()
    for subnet in resources.get("subnets", []):
        found = _subnet(backend, subnet)
        if found is None:
            return f"CLIENT_ERROR - The subnet ID '{subnet}' does not exist"
        networks.add(found.vpc_id)
    if len(networks) > 1:
        return "CLIENT_ERROR - The subnets are not all in the same VPC"
    for group in resources.get("securityGroupIds", []):
        known = backend.get_security_group_from_id(group)
        if known is None:
            return f"CLIENT_ERROR - The security group '{group}' does not exist"
        networks.add(known.vpc_id)
    return _NOT_LINKED if len(networks) > 1 else None


def _subnet(backend: Any, subnet_id: str) -> Any:  # noqa: ANN401 - moto's own
    for zone in backend.subnets.values():
        if subnet_id in zone:
            return zone[subnet_id]
    return None
