"""What the person who deploys may do covers the template, and no more than names it."""

import json
import re
from fnmatch import fnmatchcase

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.infra.conftest import INFRA

FILES = ("deployer-policy.json", "deployer-policy-data.json")
LARGEST = 6144
"""Characters of a managed policy; IAM does not count white space."""
OPERATIONS = ("create", "read", "update", "delete")
UNUSED = re.compile(
    # other services, for properties that this template has not
    r"(billing|eks|elasticfilesystem|firehose|kinesis|kms|s3files|s3tables|vpc-lattice|vpce):.*"
    # features that this template does not use
    r"|dynamodb:.*(ContributorInsights|Import|Item|Kinesis|Query|Replica|ResourcePolicy|Scan|Time).*"
    r"|ec2:.*(Cidr|DescribeInstances|EncryptionControl|NetworkInterfaces|Tenancy|Vpn).*"
    r"|ec2:UpdateSecurityGroupRuleDescriptions.*"
    r"|ecr:.*RepositoryPolicy"
    r"|iam:(Attach|Detach)RolePolicy|iam:.*(Boundary|Description)"
    r"|lambda:.*(Alias|Capacity|CodeSigning|Concurrency|Layer|Publish|Recursion|Runtime|Scaling).*"
    r"|logs:.*(Bearer|DataProtection|Delivery|DeletionProtection|Index|Kms|LogEvents|LogStream).*"
    r"|s3:.*(Abac|Accelerate|Acl|Analytics|Cors|CORS|Intelligent|Inventory|ListAllMy|ListTags).*"
    r"|s3:.*(Logging|Metadata|Metrics|Notification|ObjectLock|REST|Replication|Website).*"
    # the function's code is in the template, not in a bucket
    r"|s3:GetObject(Version)?"
    # only where a property is taken away, which no update of this template does
    r"|s3:DeleteBucket(Encryption|Lifecycle)"
    r"|sns:.*DataProtection.*"
)
"""Actions in AWS's own lists (the handlers of each type's schema) that are not needed here."""


def _as_list(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def statements():
    return [each for name in FILES for each in _document(name)["Statement"]]


def _document(name):
    return json.loads((INFRA / name).read_text())


def _needed(kind):
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-west-2", kind).schema["handlers"]
    for operation in OPERATIONS:
        for action in handlers.get(operation, {}).get("permissions", ()):
            service, _, name = action.partition(":")
            if not UNUSED.fullmatch(f"{service.lower()}:{name}"):
                yield f"{service}:{name}".lower()


def test_every_type_of_the_template_can_be_made_read_changed_and_removed(resources, statements):
    may = {action.lower() for each in statements for action in each["Action"]}
    kinds = {each["Type"] for each in resources.values()}
    missing = {kind: left for kind in kinds if (left := set(_needed(kind)) - may)}
    assert missing == {}


def test_what_is_said_to_be_unused_hides_no_type(resources):
    for kind in {each["Type"] for each in resources.values()}:
        assert list(_needed(kind)), kind


COMMANDS = {
    "stack up": "cloudformation:ListChangeSets "
    "cloudformation:CreateChangeSet cloudformation:DescribeChangeSet "
    "cloudformation:ExecuteChangeSet cloudformation:DeleteChangeSet cloudformation:TagResource "
    "cloudformation:DescribeStackEvents cloudformation:GetTemplate ecr:DescribeRepositories "
    "logs:DescribeLogGroups dynamodb:DescribeTable s3:ListBucket",
    "stack doctor": "ec2:DescribeRegions ec2:DescribeInstanceTypeOfferings ec2:DescribeSubnets "
    "ec2:DescribeSecurityGroups ec2:DescribeRouteTables ec2:DescribeVpcEndpoints "
    "ec2:DescribeLaunchTemplateVersions servicequotas:GetServiceQuota "
    "servicequotas:GetAWSDefaultServiceQuota ecr:BatchGetImage "
    "ecr:GetDownloadUrlForLayer s3:PutObject s3:GetObject s3:DeleteObject dynamodb:Query "
    "dynamodb:DescribeTable logs:DescribeLogGroups iam:GetRole iam:SimulatePrincipalPolicy "
    "batch:DescribeComputeEnvironments batch:DescribeJobQueues batch:DescribeJobDefinitions",
    "stack down": "batch:ListJobs batch:DescribeJobs batch:TerminateJob "
    "batch:UpdateComputeEnvironment cloudformation:DeleteStack cloudformation:ListStackResources "
    "s3:ListBucketVersions s3:DeleteObjectVersion s3:ListBucketMultipartUploads "
    "s3:AbortMultipartUpload s3:DeleteBucket dynamodb:DeleteTable ecr:ListImages "
    "ecr:DeleteRepository logs:DeleteLogGroup",
    "work under the role of Airflow": "sts:AssumeRole",
    "container/build.sh --push": "ecr:CreateRepository ecr:GetAuthorizationToken "
    "ecr:InitiateLayerUpload ecr:UploadLayerPart ecr:CompleteLayerUpload ecr:PutImage "
    "ecr:BatchCheckLayerAvailability",
}
"""What each command asks of AWS; `sts:GetCallerIdentity` needs no permission."""


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_may_do_what_they_ask(statements, command):
    may = {action for each in statements for action in each["Action"]}
    assert set(COMMANDS[command].split()) - may == set()


def test_no_action_is_a_pattern(statements):
    assert not [a for each in statements for a in each["Action"] if "*" in a]


def test_only_what_cannot_be_named_has_no_resource(statements):
    unnamed = {each["Sid"] for each in statements if each["Resource"] == "*"}
    network = {"NetworkNew", "NetworkTags", "NetworkOurs", "NetworkByStack"}
    assert unnamed == {"Look", "Daily", *network}


def _statement(statements, sid):
    (found,) = (each for each in statements if each["Sid"] == sid)
    return found


def test_of_the_network_only_what_has_our_tag_is_changed_and_removed(statements):
    ours = _statement(statements, "NetworkOurs")
    assert ours["Condition"] == {"StringEquals": {"aws:ResourceTag/project": "geoschem-bench"}}
    without = [
        action
        for each in statements
        if each["Resource"] == "*" and "Condition" not in each
        for action in each["Action"]
        if action.startswith("ec2:") and not action.startswith("ec2:Describe")
    ]
    assert set(without) == {action for action in without if _makes_something(action)}
    assert not set(without) & set(ours["Action"])


def _makes_something(action):
    """New and its own; not a route or a version, which change what is there."""
    parts = ("ec2:CreateRoute", "ec2:CreateTags", "ec2:CreateLaunchTemplateVersion")
    return action.startswith("ec2:Create") and action not in parts


def test_only_what_is_just_made_or_ours_gets_tags(statements):
    made = {a.partition(":")[2] for a in _statement(statements, "NetworkNew")["Action"]}
    tags = _statement(statements, "NetworkTags")
    assert tags["Action"] == ["ec2:CreateTags"]
    assert set(tags["Condition"]["StringEquals"]["ec2:CreateAction"]) == made
    may = {each["Sid"] for each in statements if "ec2:CreateTags" in each["Action"]}
    assert may == {"NetworkTags", "NetworkOurs", "NetworkByStack"}


def test_what_cloudformation_does_before_it_tags_is_its_own_alone(statements):
    """It tags a security group after it made it (cloudformation-coverage-roadmap#714)."""
    by_stack = _statement(statements, "NetworkByStack")
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}
    assert by_stack["Condition"] == via
    ours = set(_statement(statements, "NetworkOurs")["Action"])
    assert set(by_stack["Action"]) <= ours
    removing = ("Delete", "Detach", "Disassociate", "Replace")
    assert not [a for a in by_stack["Action"] if a.partition(":")[2].startswith(removing)]


