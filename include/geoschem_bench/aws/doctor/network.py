"""Whether hosts of the environments would have a network, and a way out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from geoschem_bench.aws.batch_resources import Environment
from geoschem_bench.aws.doctor.finding import Finding, failed, ok, skipped, unknown
from geoschem_bench.aws.doctor.patient import Patient

_INTERFACES = ("ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs")
"""What a host without a way to the internet needs an endpoint of, each."""


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
    if not environment.is_managed:
        show = f"batch describe-compute-environments --compute-environments {environment.name}"
        return unknown(check, environment.doubt, patient.command(show),
                       "a MANAGED environment: geoschem-bench stack up")  # fmt: skip
    missing = [each for each in environment.subnets if each not in patient.subnets]
    if missing or not environment.subnets:
        what = ", ".join(missing) or "none is named"
        return failed(check, f"subnets that do not exist: {what}", command, cure)
    return _of_groups(patient, environment, command, cure)


def _of_groups(patient: Patient, environment: Environment, command: str, cure: str) -> Finding:
    check, groups = f"network of {environment.name}", _security_groups(patient, environment)
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
    services = _services(endpoints, table, patient.region)
    to_s3 = f"{services['s3']} endpoint" if "s3" in services else out
    missing = [] if out else [name for name in _INTERFACES if name not in services]
    if to_s3 and not missing:
        return ok(check, f"S3 by {to_s3}, image and ECS by {out or 'endpoints'}", command)
    where = [] if to_s3 else ["S3 (results cannot be written)"]
    if missing:
        where.append("ECR, ECS and logs (no image, or no host joins its cluster): there is no "
                     f"endpoint of {', '.join(missing)}")  # fmt: skip
    cure = _endpoints(patient, vpc, subnet, table)
    return failed(check, f"no way to {' or to '.join(where)}", command, cure)


def _endpoints(patient: Patient, vpc: str, subnet: str, table: Mapping[str, Any]) -> str:
    make = f"ec2 create-vpc-endpoint --vpc-id {vpc} --service-name com.amazonaws.{patient.region}."
    to_s3 = patient.command(f"{make}s3 --route-table-ids {table['RouteTableId']}")
    others = patient.command(
        f"{make}SERVICE --vpc-endpoint-type Interface --subnet-ids {subnet} "
        "--security-group-ids GROUP"
    )
    return (
        f"S3: {to_s3}; the rest: a route 0.0.0.0/0 to a NAT gateway, or to an internet gateway "
        f"with public addresses, or for each endpoint that is missing: {others}"
    )


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
    endpoints: list[Mapping[str, Any]], table: Mapping[str, Any], region: str
) -> dict[str, str]:
    """Services with an endpoint for subnets of this table, by short name, with its kind."""
    found: dict[str, str] = {}
    for endpoint in endpoints:
        if endpoint.get("State", "available").lower() != "available":
            continue
        name = endpoint["ServiceName"].rpartition(f"{region}.")[2]
        kind = endpoint.get("VpcEndpointType", "Gateway")
        if kind == "Gateway" and table["RouteTableId"] in endpoint.get("RouteTableIds", []):
            found[name] = "a gateway"
        elif kind == "Interface" and endpoint["VpcId"] == table["VpcId"]:
            # its addresses are reached from every subnet of the VPC
            found.setdefault(name, "an interface")
    return found


def _all(ec2: Any, call: str, key: str, filters: list[dict[str, Any]]) -> list[Mapping[str, Any]]:  # noqa: ANN401 - boto3's own
    pages = ec2.get_paginator(call).paginate(Filters=filters)
    return [data for page in pages for data in page[key]]
