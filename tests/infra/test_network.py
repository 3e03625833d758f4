"""Network, security groups, tags."""

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

TAGS = {"project": "geoschem-bench", "owner": {"Ref": "Owner"}, "expires": {"Ref": "ExpiresOn"}}
_NOT_TAGGED_BY_CLOUDFORMATION = {"AWS::IAM::InstanceProfile"}


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


def test_everything_that_can_have_tags_says_whose_it_is_and_until_when(resources):
    for name, each in resources.items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-west-2", each["Type"]).schema
        key = schema.get("tagging", {}).get("tagProperty", "").rsplit("/", 1)[-1]
        if key and each["Type"] not in _NOT_TAGGED_BY_CLOUDFORMATION:
            assert _tags(each["Properties"][key]) == TAGS, name


def test_instances_volumes_and_launch_templates_are_tagged(of_type):
    for each in of_type("AWS::EC2::LaunchTemplate").values():
        of = [*each["TagSpecifications"], *each["LaunchTemplateData"]["TagSpecifications"]]
        kinds = {one["ResourceType"] for one in of}
        assert kinds == {"launch-template", "instance", "volume"}
        assert all(_tags(one["Tags"]) == TAGS for one in of)


def _tags(given):
    return given if isinstance(given, dict) else {each["Key"]: each["Value"] for each in given}
