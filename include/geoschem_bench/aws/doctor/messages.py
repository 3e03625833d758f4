"""Whether anybody would be told of a run."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from geoschem_bench.aws.doctor.finding import Finding, failed, ok, skipped
from geoschem_bench.aws.doctor.patient import Patient
from geoschem_bench.aws.refusals import code_of
from geoschem_bench.aws.topics import arn_of


def topic(patient: Patient) -> Iterator[Finding]:
    """The topic is there; how many have subscribed to it."""
    if not patient.topic:
        yield skipped("topic", "no topic is named, so none of Amazon SNS is told of a run")
        return
    arn = arn_of(patient.topic, patient.region, patient.account.identity().arn)
    name = arn.rpartition(":")[2]
    sns = patient.account.client("sns")
    command = patient.command(f"sns list-subscriptions-by-topic --topic-arn {arn}")
    try:
        sns.get_topic_attributes(TopicArn=arn)
    except ClientError as error:
        if code_of(error) not in ("NotFound", "InvalidParameter"):
            raise
        yield failed("topic", f"there is no topic {name} here, and each run's message goes to it",
                     command, "geoschem-bench stack connect NAME, or set GEOSCHEM_BENCH_TOPIC to "
                     "one that is there, or to nothing")  # fmt: skip
        return
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    every = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
    # One that was not confirmed has a word in place of its ARN
    count = sum(each.startswith("arn:") for each in every)
    if count:
        yield ok("topic", f"{name}: subscriptions: {count}", command)
        return
    subscribe = patient.command(f"sns subscribe --topic-arn {arn} --protocol email "
                                "--notification-endpoint ADDRESS")  # fmt: skip
    yield skipped("topic", f"{name}: nobody has subscribed, so nobody is told of a run. "
                  f"{subscribe}")  # fmt: skip
