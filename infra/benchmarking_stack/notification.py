"""Where warnings go: a topic, and a mail for who wants one."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_sns as sns

_SENDERS = ("budgets.amazonaws.com", "cloudwatch.amazonaws.com")
_EVENTS = "events.amazonaws.com"


@dataclass(frozen=True)
class Topic:
    """The topic, and who may write to it: without that AWS refuses those who would."""

    arn: str
    policy: sns.CfnTopicPolicy


def build(stack: Stack) -> Topic:
    """The topic.

    Not encrypted with a key: AWS's own key for SNS lets none of the three services publish, and
    one of ours would cost a dollar a month to hide names of queues and metrics.
    """
    topic = sns.CfnTopic(stack, "NotificationTopic", display_name="geoschem-bench")
    policy = sns.CfnTopicPolicy(
        stack,
        "NotificationTopicPolicy",
        topics=[topic.ref],
        policy_document={
            "Version": "2012-10-17",
            "Statement": [_senders(topic.ref), _events(topic.ref), _tls_only(topic.ref)],
        },
    )
    mail = sns.CfnSubscription(
        stack,
        "EmailSubscription",
        topic_arn=topic.ref,
        protocol="email",
        endpoint=Fn.ref("NotificationEmail"),
    )
    mail.add_override("Condition", "HasNotificationEmail")
    return Topic(topic.ref, policy)


def _senders(topic: str) -> dict[str, object]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": list(_SENDERS)},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    }


def _events(topic: str) -> dict[str, object]:
    """EventBridge's own: its guide knows no condition in the policy of a topic."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": _EVENTS},
        "Action": "sns:Publish",
        "Resource": topic,
    }


def _tls_only(topic: str) -> dict[str, object]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
