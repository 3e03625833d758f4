"""Alarms, budget, dashboard, rules: moto drops most of it."""

import json

import pytest

TOPIC = [{"Ref": "NotificationTopic"}]


@pytest.fixture(scope="module")
def alarms(of_type):
    return of_type("AWS::CloudWatch::Alarm")


def test_alarms_are_sent_to_the_topic(alarms):
    names = "RunnableTooLong EnvironmentInvalid FailureRate MonitorFails MonitorSilent"
    assert set(alarms) == set(names.split())
    assert all(each["AlarmActions"] == TOPIC for each in alarms.values())
    assert all(each["AlarmDescription"] for each in alarms.values())


def test_an_alarm_of_jobs_that_wait_too_long(alarms):
    """At half of the time: CloudFormation cannot divide, the alarm's expression can double."""
    alarm = alarms["RunnableTooLong"]
    twice, waited = alarm["Metrics"]
    assert (twice["Expression"], waited["Id"]) == ("2*w", "w")
    assert waited["MetricStat"]["Metric"] == {
        "Namespace": "GeosChemBench",
        "MetricName": "StuckSeconds",
    }
    assert waited["MetricStat"]["Stat"] == "Maximum"
    assert waited["ReturnData"] is False
    assert alarm["Threshold"] == {"Ref": "RunnableSeconds"}
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_an_alarm_of_invalid_environments(alarms):
    alarm = alarms["EnvironmentInvalid"]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("InvalidEnvironments", 0)


def test_an_alarm_of_failures_needs_a_few_jobs(alarms):
    queries = {each["Id"]: each for each in alarms["FailureRate"]["Metrics"]}
    ended = "(FILL(f,0)+FILL(s,0))"
    assert queries["rate"]["Expression"] == f"IF({ended}>=4,100*FILL(f,0)/{ended},0)"
    assert alarms["FailureRate"]["Threshold"] == 50
    counted = {name: queries[name]["MetricStat"]["Metric"]["MetricName"] for name in "fs"}
    assert counted == {"f": "JobsFailed", "s": "JobsSucceeded"}


def test_a_broken_monitor_does_not_look_like_empty_queues(alarms):
    silent, fails = alarms["MonitorSilent"], alarms["MonitorFails"]
    assert silent["TreatMissingData"] == "breaching"
    assert (silent["MetricName"], silent["ComparisonOperator"]) == (
        "Invocations",
        "LessThanThreshold",
    )
    # One hour in which it ran is enough: after the first deployment the other has no data
    assert silent["EvaluationPeriods"] == 2
    assert (fails["MetricName"], fails["Threshold"]) == ("Errors", 0)


def test_ends_of_jobs_are_counted(of_type):
    filters = of_type("AWS::Logs::MetricFilter")
    for name, status in (("JobsSucceeded", "SUCCEEDED"), ("JobsFailed", "FAILED")):
        assert filters[name]["FilterPattern"] == f'{{ $.detail.status = "{status}" }}'
        (made,) = filters[name]["MetricTransformations"]
        assert (made["MetricNamespace"], made["MetricName"]) == ("GeosChemBench", name)


def test_events_of_our_queues_only(of_type):
    rules = of_type("AWS::Events::Rule")
    for name in ("JobStateRule", "QueueBlockedRule"):
        pattern = rules[name]["EventPattern"]
        (queue,) = pattern["detail"]["jobQueue"]
        assert pattern["source"] == ["aws.batch"]
        assert queue["prefix"]["Fn::Sub"].endswith(":job-queue/geos-chem-")
    blocked = rules["QueueBlockedRule"]
    assert blocked["EventPattern"]["detail-type"] == ["Batch Job Queue Blocked"]
    assert [each["Arn"] for each in blocked["Targets"]] == TOPIC


def test_events_may_be_written_to_their_log_group(of_type):
    (policy,) = of_type("AWS::Logs::ResourcePolicy").values()
    assert "events.amazonaws.com" in json.dumps(policy["PolicyDocument"])


def test_the_monitor_looks_every_five_minutes(of_type):
    schedule = of_type("AWS::Events::Rule")["MonitorSchedule"]
    assert schedule["ScheduleExpression"] == "rate(5 minutes)"
    (permission,) = of_type("AWS::Lambda::Permission").values()
    assert permission["SourceArn"] == {"Fn::GetAtt": ["MonitorSchedule", "Arn"]}


def test_the_budget_counts_what_has_our_tag(of_type):
    (budget,) = of_type("AWS::Budgets::Budget").values()
    data = budget["Budget"]
    assert data["BudgetLimit"] == {"Amount": {"Ref": "MonthlyBudgetUsd"}, "Unit": "USD"}
    assert (data["BudgetType"], data["TimeUnit"]) == ("COST", "MONTHLY")
    assert data["CostFilters"] == {"TagKeyValue": ["user:project$geoschem-bench"]}


def test_the_budget_comes_after_its_topic_takes_messages(resources):
    assert resources["Budget"]["DependsOn"] == ["NotificationTopicPolicy"]


def test_the_budget_warns_before_it_is_spent(of_type):
    (budget,) = of_type("AWS::Budgets::Budget").values()
    steps = budget["NotificationsWithSubscribers"]
    told = {(s["Notification"]["NotificationType"], s["Notification"]["Threshold"]) for s in steps}
    assert told == {("ACTUAL", 80), ("FORECASTED", 100)}
    to = {"Address": TOPIC[0], "SubscriptionType": "SNS"}
    assert all(each["Subscribers"] == [to] for each in steps)


def test_the_topic_takes_messages_of_those_who_warn_and_over_tls(of_type):
    (policy,) = of_type("AWS::SNS::TopicPolicy").values()
    senders, events, tls = policy["PolicyDocument"]["Statement"]
    assert senders["Principal"]["Service"] == [
        "budgets.amazonaws.com",
        "cloudwatch.amazonaws.com",
    ]
    assert events["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in events  # EventBridge's guide: none is supported for topics
    assert senders["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }
    assert tls["Effect"] == "Deny"


def test_a_mail_goes_to_who_wants_one(resources):
    mail = resources["EmailSubscription"]
    assert mail["Condition"] == "HasNotificationEmail"
    assert mail["Properties"]["Endpoint"] == {"Ref": "NotificationEmail"}


def test_the_dashboard_shows_states_waiting_failures_and_cost(of_type):
    (dashboard,) = of_type("AWS::CloudWatch::Dashboard").values()
    body = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
    shown = json.dumps([each["properties"]["metrics"] for each in body["widgets"]])
    for metric in (
        *(f"Jobs{state}" for state in ("Submitted", "Pending", "Runnable", "Starting", "Running")),
        "JobsFailed",
        "StuckSeconds",
        "EstimatedCharges",
        "DesiredvCpus",
    ):
        assert metric in shown
