"""Whether hosts of the environments would have a network, and a way out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from geoschem_bench.aws.batch_resources import Environment
from geoschem_bench.aws.doctor.finding import Finding, failed, ok, skipped, unknown
from geoschem_bench.aws.doctor.patient import Patient

_ECR = "ecr.dkr"


def one_network(patient: Patient) -> Iterator[Finding]:
    """Whether subnets and security groups of each environment exist and are of one VPC."""
    if not patient.environments:
        yield skipped("network", "no environment is there to have one")
    for environment in patient.environments.values():
        yield _of_environment(patient, environment)


def way_out(patient: Patient) -> Iterator[Finding]:
    """Whether each subnet reaches S3 (results) and the internet or ECR (image, ECS, logs)."""
    if not patient.subnets:
        yield skipped("way out", "no subnet is there to have one")
        return
    ec2 = patient.account.client("ec2")
    vpcs = sorted({data["VpcId"] for data in patient.subnets.values()})
    filters = [{"Name": "vpc-id", "Values": vpcs}]
    tables = _all(ec2, "describe_route_tables", "RouteTables", filters)
    endpoints = _all(ec2, "describe_vpc_endpoints", "VpcEndpoints", filters)
    for subnet, data in sorted(patient.subnets.items()):
        yield _of_subnet(patient, subnet, data, _table_of(subnet, data, tables), endpoints)


def _of_environment(patient: Patient, environment: Environment) -> Finding:
    check = f"network of {environment.name}"
    command = patient.command(f"ec2 describe-subnets --subnet-ids {' '.join(environment.subnets)}")
    cure = (
        "subnets and security groups of one VPC: "
        + patient.command(
            f"batch update-compute-environment --compute-environment {environment.name} "
            "--compute-resources subnets=SUBNET,securityGroupIds=GROUP"
        )
        + "; our stack makes its own: geoschem-bench stack up"
    )
    missing = [each for each in environment.subnets if each not in patient.subnets]
    if missing or not environment.subnets:
        what = ", ".join(missing) or "none is named"
        return failed(check, f"subnets that do not exist: {what}", command, cure)
    groups = _security_groups(patient, environment)
    if not groups:
        return unknown(check, "neither it nor its launch template names a security group", command,
                       cure)  # fmt: skip
    found = _groups(patient, groups)
    gone = sorted(set(groups) - found.keys())
    show = patient.command(f"ec2 describe-security-groups --group-ids {' '.join(groups)}")
    if gone:
        return failed(check, f"security groups that do not exist: {', '.join(gone)}", show, cure)
    of_subnets = {patient.subnets[each]["VpcId"] for each in environment.subnets}
    of_groups = set(found.values())
    if of_subnets != of_groups or len(of_subnets) > 1:
        return failed(
            check,
            f"subnets are of {', '.join(sorted(of_subnets))}, security groups of "
            f"{', '.join(sorted(of_groups))}: AWS makes such an environment INVALID",
            show,
            cure,
        )
    return ok(check, f"{', '.join(environment.subnets)} and {', '.join(groups)} are of "
              f"{of_groups.pop()}", show)  # fmt: skip


def _security_groups(patient: Patient, environment: Environment) -> tuple[str, ...]:
    """The environment's own, else those of its launch template."""
    if environment.security_groups or not environment.launch_template:
        return environment.security_groups
    template = environment.launch_template
    named = {"LaunchTemplateId": template.get("launchTemplateId"),
             "LaunchTemplateName": template.get("launchTemplateName")}  # fmt: skip
    answer = patient.account.client("ec2").describe_launch_template_versions(
        **{key: value for key, value in named.items() if value},
        Versions=[template.get("version") or "$Default"],
    )
    found = answer["LaunchTemplateVersions"]
    data = found[0]["LaunchTemplateData"] if found else {}
    groups = list(data.get("SecurityGroupIds", []))
    for card in data.get("NetworkInterfaces", []):
        groups += card.get("Groups", [])
    return tuple(dict.fromkeys(groups))


def _groups(patient: Patient, ids: tuple[str, ...]) -> dict[str, str]:
    """VPC of each security group that exists."""
    filters = [{"Name": "group-id", "Values": list(ids)}]
    ec2 = patient.account.client("ec2")
    found = _all(ec2, "describe_security_groups", "SecurityGroups", filters)
    return {data["GroupId"]: data.get("VpcId", "no VPC") for data in found}


def _of_subnet(
    patient: Patient,
    subnet: str,
    data: Mapping[str, Any],
    table: Mapping[str, Any] | None,
    endpoints: list[Mapping[str, Any]],
) -> Finding:
    check = f"way out of {subnet}"
    vpc = data["VpcId"]
    command = patient.command(f"ec2 describe-route-tables --filters Name=vpc-id,Values={vpc}")
    if table is None:
        return unknown(check, "it has no route table that we may see", command,
                       "allow ec2:DescribeRouteTables")  # fmt: skip
    out = _default_route(table, is_public=bool(data.get("MapPublicIpOnLaunch")))
    services = _services(endpoints, table, subnet)
    to_s3 = "a gateway endpoint" if "s3" in services else out
    to_image = out or ("endpoints" if _ECR in services else None)
    if to_s3 and to_image:
        return ok(check, f"S3 by {to_s3}, image and ECS by {to_image}", command)
    where = [] if to_s3 else ["S3 (results cannot be written)"]
    where += [] if to_image else ["ECR and ECS (no image, and no host joins its cluster)"]
    endpoint = patient.command(
        f"ec2 create-vpc-endpoint --vpc-id {vpc} --service-name "
        f"com.amazonaws.{patient.region}.s3 --route-table-ids {table['RouteTableId']}"
    )
    cure = (
        f"S3: {endpoint}; the rest: a route 0.0.0.0/0 to a NAT gateway, or to an internet gateway "
        "with public addresses"
    )
    return failed(check, f"no way to {' or to '.join(where)}", command, cure)


def _table_of(
    subnet: str, data: Mapping[str, Any], tables: list[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The subnet's own route table, else its VPC's main one."""
    main = None
    for table in (each for each in tables if each["VpcId"] == data["VpcId"]):
        for link in table.get("Associations", []):
            if link.get("SubnetId") == subnet:
                return table
            if link.get("Main"):
                main = table
    return main


def _default_route(table: Mapping[str, Any], *, is_public: bool) -> str | None:
    """What leads to the internet. An internet gateway serves only hosts with public addresses."""
    for route in table.get("Routes", []):
        if route.get("DestinationCidrBlock") != "0.0.0.0/0" or route.get("State") == "blackhole":
            continue
        if str(route.get("GatewayId", "")).startswith("igw-"):
            return "an internet gateway" if is_public else None
        return "NAT or another gateway"
    return None


def _services(
    endpoints: list[Mapping[str, Any]], table: Mapping[str, Any], subnet: str
) -> set[str]:
    """Short names of the services that have an endpoint for this subnet."""
    found = set()
    for endpoint in endpoints:
        if endpoint.get("State", "available").lower() != "available":
            continue
        is_here = table["RouteTableId"] in endpoint.get("RouteTableIds", [])
        if is_here or subnet in endpoint.get("SubnetIds", []):
            found.add(endpoint["ServiceName"].split(".", 3)[-1])
    return found


def _all(ec2: Any, call: str, key: str, filters: list[dict[str, Any]]) -> list[Mapping[str, Any]]:  # noqa: ANN401 - boto3's own
    pages = ec2.get_paginator(call).paginate(Filters=filters)
    return [data for page in pages for data in page[key]]
