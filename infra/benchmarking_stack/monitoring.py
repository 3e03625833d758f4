"""What is watched, and by what: events of AWS Batch, the monitor."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from infra.benchmarking_stack import names
from infra.benchmarking_stack.logs import LogGroups
from infra.benchmarking_stack.names import arn
from infra.benchmarking_stack.roles import allow, role, service
from infra.benchmarking_stack.shipping import shipped

CODE = Path(__file__).with_name("monitor.py")
_EVERY_MINUTES = 5
_COUNTED = {"JobsSucceeded": "SUCCEEDED", "JobsFailed": "FAILED"}


def build(stack: Stack, groups: LogGroups, topic: str) -> str:
    """Rules, metric filters and the monitor; the name of its function."""
    _count_ends(stack, groups.events)
    _tell_of_blocked_queues(stack, topic)
    return _monitor(stack, groups.monitor)


def _count_ends(stack: Stack, group: logs.CfnLogGroup) -> None:
    """Every change of state of our jobs goes to a log group, where ends are counted."""
    # Not by attribute: an ARN of a group ends in ":*", which a target's must not
    target = events.CfnRule.TargetProperty(id="log", arn=arn("logs", "log-group:${EventLogGroup}"))
    _batch_rule(stack, "JobStateRule", "Batch Job State Change", target)
    # No condition: the policy that EventBridge's guide shows for log groups has none
    writers = ["delivery.logs.amazonaws.com", "events.amazonaws.com"]
    document = stack.to_json_string(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": writers},
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": group.attr_arn,
                }
            ],
        }
    )
    logs.CfnResourcePolicy(
        stack, "EventLogPolicy", policy_name="geoschem-bench-events", policy_document=document
    )
    for metric, status in _COUNTED.items():
        logs.CfnMetricFilter(
            stack,
            metric,
            log_group_name=group.ref,
            filter_pattern=f'{{ $.detail.status = "{status}" }}',
            metric_transformations=[
                logs.CfnMetricFilter.MetricTransformationProperty(
                    metric_name=metric, metric_namespace=names.METRICS, metric_value="1"
                )
            ],
        )


def _tell_of_blocked_queues(stack: Stack, topic: str) -> None:
    """AWS Batch itself says when the first job of a queue cannot be placed."""
    target = events.CfnRule.TargetProperty(id="topic", arn=topic)
    _batch_rule(stack, "QueueBlockedRule", "Batch Job Queue Blocked", target)


def _batch_rule(
    stack: Stack, logical_id: str, what: str, target: events.CfnRule.TargetProperty
) -> events.CfnRule:
    ours = {"prefix": arn("batch", f"job-queue/{names.PREFIX}")}
    return events.CfnRule(
        stack,
        logical_id,
        event_pattern={
            "source": ["aws.batch"],
            "detail-type": [what],
            "detail": {"jobQueue": [ours]},
        },
        targets=[target],
    )


def _monitor(stack: Stack, group: logs.CfnLogGroup) -> str:
    made = lambda_.CfnFunction(
        stack,
        "Monitor",
        description="Metrics of our queues and environments",
        runtime="python3.14",
        architectures=["arm64"],
        handler="index.handler",
        code=lambda_.CfnFunction.CodeProperty(zip_file=shipped(CODE.read_text())),
        timeout=60,
        memory_size=256,
        role=_monitor_role(stack, group),
        logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=group.ref),
        environment=lambda_.CfnFunction.EnvironmentProperty(
            variables={"PREFIX": names.PREFIX, "NAMESPACE": names.METRICS}
        ),
    )
    rule = events.CfnRule(
        stack,
        "MonitorSchedule",
        schedule_expression=f"rate({_EVERY_MINUTES} minutes)",
        targets=[events.CfnRule.TargetProperty(id="monitor", arn=made.attr_arn)],
    )
    lambda_.CfnPermission(
        stack,
        "MonitorPermission",
        action="lambda:InvokeFunction",
        function_name=made.ref,
        principal="events.amazonaws.com",
        source_arn=rule.attr_arn,
    )
    return made.ref


def _monitor_role(stack: Stack, group: logs.CfnLogGroup) -> str:
    ours = {"StringEquals": {"cloudwatch:namespace": names.METRICS}}
    looks = (
        "batch:DescribeComputeEnvironments",
        "batch:DescribeJobQueues",
        "batch:ListJobs",
    )
    made = role(
        stack,
        "MonitorRole",
        service("lambda.amazonaws.com"),
        [
            # Neither can be limited to a resource
            allow("Look", looks, "*"),
            allow("Publish", ["cloudwatch:PutMetricData"], "*", Condition=ours),
            allow("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], group.attr_arn),
        ],
    )
    return made.attr_arn
