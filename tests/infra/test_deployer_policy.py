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
    "stack up": "cloudformation:CreateChangeSet cloudformation:DescribeChangeSet "
    "cloudformation:ExecuteChangeSet cloudformation:DeleteChangeSet cloudformation:TagResource "
    "cloudformation:DescribeStackEvents cloudformation:GetTemplate ecr:DescribeRepositories "
    "logs:DescribeLogGroups dynamodb:DescribeTable s3:ListBucket",
    "stack doctor": "ec2:DescribeRegions ec2:DescribeInstanceTypeOfferings ec2:DescribeSubnets "
    "ec2:DescribeSecurityGroups ec2:DescribeRouteTables ec2:DescribeVpcEndpoints "
    "ec2:DescribeLaunchTemplateVersions servicequotas:GetServiceQuota ecr:BatchGetImage "
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
    assert unnamed == {"Look", "NetworkNew", "NetworkOurs", "Daily"}


def test_of_the_network_only_what_has_our_tag_is_removed(statements):
    (ours,) = (each for each in statements if each["Sid"] == "NetworkOurs")
    assert ours["Condition"] == {"StringEquals": {"aws:ResourceTag/project": "geoschem-bench"}}
    removing = ("Delete", "Detach", "Disassociate", "Revoke")
    (new,) = (each for each in statements if each["Sid"] == "NetworkNew")
    assert not [a for a in new["Action"] if a.partition(":")[2].startswith(removing)]


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
