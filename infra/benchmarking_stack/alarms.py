"""Alarms, dashboard and budget."""

from __future__ import annotations

from typing import Any

from aws_cdk import Fn, Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.benchmarking_stack import names, tags
from infra.benchmarking_stack.conditions import number
from infra.benchmarking_stack.notification import Topic

_FIVE_MINUTES, _HOUR = 300, 3600
_FAILURE_PERCENT = 50
_FEWEST_ENDS = 4
"""One failed job of two says little."""
_BUDGET_STEPS = (("ACTUAL", 80), ("FORECASTED", 100))


def build(stack: Stack, to: Topic, monitor: str) -> None:
    """All alarms and the budget; each sends to the topic."""
    topic = to.arn
    _stuck(stack, topic)
    _alarm(
        stack,
        "EnvironmentInvalid",
        topic,
        "A compute environment is INVALID and starts no instances; stack doctor says why",
        **_metric("InvalidEnvironments", "Maximum"),
        threshold=0,
    )
    _failure_rate(stack, topic)
    _monitor_alarms(stack, topic, monitor)
    _budget(stack, to)


def _stuck(stack: Stack, topic: str) -> None:
    """At half of the time after which the queue cancels the job: it can still be helped."""
    query = cloudwatch.CfnAlarm.MetricDataQueryProperty
    _alarm(
        stack,
        "RunnableTooLong",
        topic,
        "A queue starts nothing for half of RunnableSeconds; docs/troubleshooting.md says why",
        metrics=[
            query(id="twice", expression="2*w"),
            query(
                id="w",
                metric_stat=_stat("StuckSeconds", _FIVE_MINUTES, "Maximum"),
                return_data=False,
            ),
        ],
        threshold=number("RunnableSeconds"),
    )


def _failure_rate(stack: Stack, topic: str) -> None:
    failed, ended = "FILL(f,0)", "(FILL(f,0)+FILL(s,0))"
    rate = f"IF({ended}>={_FEWEST_ENDS},100*{failed}/{ended},0)"
    query = cloudwatch.CfnAlarm.MetricDataQueryProperty
    _alarm(
        stack,
        "FailureRate",
        topic,
        f"Over {_FAILURE_PERCENT} % of the jobs that ended within an hour failed",
        metrics=[
            query(id="rate", label="Failed (%)", expression=rate),
            query(id="f", metric_stat=_stat("JobsFailed"), return_data=False),
            query(id="s", metric_stat=_stat("JobsSucceeded"), return_data=False),
        ],
        threshold=_FAILURE_PERCENT,
        evaluation_periods=1,
    )


def _monitor_alarms(stack: Stack, topic: str, monitor: str) -> None:
    """Without these, a monitor that is broken would look like queues that are empty."""
    _alarm(
        stack,
        "MonitorFails",
        topic,
        "The monitor failed; its log is in " + names.MONITOR_LOG_GROUP,
        **_lambda_metric("Errors", monitor),
        threshold=0,
    )
    _alarm(
        stack,
        "MonitorSilent",
        topic,
        "The monitor was not run: jobs by state and waiting times are not known",
        **(_lambda_metric("Invocations", monitor) | {"period": _HOUR}),
        threshold=1,
        comparison_operator="LessThanThreshold",
        # Of two hours: one that has not begun is missing too, after the first deployment
        treat_missing_data="breaching",
    )


def _alarm(stack: Stack, logical_id: str, topic: str, description: str, **more: Any) -> None:  # noqa: ANN401 - properties of an alarm
    usual: dict[str, Any] = {
        "comparison_operator": "GreaterThanThreshold",
        "evaluation_periods": 2,
        "treat_missing_data": "notBreaching",
    }
    cloudwatch.CfnAlarm(
        stack,
        logical_id,
        alarm_description=description,
        alarm_actions=[topic],
        **(usual | more),
    )


def _metric(name: str, statistic: str) -> dict[str, Any]:
    return {
        "namespace": names.METRICS,
        "metric_name": name,
        "statistic": statistic,
        "period": _FIVE_MINUTES,
    }


def _lambda_metric(name: str, monitor: str) -> dict[str, Any]:
    function = cloudwatch.CfnAlarm.DimensionProperty(name="FunctionName", value=monitor)
    return _metric(name, "Sum") | {"namespace": "AWS/Lambda", "dimensions": [function]}


def _stat(
    name: str, period: int = _HOUR, statistic: str = "Sum"
) -> cloudwatch.CfnAlarm.MetricStatProperty:
    metric = cloudwatch.CfnAlarm.MetricProperty(namespace=names.METRICS, metric_name=name)
    return cloudwatch.CfnAlarm.MetricStatProperty(metric=metric, period=period, stat=statistic)


def _budget(stack: Stack, to: Topic) -> None:
    """None where 0 is asked for: not everyone may see an account's billing."""
    budget = budgets.CfnBudget
    subscriber = budget.SubscriberProperty(address=to.arn, subscription_type="SNS")
    steps = [
        budget.NotificationWithSubscribersProperty(
            notification=budget.NotificationProperty(
                notification_type=kind,
                comparison_operator="GREATER_THAN",
                threshold=percent,
                threshold_type="PERCENTAGE",
            ),
            subscribers=[subscriber],
        )
        for kind, percent in _BUDGET_STEPS
    ]
    made = budget(
        stack,
        "Budget",
        budget=budget.BudgetDataProperty(
            # Budgets have no region; two stacks must not share a name
            budget_name=Fn.sub(f"{names.PROJECT}-${{AWS::Region}}"),
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=budget.SpendProperty(amount=number("MonthlyBudgetUsd"), unit="USD"),
            cost_filters={"TagKeyValue": [f"user:project${names.PROJECT}"]},
        ),
        notifications_with_subscribers=steps,
        resource_tags=[
            budget.ResourceTagProperty(key=key, value=value)
            for key, value in tags.all_tags().items()
        ],
    )
    made.add_override("Condition", "HasMonthlyBudgetUsd")
    # AWS Budgets looks whether it may write to the topic
    made.add_resource_dependency(to.policy)
