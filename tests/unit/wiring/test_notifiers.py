"""Whom the environment names, and what it may not say."""

import json

import pytest

from geoschem_bench.errors import SettingsError
from geoschem_bench.wiring.notifiers import (
    SNS_NOTIFIER,
    NotifierChoice,
    read_notifiers,
    usable_notifiers,
)

ARN = "arn:aws:sns:us-west-2:123456789012:alarms"


def test_nobody_is_told_unless_somebody_is_named():
    assert read_notifiers({"GEOSCHEM_BENCH_TOPIC": " ", "GEOSCHEM_BENCH_NOTIFIERS": ""}) == ()


@pytest.mark.parametrize("topic", ["alarms", ARN])
def test_a_topic_alone_is_enough_and_no_account_is_shown(topic):
    (choice,) = read_notifiers({"GEOSCHEM_BENCH_TOPIC": topic})
    assert choice == NotifierChoice(SNS_NOTIFIER, topic=topic)
    assert choice.title == "SnsNotifier of alarms"


def test_a_list_comes_after_the_topic():
    chosen = [{"notifier": "a.B", "kwargs": {"token": "secret"}}, {"notifier": "c.D"}]
    environment = {"GEOSCHEM_BENCH_TOPIC": "t", "GEOSCHEM_BENCH_NOTIFIERS": json.dumps(chosen)}
    found = read_notifiers(environment)
    assert [each.notifier for each in found] == [SNS_NOTIFIER, "a.B", "c.D"]
    assert "secret" not in " ".join(each.title for each in found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ('{"notifier": "a.B"}', "is no list"),
        ('["a.B"]', r"NOTIFIERS\[0\] is no object"),
        ('[{"notifier": "a.B"}, {"kwargs": {}}]', r"NOTIFIERS\[1\].notifier is None"),
        ('[{"notifier": "B"}]', r"\[0\].notifier is 'B'; write the path of a class"),
        ('[{"notifier": "a.B", "kwargs": []}]', r"\[0\].kwargs is no object"),
        ('[{"notifier": "a.B", "text": "x"}]', r"\[0\] has the key 'text'; allowed are"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_to_write(text, message):
    environment = {"GEOSCHEM_BENCH_TOPIC": "t", "GEOSCHEM_BENCH_NOTIFIERS": text}
    with pytest.raises(SettingsError, match=message) as refused:
        read_notifiers(environment)
    topic = NotifierChoice(SNS_NOTIFIER, topic="t")
    assert usable_notifiers(environment) == ((topic,), str(refused.value))
