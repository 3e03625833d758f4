"""Network, security groups, tags."""

import re

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

TAGS = {"project": "geoschem-bench", "owner": {"Ref": "Owner"}, "expires": {"Ref": "ExpiresOn"}}
FIXED = {"project": "geoschem-bench"}
_NOT_TAGGED_BY_CLOUDFORMATION = {"AWS::IAM::InstanceProfile"}
_MADE_ANEW = {
    "AWS::EC2::VPC": "VpcCidr",
    "AWS::EC2::Subnet": "VpcCidr, and the zone",
    "AWS::SNS::Subscription": "NotificationEmail",
}
"""What a change of its parameters replaces; CloudFormation names these."""


def test_nothing_of_the_network_costs_while_idle(resources):
    kinds = {each["Type"] for each in resources.values()}
    assert not kinds & {"AWS::EC2::NatGateway", "AWS::EC2::EIP"}


def test_instances_reach_aws_by_addresses_of_their_own(of_type):
    subnets = of_type("AWS::EC2::Subnet")
    assert len(subnets) == 3
    assert all(each["MapPublicIpOnLaunch"] for each in subnets.values())
    (route,) = of_type("AWS::EC2::Route").values()
    assert route["GatewayId"] == {"Ref": "InternetGateway"}


def test_each_subnet_has_a_zone_of_its_own_where_there_are_three(of_type):
    subnets = of_type("AWS::EC2::Subnet")
    zones = [subnets[name]["AvailabilityZone"] for name in ("SubnetA", "SubnetB", "SubnetC")]
    first, second, third = ({"Fn::Select": [i, {"Fn::GetAZs": ""}]} for i in range(3))
    assert zones == [first, second, {"Fn::If": ["HasTwoZones", first, third]}]


def test_s3_is_reached_within_aws(of_type):
    (endpoint,) = of_type("AWS::EC2::VPCEndpoint").values()
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert endpoint["ServiceName"] == {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"}
    assert endpoint["RouteTableIds"] == [{"Ref": "RouteTable"}]


def test_nothing_comes_in_from_outside(of_type):
    for group in of_type("AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group
        (out,) = group["SecurityGroupEgress"]
        assert (out["IpProtocol"], out["FromPort"], out["ToPort"]) == ("tcp", 443, 443)


def test_efa_has_all_traffic_within_its_group(of_type):
    own = {"Fn::GetAtt": ["EfaSecurityGroup", "GroupId"]}
    rules = {"Ingress": "SourceSecurityGroupId", "Egress": "DestinationSecurityGroupId"}
    for direction, other in rules.items():
        (rule,) = of_type(f"AWS::EC2::SecurityGroup{direction}").values()
        assert rule == {"GroupId": own, "IpProtocol": "-1", other: own}


def test_everything_lies_in_the_network_of_the_stack(of_type):
    for kind in ("Subnet", "SecurityGroup", "RouteTable", "VPCEndpoint"):
        for each in of_type(f"AWS::EC2::{kind}").values():
            assert each["VpcId"] == {"Ref": "Vpc"}


def schema_of(kind):
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-west-2", kind).schema


def test_everything_that_can_have_tags_says_whose_it_is_and_until_when(resources):
    """Where tags can be changed: others would have to be made anew for another owner."""
    for name, each in resources.items():
        schema = schema_of(each["Type"])
        path = schema.get("tagging", {}).get("tagProperty", "")
        if path and each["Type"] not in _NOT_TAGGED_BY_CLOUDFORMATION:
            is_fixed = path in schema.get("createOnlyProperties", ())
            wanted = FIXED if is_fixed else TAGS
            assert _tags(each["Properties"][path.rsplit("/", 1)[-1]]) == wanted, name


def test_nothing_that_cannot_change_depends_on_a_parameter(template, resources):
    """What has a name cannot be made anew: another such value would fail every update."""
    parameters = template["Parameters"].keys()
    for name, each in resources.items():
        properties = each.get("Properties", {})
        for path in schema_of(each["Type"]).get("createOnlyProperties", ()):
            if not path.endswith("Name") and each["Type"] not in _MADE_ANEW:
                value = _at(properties, path.removeprefix("/properties/").split("/"))
                assert not parameters & set(_references(value)), f"{name}{path}"


def _at(part, path):
    for word in path:
        part = part.get(word) if isinstance(part, dict) else None
    return part


def _references(part):
    """Names that `Ref` and `Fn::Sub` refer to."""
    if isinstance(part, list):
        for each in part:
            yield from _references(each)
    elif isinstance(part, dict):
        for key, each in part.items():
            if key == "Ref" and isinstance(each, str):
                yield each
            elif key == "Fn::Sub":
                yield from re.findall(r"\$\{(\w+)", each if isinstance(each, str) else each[0])
            else:
                yield from _references(each)


def test_environments_wait_until_instances_can_get_out(resources):
    ways = {"DefaultRoute", "SubnetARoute", "SubnetBRoute", "SubnetCRoute"}
    found = [e for e in resources.values() if e["Type"] == "AWS::Batch::ComputeEnvironment"]
    assert len(found) >= 8
    for each in found:
        launch = each["Properties"]["ComputeResources"]["LaunchTemplate"]["LaunchTemplateId"]
        assert set(resources[launch["Ref"]]["DependsOn"]) == ways


def test_instances_volumes_and_launch_templates_are_tagged(of_type):
    for each in of_type("AWS::EC2::LaunchTemplate").values():
        of = [*each["TagSpecifications"], *each["LaunchTemplateData"]["TagSpecifications"]]
        kinds = {one["ResourceType"] for one in of}
        assert kinds == {"launch-template", "instance", "volume"}
        assert all(_tags(one["Tags"]) == TAGS for one in of)


def _tags(given):
    return given if isinstance(given, dict) else {each["Key"]: each["Value"] for each in given}
