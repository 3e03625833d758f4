"""What CloudFormation refuses, in AWS's words, and what it tells of templates."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from botocore.exceptions import ClientError

TOPIC = "AWS::SNS::Topic"
CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
LOOP = {"Fn::ForEach::L": ["N", ["a", "b"], {"T${N}": {"Type": TOPIC}}]}


def template(**topics):
    return {
        "Parameters": {
            "Prefix": {"Type": "String", "AllowedPattern": "[a-z]+", "Default": "p"},
            "Count": {"Type": "Number", "MinValue": 1, "Default": 1},
            "Kind": {"Type": "String", "AllowedValues": ["x", "y"], "Default": "x"},
        },
        "Resources": {
            name: {"Type": TOPIC, "Properties": {
                "TopicName": {"Fn::Sub": f"${{Prefix}}-{name}"}, "DisplayName": shown}}
            for name, shown in topics.items()
        },
        "Outputs": {"First": {"Value": {"Ref": next(iter(topics))}}},
    }  # fmt: skip


@pytest.fixture(scope="module")
def client(sandbox, connect):
    with closing(connect(sandbox, "cloudformation")) as made:
        yield made


@pytest.fixture
def create(client):
    """Makes the stack `rules`, which is gone after the test."""

    def made(body, **parameters):
        given = [{"ParameterKey": key, "ParameterValue": parameters[key]} for key in parameters]
        client.create_stack(StackName="rules", TemplateBody=json.dumps(body), Parameters=given)

    yield made
    client.delete_stack(StackName="rules")


def described(client):
    return client.describe_stacks(StackName="rules")["Stacks"][0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "Template format error"),
        ("- a", "At least one Resources member"),
        ("{}", "At least one Resources member"),
        ('{"Resources": {"A": {}}}', "must contain a Type member"),
        ('{"Resources": {"Fn::ForEach::L": ["N", ["a"], {"T${N}": {}}]}}', "a Type member"),
        ('{"Resources": {"A": {"Type": "T", "Properties": {"P": {"Ref": "B"}}}}}',
         r"Unresolved resource dependencies \[B\]"),
        ('{"Resources": {"A": {"Type": "T", "Properties": {"P": {"Fn::Sub": "${B.C}"}}}}}',
         r"Unresolved resource dependencies \[B\]"),
        ('{"Resources": {"A": {"Type": "T"}}, "Outputs": {"O": {"Value": {"Fn::GetAtt": '
         '["B", "C"]}}}}', r"Unresolved resource dependencies \[B\]"),
    ],
)  # fmt: skip
def test_a_bad_template_is_refused(client, body, message):
    with pytest.raises(ClientError, match=rf"ValidationError.*{message}"):
        client.create_stack(StackName="bad", TemplateBody=body)
    assert "bad" not in {each["StackName"] for each in client.describe_stacks()["Stacks"]}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Unknown": "1"}, r"Parameters: \[Unknown\] do not exist in the template"),
        ({"Prefix": "NO"}, r"Parameter 'Prefix' failed to satisfy.*\[a-z\]\+"),
        ({"Count": "0"}, "Parameter 'Count' must be a number from 1"),
        ({"Count": "x"}, "Parameter 'Count' must be a number"),
        ({"Kind": "z"}, r"Parameter 'Kind' must be one of AllowedValues \[x, y\]"),
    ],
)
def test_a_wrong_parameter_is_refused(create, parameters, message):
    with pytest.raises(ClientError, match=rf"ValidationError.*{message}"):
        create(template(One="1"), **parameters)


def test_a_stack_is_made_once_and_updated_when_there_is_something_to_do(client, create):
    create(template(One="1"))
    with pytest.raises(ClientError, match=r"AlreadyExistsException.*rules already exists"):
        create(template(One="1"))
    for name, message in (("rules", "No updates are to be performed"), ("never", "never does not")):
        with pytest.raises(ClientError, match=message):
            client.update_stack(StackName=name, TemplateBody=json.dumps(template(One="1")))


def role(**properties):
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": {"Statement": []}, **properties}}}  # fmt: skip


@pytest.mark.parametrize(
    ("resources", "given", "needed"),
    [
        (role(RoleName="r"), CAPABILITIES[1:], "CAPABILITY_NAMED_IAM"),
        (role(RoleName="r"), ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"], "CAPABILITY_NAMED_IAM"),
        (role(), CAPABILITIES[1:], "CAPABILITY_IAM"),
        (LOOP, [], "CAPABILITY_AUTO_EXPAND"),
        ({**LOOP, **role()}, [], "CAPABILITY_IAM, CAPABILITY_AUTO_EXPAND"),
    ],
)
def test_roles_and_loops_need_to_be_agreed_to(client, resources, given, needed):
    body = json.dumps({"Transform": "AWS::LanguageExtensions", "Resources": resources})
    with pytest.raises(
        ClientError, match=rf"InsufficientCapabilities.*Requires capabilities : \[{needed}\]"
    ):
        client.create_stack(StackName="rules", TemplateBody=body, Capabilities=given)


def test_a_change_set_that_changes_nothing_cannot_be_executed(client, create):
    create(template(One="1"))
    same = {**template(One="1"), "Conditions": {"C": {"Fn::Equals": ["", "x"]}}}
    made = client.create_change_set(
        StackName="rules", ChangeSetName="c", ChangeSetType="UPDATE", TemplateBody=json.dumps(same)
    )
    shown = client.describe_change_set(ChangeSetName=made["Id"])
    assert (shown["Status"], shown["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert shown["StatusReason"] == "No updates are to be performed."
    with pytest.raises(ClientError, match="cannot be executed"):
        client.execute_change_set(ChangeSetName=made["Id"])


def test_a_change_set_makes_a_stack_too(client, create):
    made = client.create_change_set(
        StackName="rules", ChangeSetName="c", ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Transform": "AWS::LanguageExtensions", "Resources": LOOP}),
    )  # fmt: skip
    assert described(client)["StackStatus"] == "REVIEW_IN_PROGRESS"
    client.execute_change_set(ChangeSetName=made["Id"])
    assert described(client)["StackStatus"] == "CREATE_COMPLETE"


def test_templates_are_summed_up_and_given_back(client, create):
    body = template(One="1")
    client.validate_template(TemplateBody=json.dumps(body))
    create(body, Prefix="given")
    assert client.get_template(StackName="rules")["TemplateBody"] == body
    summary = client.get_template_summary(StackName="rules")
    assert summary["ResourceTypes"] == [TOPIC]
    assert {each["ParameterKey"] for each in summary["Parameters"]} == {"Prefix", "Count", "Kind"}
    looped = client.get_template_summary(TemplateBody=json.dumps({"Resources": LOOP}))
    assert looped["ResourceTypes"] == [TOPIC]


def test_yaml_with_short_forms_and_a_template_in_a_bucket(client, create, sandbox, connect):
    text = "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n"
    text += "      TopicName: !Join ['-', [yaml, !Ref AWS::Region]]\n"
    text += "Outputs:\n  Name: {Value: !GetAtt A.TopicName}\n"
    with closing(connect(sandbox, "s3")) as s3:
        s3.put_object(Bucket=sandbox.bucket, Key="t/a.yaml", Body=text.encode())
    url = f"https://{sandbox.bucket}.s3.us-west-2.amazonaws.com/t/a.yaml"
    client.create_stack(StackName="rules", TemplateURL=url)
    assert described(client)["Outputs"][0]["OutputValue"] == "yaml-us-west-2"


def test_another_region_is_named(sandbox, connect):
    with (
        closing(connect(sandbox, "cloudformation", region_name="eu-central-1")) as elsewhere,
        pytest.raises(ClientError, match=r"cloudformation in us-west-2.*eu-central-1"),
    ):
        elsewhere.describe_stacks()


def test_a_failed_update_goes_back(client, create, sandbox, connect):
    create(template(One="1"), Prefix="back")
    broken = template(One="changed")
    broken["Resources"]["Subnet"] = {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": "vpc-none", "CidrBlock": "10.0.0.0/24"},
    }
    client.update_stack(
        StackName="rules", TemplateBody=json.dumps(broken),
        Parameters=[{"ParameterKey": "Prefix", "UsePreviousValue": True}],
    )  # fmt: skip
    assert described(client)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    one = described(client)["Outputs"][0]["OutputValue"]
    assert one.endswith(":back-One")
    with closing(connect(sandbox, "sns")) as sns:
        assert sns.get_topic_attributes(TopicArn=one)["Attributes"]["DisplayName"] == "1"
