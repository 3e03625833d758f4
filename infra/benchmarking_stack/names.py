"""Names of what people and programs refer to. Planning computes the same ones."""

from __future__ import annotations

from aws_cdk import Fn, Token

from geoschem_bench.planning.placement import (
    DEFAULT_ENVIRONMENTS,
    DEFAULT_INSTANCES,
    JOB_DEFINITION,
    MULTINODE_JOB_DEFINITION,
)

STACK = "BenchmarkingStack"
PROJECT = "geoschem-bench"
"""Value of the tag `project`, and the first part of names that belong to the whole account."""
GRAVITON = DEFAULT_ENVIRONMENTS["arm64"]
X86 = DEFAULT_ENVIRONMENTS["x86_64"]
REPOSITORY = "geos-chem"
PREFIX = "geos-chem-"
"""All environments and queues begin with it: policies and rules name them so."""
JOB_LOG_GROUP = "/geoschem-bench/jobs"
EVENT_LOG_GROUP = "/geoschem-bench/events"
MONITOR_LOG_GROUP = "/geoschem-bench/monitor"
METRICS = "GeosChemBench"
INPUT_BUCKET = "gcgrid"
"""GEOS-Chem's public input data (us-east-1)."""

__all__ = ["DEFAULT_INSTANCES", "JOB_DEFINITION", "MULTINODE_JOB_DEFINITION"]


def dashed(*words: object) -> str:
    """`geos-chem-<word>-<word>…`, where words may be tokens."""
    return Token.as_string({"Fn::Join": ["-", [PREFIX.rstrip("-"), *words]]})


def dashed_type(variable: str) -> object:
    """`c7g-4xlarge` for the type that a loop's variable holds: names may have no dot."""
    return {"Fn::Join": ["-", {"Fn::Split": [".", {"Ref": variable}]}]}


def arn(service: str, resource: str) -> str:
    """An ARN in this account and region."""
    place = "${AWS::Region}:${AWS::AccountId}"
    return Fn.sub(f"arn:${{AWS::Partition}}:{service}:{place}:{resource}")
