"""A queue behind the sandbox's topic: what people would have been sent."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import boto3


class Mail(NamedTuple):
    """One message as Amazon SNS hands it on."""

    subject: str
    text: str


def topic_of(sandbox: Any) -> str:
    """The ARN of the stack's topic."""
    session = boto3.session.Session(sandbox.access_key, sandbox.secret_key)
    sns = session.client("sns", region_name=sandbox.region, endpoint_url=sandbox.endpoint_url)
    (topic,) = sns.list_topics()["Topics"]
    return str(topic["TopicArn"])


class Mailbox:
    """Gets all that is published to the topic from now on."""

    def __init__(self, sandbox: Any, name: str) -> None:
        session = boto3.session.Session(sandbox.access_key, sandbox.secret_key)
        place = {"region_name": sandbox.region, "endpoint_url": sandbox.endpoint_url}
        sns, self._sqs = session.client("sns", **place), session.client("sqs", **place)
        self.topic_arn = topic_of(sandbox)
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=self.topic_arn, Protocol="sqs", Endpoint=arn)
        self._read: list[Mail] = []

    @property
    def topic(self) -> str:
        """The topic's name."""
        return self.topic_arn.rpartition(":")[2]

    def of(self, run_id: str) -> list[Mail]:
        """All of this run, in the order in which they came."""
        while found := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for each in found:
                body = json.loads(each["Body"])
                self._read.append(Mail(body["Subject"], body["Message"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
        return [mail for mail in self._read if run_id in mail.text]
