"""Who follows the guides may do what they say: each `aws` command of theirs is in the policies."""

import json
import re

import boto3
import pytest
from botocore import xform_name

from tests.infra.conftest import INFRA
from tests.infra.test_deployer_policy import FILES

DOCS = INFRA.parent / "docs"
GUIDES = ("first-aws-run.md", "troubleshooting.md", "stack.md")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r'\baws ([a-z][a-z0-9-]*) ([a-z][a-z0-9-]*)(?: +"?(s3://)?)?')
BY_ADMINISTRATORS = {"iam:CreatePolicy", "iam:AttachUserPolicy"}
"""What step 2 asks of one, so that somebody else can do the rest."""
WITHOUT_PERMISSION = {"sts:GetCallerIdentity"}
OF_THE_PROGRAM = {
    ("configure", "list"): set(),
    ("configure", "set"): set(),
    ("cloudformation", "deploy"): {
        "cloudformation:CreateChangeSet",
        "cloudformation:DescribeChangeSet",
        "cloudformation:DescribeStacks",
        "cloudformation:ExecuteChangeSet",
    },
}
"""Commands that are no operation of a service, and what they call."""
S3_LS = {"": "s3:ListAllMyBuckets", "s3://": "s3:ListBucket"}


def commands_of(guide):
    for block in BLOCK.findall((DOCS / guide).read_text()):
        yield from COMMAND.findall(block)


def actions_of(service, command, place):
    if (service, command) == ("s3", "ls"):
        return {S3_LS[place]}
    if (service, command) in OF_THE_PROGRAM:
        return OF_THE_PROGRAM[service, command]
    model = boto3.client(service, region_name="us-west-2").meta.service_model
    names = {xform_name(name, "-"): name for name in model.operation_names}
    return {f"{model.signing_name}:{names[command]}"}


@pytest.fixture(scope="module")
def allowed():
    policies = [json.loads((INFRA / name).read_text()) for name in FILES]
    return {a for each in policies for part in each["Statement"] for a in part["Action"]}


@pytest.mark.parametrize("guide", GUIDES)
def test_each_command_of_a_guide_is_allowed(allowed, guide):
    commands = list(commands_of(guide))
    asked = {action for each in commands for action in actions_of(*each)}
    assert commands
    assert asked - allowed - BY_ADMINISTRATORS - WITHOUT_PERMISSION == set()
