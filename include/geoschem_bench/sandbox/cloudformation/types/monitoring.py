"""CloudWatch, its logs, and SNS."""

from __future__ import annotations

import json
from typing import Any

from geoschem_bench.sandbox.cloudformation.types.base import (
    Made,
    Place,
    Properties,
    Type,
    Wanted,
)


def _make_group(place: Place, wanted: Wanted) -> Made:
    if place.logs.has_group(wanted.name):
        raise ValueError(f"Resource of type 'AWS::Logs::LogGroup' with identifier "
                         f"'{wanted.name}' already exists.")  # fmt: skip
    return _set_group(place, wanted)


def _set_group(place: Place, wanted: Wanted) -> Made:
    place.logs.ensure_group(wanted.name)
    logs, properties = place.client("logs"), wanted.properties
    if "RetentionInDays" in properties:
        days = int(properties["RetentionInDays"])
        logs.put_retention_policy(logGroupName=wanted.name, retentionInDays=days)
    else:
        logs.delete_retention_policy(logGroupName=wanted.name)
    if wanted.tags():
        logs.tag_log_group(logGroupName=wanted.name, tags=wanted.tags())
    return Made(wanted.name, {"Arn": place.arn("logs", f"log-group:{wanted.name}:*")})


def _change_group(place: Place, made: Made, _: Properties, wanted: Wanted) -> Made:
    _set_group(place, wanted)
    return made


def _delete_group(place: Place, made: Made, _: Properties) -> None:
    place.logs.delete_group(made.physical_id)


def _adopt_group(place: Place, wanted: Wanted) -> Made | None:
    return _set_group(place, wanted) if place.logs.has_group(wanted.name) else None


def _make_topic(place: Place, wanted: Wanted) -> Made:
    sns = place.client("sns")
    arn = sns.create_topic(Name=wanted.name, Tags=wanted.tag_list())["TopicArn"]
    made = Made(arn, {"TopicArn": arn, "TopicName": wanted.name})
    return _change_topic(place, made, {}, wanted)


def _change_topic(place: Place, made: Made, _: Properties, wanted: Wanted) -> Made:
    sns = place.client("sns")
    for name, value in wanted.only("DisplayName", "KmsMasterKeyId").items():
        sns.set_topic_attributes(
            TopicArn=made.physical_id, AttributeName=name, AttributeValue=str(value)
        )
    sns.tag_resource(ResourceArn=made.physical_id, Tags=wanted.tag_list())
    return made


def _delete_topic(place: Place, made: Made, _: Properties) -> None:
    place.client("sns").delete_topic(TopicArn=made.physical_id)


def _subscribe(place: Place, wanted: Wanted) -> Made:
    arn = place.client("sns").subscribe(
        **wanted.only("TopicArn", "Protocol", "Endpoint"), ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    return Made(arn, {"Arn": arn})


def _unsubscribe(place: Place, made: Made, _: Properties) -> None:
    place.client("sns").unsubscribe(SubscriptionArn=made.physical_id)


def _set_topic_policy(place: Place, wanted: Wanted) -> Made:
    document = json.dumps(wanted.properties["PolicyDocument"])
    for topic in wanted.properties["Topics"]:
        place.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=document
        )
    return Made(wanted.name, {"Id": wanted.name})


def _change_topic_policy(place: Place, made: Made, _: Properties, wanted: Wanted) -> Made:
    _set_topic_policy(place, wanted)
    return made


def _put_dashboard(place: Place, wanted: Wanted) -> Made:
    body = wanted.properties["DashboardBody"]
    text = body if isinstance(body, str) else json.dumps(body)
    place.client("cloudwatch").put_dashboard(DashboardName=wanted.name, DashboardBody=text)
    return Made(wanted.name)


def _change_dashboard(place: Place, made: Made, _: Properties, wanted: Wanted) -> Made:
    _put_dashboard(place, wanted)
    return made


def _delete_dashboard(place: Place, made: Made, _: Properties) -> None:
    place.client("cloudwatch").delete_dashboards(DashboardNames=[made.physical_id])


def _nothing(*_: Any) -> None:  # noqa: ANN401 - whatever is deleted
    """A topic's policy goes with its topic."""


TYPES = {
    "AWS::Logs::LogGroup": Type(
        _make_group, _delete_group, _change_group, fixed=("LogGroupName",),
        name="LogGroupName", adopt=_adopt_group,
    ),
    "AWS::SNS::Topic": Type(
        _make_topic, _delete_topic, _change_topic, fixed=("TopicName", "FifoTopic"),
        name="TopicName",
    ),
    "AWS::SNS::Subscription": Type(
        _subscribe, _unsubscribe, is_single=True
    ),
    "AWS::SNS::TopicPolicy": Type(_set_topic_policy, _nothing, _change_topic_policy),
    "AWS::CloudWatch::Dashboard": Type(
        _put_dashboard, _delete_dashboard, _change_dashboard, fixed=("DashboardName",),
        name="DashboardName",
    ),
}  # fmt: skip
