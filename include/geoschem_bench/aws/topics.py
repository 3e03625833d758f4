"""Amazon SNS topics by name: a file of ours holds no account's id, and an ARN does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoschem_bench.aws.clients import make_client
from geoschem_bench.aws.refusals import AWS_ERRORS, explained
from geoschem_bench.errors import StorageError

if TYPE_CHECKING:
    from boto3.session import Session


def topic_arn(topic: str, region: str, session: Session | None = None) -> str:
    """The topic of that name in the account of these credentials; an ARN as it is.

    Raises:
        StorageError: AWS does not say whose credentials these are.
    """
    if topic.startswith("arn:"):
        return topic
    try:
        identity = make_client("sts", region, session).get_caller_identity()
    except AWS_ERRORS as error:
        raise StorageError(f"whose the topic {topic} is: {explained(error, region)}") from error
    return arn_of(topic, region, identity["Arn"])


def arn_of(topic: str, region: str, caller: str) -> str:
    """The topic of that name in the account of the caller, an ARN; an ARN as it is."""
    if topic.startswith("arn:"):
        return topic
    _, partition, _, _, account, *_ = caller.split(":")
    return f"arn:{partition}:sns:{region}:{account}:{topic}"
