"""The life of a stack, and what is refused, in AWS's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.sandbox.cloudformation.conftest import CAPABILITIES, parameters_of

QUEUE = "AWS::SNS::Topic"


def template(**topics):
    return {
        "Parameters": {
            "Prefix": {"Type": "String", "AllowedPattern": "[a-z]+", "Default": "p"},
            "Count": {"Type": "Number", "MinValue": 1, "Default": 1},
            "Kind": {"Type": "String", "AllowedValues": ["x", "y"], "Default": "x"},
        },
        "Resources": {
            name: {"Type": QUEUE, "Properties": {
                "TopicName": {"Fn::Sub": f"${{Prefix}}-{name}"}, "DisplayName": shown}}
            for name, shown in topics.items()
        },
        "Outputs": {"First": {"Value": {"Ref": next(iter(topics))}, "Description": "the first"}},
    }  # fmt: skip


def test_create_update_and_delete(stacks, aws):
    def topics():
        listed = aws("sns").list_topics()["Topics"]
        return {each["TopicArn"].rpartition(":")[2] for each in listed}

    name = stacks.create(template(One="1", Two="2"), Prefix="cud")
    assert {"cud-One", "cud-Two"} <= topics()
    assert stacks.status(name) == "CREATE_COMPLETE"
    assert stacks.outputs(name)["First"].endswith(":cud-One")
    stacks.update(name, template(One="changed", Three="3"), Prefix="cud")
    assert stacks.status(name) == "UPDATE_COMPLETE"
    assert set(stacks.resources(name)) == {"One", "Three"}
    assert topics() & {"cud-One", "cud-Two", "cud-Three"} == {"cud-One", "cud-Three"}
    one = stacks.outputs(name)["First"]
    assert aws("sns").get_topic_attributes(TopicArn=one)["Attributes"]["DisplayName"] == "changed"
    stacks.delete(name)
    assert not any(each.startswith("cud-") for each in topics())
    with pytest.raises(ClientError, match=f"Stack with id {name} does not exist"):
        stacks.status(name)


def test_a_new_name_replaces_a_resource_and_what_refers_to_it_follows(stacks):
    name = stacks.create(template(One="1"), Prefix="old")
    stacks.update(name, template(One="1"), Prefix="new")
    assert stacks.outputs(name)["First"].endswith(":new-One")
    events = stacks.client.describe_stack_events(StackName=name)["StackEvents"]
    assert any(each["ResourceStatus"] == "DELETE_COMPLETE" for each in events)


def test_what_changes_nothing_is_no_update(stacks):
    name = stacks.create(template(One="1"), Prefix="same")
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update(name, template(One="1"), Prefix="same")
    with pytest.raises(ClientError, match=rf"AlreadyExistsException.*Stack \[{name}\] already"):
        stacks.create(template(One="1"), name)
    with pytest.raises(ClientError, match=r"Stack \[never\] does not exist"):
        stacks.update("never", template(One="1"))
    stacks.delete("never")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "Template format error: YAML not well-formed"),
        ("- a", "unsupported structure"),
        ("{}", "At least one Resources member"),
        ('{"Resources": {"A": {}}}', "must contain a Type member"),
        ('{"Resources": {"A": {"Type": "T"}}, "Sources": 1}', r"property or properties \[Sources"),
        ('{"Resources": {"A": {"Type": "T", "Properties": {"P": {"Ref": "B"}}}}}',
         r"Unresolved resource dependencies \[B\]"),
        ('{"Resources": {"A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "DependsOn": '
         '["A"]}}}', r"Circular dependency between resources: \[A, B\]"),
        ('{"Transform": "My::Macro", "Resources": {"A": {"Type": "T"}}}', "No transform named My"),
    ],
)  # fmt: skip
def test_a_bad_template_is_refused(stacks, body, message):
    with pytest.raises(ClientError, match=rf"ValidationError.*{message}"):
        stacks.client.create_stack(StackName="bad", TemplateBody=body)
    assert "bad" not in {each["StackName"] for each in stacks.client.describe_stacks()["Stacks"]}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Unknown": "1"}, r"Parameters: \[Unknown\] do not exist in the template"),
        ({"Prefix": "NO"}, r"Parameter 'Prefix' failed to satisfy.*\[a-z\]\+"),
        ({"Count": "0"}, "Parameter 'Count' must be a number not less than 1"),
        ({"Count": "x"}, "Parameter 'Count' must be a number"),
        ({"Kind": "z"}, "Parameter 'Kind' must be one of AllowedValues"),
    ],
)
def test_a_wrong_parameter_is_refused(stacks, parameters, message):
    with pytest.raises(ClientError, match=rf"ValidationError.*{message}"):
        stacks.create(template(One="1"), **parameters)


def test_a_parameter_without_default_must_have_a_value(stacks):
    wanted = template(One="1")
    wanted["Parameters"]["Owner"] = {"Type": "String"}
    with pytest.raises(ClientError, match=r"Parameters: \[Owner\] must have values"):
        stacks.create(wanted)


def test_a_failed_creation_leaves_nothing_and_says_why(stacks, aws, network):
    aws("sns").create_topic(Name="unrelated")
    broken = template(One="1")
    broken["Resources"]["Route"] = {
        "Type": "AWS::EC2::Route",
        "DependsOn": "One",
        "Properties": {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0"},
    }
    name = stacks.create(broken, Prefix="broken")
    assert stacks.status(name) == "ROLLBACK_COMPLETE"
    assert stacks.resources(name) == {}
    listed = [each["TopicArn"] for each in aws("sns").list_topics()["Topics"]]
    assert not any(each.endswith("broken-One") for each in listed)
    events = stacks.client.describe_stack_events(StackName=name)["StackEvents"]
    [failed] = [each for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
    assert failed["LogicalResourceId"] == "Route"
    assert "rtb-1" in failed["ResourceStatusReason"]
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE state and can not be updated"):
        stacks.update(name, template(One="1"))


def test_a_failed_update_goes_back(stacks, aws):
    name = stacks.create(template(One="1"), Prefix="back")
    broken = template(One="changed", Two="2")
    broken["Resources"]["Subnet"] = {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": "vpc-none", "CidrBlock": "10.0.0.0/24"},
    }
    stacks.update(name, broken, Prefix="back")
    detail = stacks.detail(name)
    assert detail["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "vpc-none" in detail["StackStatusReason"]
    assert set(stacks.resources(name)) == {"One"}
    one = stacks.outputs(name)["First"]
    assert aws("sns").get_topic_attributes(TopicArn=one)["Attributes"]["DisplayName"] == "1"
    stacks.update(name, template(One="2"), Prefix="back")
    assert stacks.status(name) == "UPDATE_COMPLETE"


def test_roles_and_loops_need_to_be_agreed_to(stacks):
    role: dict[str, Any] = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r",
            "AssumeRolePolicyDocument": {"Statement": []}}}  # fmt: skip
    wanted = {"Transform": "AWS::LanguageExtensions", "Resources": {"Role": role}}
    body = json.dumps(wanted)
    with pytest.raises(
        ClientError, match=r"InsufficientCapabilities.*CAPABILITY_NAMED_IAM, CAPABILITY_AUTO_EXPAND"
    ):
        stacks.client.create_stack(StackName="no", TemplateBody=body)
    del role["Properties"]["RoleName"]
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_IAM\]"):
        stacks.client.create_stack(
            StackName="no", TemplateBody=json.dumps(wanted), Capabilities=CAPABILITIES[1:]
        )


def test_a_change_set_shows_what_will_be_done_and_does_it(stacks):
    def change_set(kind, body):
        return stacks.client.create_change_set(
            StackName="by-change-set", ChangeSetName="c", ChangeSetType=kind,
            TemplateBody=json.dumps(body), Parameters=parameters_of({"Prefix": "cs"}),
        )["Id"]  # fmt: skip

    stacks.made.append("by-change-set")
    first = change_set("CREATE", template(One="1"))
    assert stacks.status("by-change-set") == "REVIEW_IN_PROGRESS"
    stacks.client.execute_change_set(ChangeSetName=first)
    assert stacks.status("by-change-set") == "CREATE_COMPLETE"
    second = change_set("UPDATE", template(One="2", Two="2"))
    shown = stacks.client.describe_change_set(ChangeSetName=second)
    actions = {
        each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"]["Action"]
        for each in shown["Changes"]
    }
    assert actions == {"One": "Modify", "Two": "Add"}
    stacks.client.execute_change_set(ChangeSetName="c", StackName="by-change-set")
    third = change_set("UPDATE", template(One="2", Two="2"))
    shown = stacks.client.describe_change_set(ChangeSetName=third)
    assert (shown["Status"], shown["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in shown["StatusReason"]
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        stacks.client.execute_change_set(ChangeSetName=third)


def test_templates_are_validated_summed_up_and_given_back(stacks):
    body = template(One="1")
    answer = stacks.client.validate_template(TemplateBody=json.dumps(body))
    assert {each["ParameterKey"] for each in answer["Parameters"]} == {"Prefix", "Count", "Kind"}
    name = stacks.create(body, Prefix="given")
    assert stacks.client.get_template(StackName=name)["TemplateBody"] == body
    summary = stacks.client.get_template_summary(StackName=name)
    assert summary["ResourceTypes"] == [QUEUE]
    with pytest.raises(ClientError, match="less than or equal to 51200"):
        stacks.client.validate_template(TemplateBody="x" * 51_201)


def test_yaml_with_short_forms_and_a_template_in_a_bucket(stacks, aws, sandbox):
    text = "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n"
    text += "      TopicName: !Join ['-', [yaml, !Ref AWS::Region]]\n"
    text += "Outputs:\n  Name: {Value: !GetAtt A.TopicName}\n"
    aws("s3").put_object(Bucket=sandbox.bucket, Key="t/a.yaml", Body=text.encode())
    url = f"https://{sandbox.bucket}.s3.us-west-2.amazonaws.com/t/a.yaml"
    stacks.made.append("from-bucket")
    stacks.client.create_stack(StackName="from-bucket", TemplateURL=url)
    assert stacks.outputs("from-bucket") == {"Name": "yaml-us-west-2"}


def test_an_unknown_operation_and_another_region_are_named(stacks, sandbox, connect):
    with pytest.raises(ClientError, match=r"DescribeType.*does not know.*CreateStack"):
        stacks.client.describe_type(TypeName="AWS::S3::Bucket", Type="RESOURCE")
    elsewhere = connect(sandbox, "cloudformation", region_name="eu-central-1")
    with pytest.raises(ClientError, match=r"cloudformation in us-west-2.*eu-central-1"):
        elsewhere.describe_stacks()
    elsewhere.close()
