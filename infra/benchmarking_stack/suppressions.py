"""Findings of cdk-nag (pack AwsSolutions) that stay, each with its reason.

A test holds that there is no other finding, and none of these without a cause.
"""

from __future__ import annotations

from aws_cdk import Acknowledgment, Stack, Validations

_PLACE = "<AWS::Region>:<AWS::AccountId>"
_NO_RESOURCE = "calls for which IAM knows no resource"
_OBJECTS = "keys and index names below what is ours are made while it runs"

NAG = {
    ("Vpc", "VPC7"): "flow logs cost money for each GB, and the jobs' own traffic is input data",
    ("Bucket", "S1"): "who reads benchmark results need not be known; a log bucket is one more",
    ("JobRole", "IAM5[Resource::<Bucket.Arn>/runs/*]"): _OBJECTS,
    ("JobRole", "IAM5[Resource::arn:aws:s3:::gcgrid/*]"): "public input data",
    ("ExecutionRole", "IAM5[Resource::*]"): _NO_RESOURCE,
    ("InstanceRole", "IAM5[Resource::*]"): _NO_RESOURCE,
    (
        "InstanceRole",
        f"IAM5[Resource::arn:*:ecs:{_PLACE}:cluster/*]",
    ): "AWS Batch makes the clusters and their names",
    (
        "InstanceRole",
        f"IAM5[Resource::arn:*:ecs:{_PLACE}:container-instance/*]",
    ): "an instance learns its id when it registers",
    ("MonitorRole", "IAM5[Resource::*]"): _NO_RESOURCE,
    ("AirflowRole", "IAM5[Resource::*]"): _NO_RESOURCE,
    ("AirflowRole", "IAM5[Resource::arn:aws:s3:::gcgrid/*]"): "public input data",
    ("AirflowRole", "IAM5[Resource::<Bucket.Arn>/*]"): _OBJECTS,
    ("AirflowRole", "IAM5[Resource::<Bucket.Arn>/runs/*]"): _OBJECTS,
    ("AirflowRole", "IAM5[Resource::<Bucket.Arn>/reports/runs/*]"): _OBJECTS,
    ("AirflowRole", "IAM5[Resource::<Table.Arn>/index/*]"): _OBJECTS,
    (
        "AirflowRole",
        f"IAM5[Resource::arn:*:batch:{_PLACE}:job-definition/geos-chem-benchmark*]",
    ): "revisions are numbered as they come",
    (
        "AirflowRole",
        f"IAM5[Resource::arn:*:batch:{_PLACE}:compute-environment/geos-chem-*]",
    ): "environments of campaigns are made from a parameter",
    (
        "AirflowRole",
        f"IAM5[Resource::arn:*:batch:{_PLACE}:job-queue/geos-chem-*]",
    ): "queues of campaigns are made from a parameter",
    (
        "AirflowRole",
        f"IAM5[Resource::arn:*:batch:{_PLACE}:job/*]",
    ): "a job's id is known when it is submitted",
}
"""Logical id and rule → reason."""

_PROTOTYPES = {
    "F1018": "the variable of a loop",
    "F1020": "the variable of a loop",
    "W2001": "used by a loop",
    "W8001": "used by a loop",
}
"""Of CDK's own check, which sees prototypes before they are in their loops. cfn-lint checks the
file that is deployed."""


def acknowledge(stack: Stack) -> None:
    """Tell CDK what is known."""
    for rule, reason in _PROTOTYPES.items():
        known = Acknowledgment(id=f"CloudFormation-Validate::{rule}", reason=reason)
        Validations.of(stack).acknowledge(known)
