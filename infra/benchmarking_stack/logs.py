"""Log groups, each with an end to what it keeps."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_logs as logs

from infra.benchmarking_stack import names
from infra.benchmarking_stack.conditions import number


@dataclass(frozen=True)
class LogGroups:
    """Of the jobs, of AWS Batch's events, of the monitor."""

    jobs: logs.CfnLogGroup
    events: logs.CfnLogGroup
    monitor: logs.CfnLogGroup


def build(stack: Stack) -> LogGroups:
    """The three groups."""
    return LogGroups(
        jobs=_group(stack, "JobLogGroup", names.JOB_LOG_GROUP),
        events=_group(stack, "EventLogGroup", names.EVENT_LOG_GROUP),
        monitor=_group(stack, "MonitorLogGroup", names.MONITOR_LOG_GROUP),
    )


def _group(stack: Stack, logical_id: str, name: str) -> logs.CfnLogGroup:
    return logs.CfnLogGroup(
        stack, logical_id, log_group_name=name, retention_in_days=number("LogRetentionDays")
    )
