"""What AWS refuses is one message with the cure."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import action_of, asking, explained
from geoschem_bench.errors import AccessError, UserError


def refusal(code, message="", operation="CreateChangeSet"):
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


DENIED = (
    "User: arn:aws:iam::123456789012:user/me is not authorized to perform: "
    "iam:CreateRole on resource: role r"
)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoCredentialsError(), "aws configure --profile lab"),
        (refusal("ExpiredToken", "The security token has expired."), "aws sso login --profile lab"),
        (refusal("RequestExpired"), "has expired"),
        (TokenRetrievalError(provider="sso", error_msg="expired"), "aws sso login"),
        (refusal("InvalidClientTokenId", "The token is invalid."), "does not know these"),
        (refusal("AccessDenied", DENIED), "iam:CreateRole is not allowed"),
        (refusal("AccessDenied", DENIED), "infra/deployer-policy.json"),
        (refusal("UnauthorizedOperation", "no", "DescribeSubnets"), "DescribeSubnets"),
        (EndpointConnectionError(endpoint_url="https://x"), "AWS is not reached"),
        (ResponseParserError("<html>" * 200), "a proxy"),
        (refusal("Throttling", "Rate exceeded"), "AWS refused CreateChangeSet: Rate exceeded"),
    ],
)
def test_each_refusal_has_its_cure(error, words):
    with pytest.raises(AccessError) as raised, asking("us-west-2", "lab"):
        raise error
    assert words in str(raised.value)
    assert len(str(raised.value)) < 700
    assert isinstance(raised.value, UserError)


def test_other_errors_are_left_alone():
    with pytest.raises(KeyError), asking("us-west-2", None):
        raise KeyError("x")


def test_the_missing_permission_is_named_as_policies_spell_it():
    assert action_of(refusal("AccessDenied", DENIED)) == "iam:CreateRole"


def test_without_a_profile_none_is_named():
    assert "--profile lab" not in explained(NoCredentialsError(), "us-west-2")


@pytest.mark.parametrize(
    ("region", "home"),
    [
        ("us-west-2", "us-east-1"),
        ("ap-southeast-4", "us-east-1"),
        ("cn-northwest-1", "cn-north-1"),
        ("us-gov-east-1", "us-gov-west-1"),
    ],
)
def test_identity_is_asked_where_every_account_is_at_home(region, home):
    assert Account(region).home == home