def test_the_rule_of_a_new_group_has_no_tag_and_can_be_revoked(statements):
    rules = _statement(statements, "NetworkRules")
    assert rules["Resource"] == "arn:*:ec2:*:*:security-group-rule/*"
    ways = {
        f"ec2:{verb}SecurityGroup{way}gress"
        for verb in ("Authorize", "Revoke")
        for way in ("In", "E")
    }
    assert set(rules["Action"]) == ways
    assert "Condition" not in rules
    assert ways <= set(_statement(statements, "NetworkOurs")["Action"])  # the group's own part


@pytest.mark.parametrize("kind", ["VPC", "Subnet", "RouteTable", "InternetGateway"])
def test_what_must_have_our_tag_gets_it_when_it_is_made(of_type, kind):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-west-2", f"AWS::EC2::{kind}").schema
    assert schema["tagging"]["tagOnCreate"] is True
    for each in of_type(f"AWS::EC2::{kind}").values():
        assert {"Key": "project", "Value": "geoschem-bench"} in each["Tags"]


def test_our_roles_are_passed_to_those_who_run_things(statements):
    allowed = [each for each in statements if "iam:PassRole" in each["Action"]]
    (passing,) = allowed
    assert passing["Action"] == ["iam:PassRole"]
    assert passing["Resource"] == "arn:*:iam::*:role/BenchmarkingStack-*"
    to = set(passing["Condition"]["StringEquals"]["iam:PassedToService"])
    trusted = {"ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "lambda.amazonaws.com"}
    assert to == trusted | {"batch.amazonaws.com"}


@pytest.mark.parametrize("name", FILES)
def test_iam_takes_it(name):
    assert len(json.dumps(_document(name), separators=(",", ":"))) <= LARGEST
    assert _document(name)["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    "named",
    [
        "arn:aws:batch:r:1:compute-environment/geos-chem-c7g-4xlarge-spot",
        "arn:aws:batch:r:1:job-definition/geos-chem-benchmark-multinode:3",
        "arn:aws:budgets::1:budget/geoschem-bench-us-west-2",
        "arn:aws:cloudformation:us-west-2:aws:transform/LanguageExtensions",
        "arn:aws:cloudformation:us-west-2:1:stack/BenchmarkingStack/id",
        "arn:aws:cloudwatch::1:dashboard/geoschem-bench-us-west-2",
        "arn:aws:dynamodb:r:1:table/geoschem-benchmarks",
        "arn:aws:ecr:r:1:repository/geos-chem",
        "arn:aws:iam::1:role/BenchmarkingStack-AirflowRole-ABC",
        "arn:aws:iam::1:role/BenchmarkingStack-JobRole-ABC",
        "arn:aws:lambda:r:1:function:BenchmarkingStack-Monitor-ABC",
        "arn:aws:logs:r:1:log-group:/geoschem-bench/jobs",
        "arn:aws:s3:::benchmarkingstack-bucket-abc",
        "arn:aws:sns:r:1:BenchmarkingStack-NotificationTopic-ABC",
    ],
)
def test_the_resources_are_those_of_the_template(statements, named):
    patterns = {pattern for each in statements for pattern in _as_list(each["Resource"])} - {"*"}
    assert any(fnmatchcase(named, pattern) for pattern in patterns)
