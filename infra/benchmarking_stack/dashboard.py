"""The dashboard: jobs by state, waiting, failures, cost."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import Fn, Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.benchmarking_stack.names import METRICS, PROJECT

_WIDTH = 12
"""Of 24 columns. The height is CloudWatch's own, 6: the template must stay small."""
_STATES = ("Pending", "Runnable", "Starting", "Running")
_BILLING_REGION = "us-east-1"
"""The one region that has the metric of charges."""


def build(stack: Stack) -> str:
    """The dashboard; its name. Dashboards have no region, so the name holds it."""
    name = Fn.sub(f"{PROJECT}-${{AWS::Region}}")
    made = cloudwatch.CfnDashboard(
        stack,
        "Dashboard",
        dashboard_name=name,
        dashboard_body=Fn.sub(json.dumps({"widgets": _widgets()}, separators=(",", ":"))),
    )
    return made.ref


def _widgets() -> list[dict[str, Any]]:
    graphs = [
        _graph(
            "Jobs by state",
            [[METRICS, "JobsSubmitted"], *([".", f"Jobs{state}"] for state in _STATES)],
            stacked=True,
        ),
        _graph("Longest wait where nothing starts (s)", [_ours("StuckSeconds")]),
        _graph(
            "Jobs that ended (per hour)",
            [_ours("JobsSucceeded"), [".", "JobsFailed"]],
            stat="Sum",
            period=3600,
        ),
        _graph("vCPUs that are paid for", [_ours("DesiredvCpus")]),
        _graph("Environments INVALID", [_ours("InvalidEnvironments")]),
        _graph(
            "Charges of the account this month (USD)",
            [["AWS/Billing", "EstimatedCharges", "Currency", "USD"]],
            region=_BILLING_REGION,
            period=21600,
        ),
    ]
    return [graph | {"width": _WIDTH} for graph in graphs]


def _ours(metric: str) -> list[str]:
    return [METRICS, metric]


def _graph(title: str, metrics: list[list[str]], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - CloudWatch's words
    usual = {"region": "${AWS::Region}", "stat": "Maximum"}
    return {"type": "metric", "properties": usual | {"title": title, "metrics": metrics} | more}
