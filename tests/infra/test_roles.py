"""Policies of the roles: what is needed, of what is ours."""

import pytest

from geoschem_bench.aws.warm import BEFORE_TAG, WANT_TAG

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
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVpcEndpoints",
    "ecr:GetAuthorizationToken",
    "ecs:DiscoverPollEndpoint",
    "pricing:GetProducts",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
}
"""IAM knows no resource for these, or asks for none (Service Authorization Reference)."""


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


def _statement(role, sid):
    (found,) = (s for s in statements(role) if s["Sid"] == sid)
    return found


def _ends(statement):
    """What its resources are, without account and region."""
    return [each["Fn::Sub"].rsplit(":", 1)[1] for each in _as_list(statement["Resource"])]


def test_airflow_submits_our_definitions_to_our_queues(roles):
    submit = _statement(roles["AirflowRole"], "Submit")
    # SubmitJob names three kinds of resources; a job has no id yet
    assert _ends(submit) == [
        "job-definition/geos-chem-benchmark*",
        "job-queue/geos-chem-*",
        "job/*",
    ]


def test_airflow_changes_our_environments_only_and_of_their_tags_its_own(roles):
    changing = [
        s
        for s in statements(roles["AirflowRole"])
        if {"batch:UpdateComputeEnvironment", "batch:UntagResource"} & set(s["Action"])
    ]
    assert changing == [_statement(roles["AirflowRole"], "Warm")]
    assert _ends(changing[0]) == ["compute-environment/geos-chem-*"]
    assert changing[0]["Condition"] == {
        "ForAllValues:StringLike": {"aws:TagKeys": "geoschem-bench-*"}
    }
    for key in (BEFORE_TAG, WANT_TAG):
        assert key.startswith("geoschem-bench-")


def test_airflow_deletes_what_a_run_has_left_and_nothing_else(roles):
    deleting = [
        s
        for s in statements(roles["AirflowRole"])
        if any("Delete" in action for action in s["Action"])
    ]
    assert deleting == [_statement(roles["AirflowRole"], sid) for sid in ("Clean", "Table")]
    assert deleting[0]["Action"] == ["s3:DeleteObject"]
    assert deleting[0]["Resource"] == [
        {"Fn::Sub": "${Bucket.Arn}/runs/*"},
        {"Fn::Sub": "${Bucket.Arn}/reports/runs/*"},
    ]
    assert {a for a in deleting[1]["Action"] if "Delete" in a} == {"dynamodb:DeleteItem"}


AIRFLOW_ASKS = {
    "operator": "batch:SubmitJob batch:TagResource batch:DescribeJobs batch:ListJobs "
    "batch:TerminateJob logs:GetLogEvents",
    "gates": "batch:DescribeJobQueues batch:DescribeComputeEnvironments "
    "batch:DescribeJobDefinitions ec2:DescribeSubnets ec2:DescribeSecurityGroups "
    "ec2:DescribeLaunchTemplateVersions ec2:DescribeInstances ecr:BatchGetImage "
    "ecr:GetDownloadUrlForLayer s3:ListBucket s3:GetObject servicequotas:GetServiceQuota "
    "servicequotas:GetAWSDefaultServiceQuota",
    "why a job waits": "batch:GetJobQueueSnapshot ec2:DescribeRouteTables ec2:DescribeVpcEndpoints",
    "keep_warm": "batch:UpdateComputeEnvironment batch:TagResource batch:UntagResource",
    "plan": "ec2:DescribeInstanceTypeOfferings ec2:DescribeInstanceTypes "
    "ec2:DescribeSpotPriceHistory pricing:GetProducts cloudformation:DescribeStacks",
    "results": "s3:PutObject s3:GetObject s3:ListBucket dynamodb:GetItem dynamodb:PutItem "
    "dynamodb:Query sns:Publish",
    "cleaning": "s3:ListBucket s3:GetObject s3:PutObject s3:DeleteObject dynamodb:Query "
    "dynamodb:DeleteItem batch:DescribeJobQueues batch:DescribeComputeEnvironments batch:ListJobs "
    "batch:DescribeJobs batch:TerminateJob batch:UpdateComputeEnvironment batch:TagResource "
    "batch:UntagResource",
}
"""What each part of a run asks of AWS."""


@pytest.mark.parametrize("part", AIRFLOW_ASKS)
def test_airflow_may_do_what_our_code_calls(roles, part):
    may = {action for s in statements(roles["AirflowRole"]) for action in s["Action"]}
    assert set(AIRFLOW_ASKS[part].split()) - may == set()


@pytest.mark.parametrize("name", ["JobRole", "AirflowRole"])
def test_the_public_input_is_read_and_listed(roles, name):
    """It is another account's: its own policy does not do."""
    given = _statement(roles[name], "Input")
    assert set(given["Action"]) == {"s3:GetObject", "s3:ListBucket"}
    assert given["Resource"] == ["arn:aws:s3:::gcgrid", "arn:aws:s3:::gcgrid/*"]


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
