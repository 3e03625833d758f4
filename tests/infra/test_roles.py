"""Policies of the roles: what is needed, of what is ours."""

import pytest

ACTORS = {"JobRole", "ExecutionRole", "InstanceRole", "AirflowRole", "MonitorRole"}
WITHOUT_RESOURCE = {
    "batch:DescribeComputeEnvironments",
    "batch:DescribeJobDefinitions",
    "batch:DescribeJobQueues",
    "batch:DescribeJobs",
    "batch:ListJobs",
    "cloudwatch:PutMetricData",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeRegions",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeTags",
    "ecr:GetAuthorizationToken",
    "ecs:DiscoverPollEndpoint",
    "pricing:GetProducts",
}
"""IAM knows no resource for these (Service Authorization Reference)."""


def statements(role):
    (policy,) = role["Policies"]
    return policy["PolicyDocument"]["Statement"]


def _as_list(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def roles(of_type):
    return of_type("AWS::IAM::Role")


def test_there_is_one_role_for_each_actor(roles):
    assert set(roles) == ACTORS
    assert not any("ManagedPolicyArns" in role for role in roles.values())


def test_no_action_is_a_pattern(roles):
    for name, role in roles.items():
        for statement in statements(role):
            assert statement["Effect"] == "Allow"
            assert not [action for action in _as_list(statement["Action"]) if "*" in action], name


def test_every_resource_is_named_where_aws_can_name_one(roles):
    for name, role in roles.items():
        for statement in statements(role):
            if "*" in _as_list(statement["Resource"]):
                assert set(statement["Action"]) <= WITHOUT_RESOURCE, name


def test_metrics_go_to_our_namespace_only(roles):
    (publish,) = (s for s in statements(roles["MonitorRole"]) if s["Sid"] == "Publish")
    assert publish["Condition"] == {"StringEquals": {"cloudwatch:namespace": "GeosChemBench"}}


def test_a_job_writes_below_runs_only(roles):
    writing = [s for s in statements(roles["JobRole"]) if "s3:PutObject" in s["Action"]]
    assert [s["Resource"] for s in writing] == [{"Fn::Sub": "${Bucket.Arn}/runs/*"}]


def test_airflow_submits_our_definitions_to_our_queues(roles):
    (submit,) = (s for s in statements(roles["AirflowRole"]) if s["Sid"] == "Submit")
    ends = [each["Fn::Sub"].rsplit(":", 1)[1] for each in submit["Resource"]]
    assert ends == ["job-definition/geos-chem-benchmark*", "job-queue/geos-chem-*"]


def test_airflow_may_do_what_our_code_calls(roles):
    may = {action for s in statements(roles["AirflowRole"]) for action in s["Action"]}
    assert may >= {
        "batch:SubmitJob",
        "batch:TagResource",
        "batch:TerminateJob",
        "cloudformation:DescribeStacks",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "ecr:DescribeImages",
        "logs:GetLogEvents",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sns:Publish",
    }


def test_who_may_take_a_role(roles):
    def trusted(name):
        (statement,) = roles[name]["AssumeRolePolicyDocument"]["Statement"]
        return statement["Principal"]

    assert trusted("JobRole") == trusted("ExecutionRole") == {"Service": "ecs-tasks.amazonaws.com"}
    assert trusted("InstanceRole") == {"Service": "ec2.amazonaws.com"}
    assert trusted("MonitorRole") == {"Service": "lambda.amazonaws.com"}
    assert list(trusted("AirflowRole")) == ["AWS"]


def test_no_role_has_a_name_of_its_own(roles):
    """Roles have no region: two stacks of one account would clash."""
    assert not [name for name, role in roles.items() if "RoleName" in role]
