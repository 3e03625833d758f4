"""Parameters: all that differs from one deployment to another."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnParameter, Stack

from infra.benchmarking_stack.names import DEFAULT_INSTANCES

_TYPE = r"[a-z][a-z0-9-]*\.[a-z0-9-]+"
_TYPES = {"type": "CommaDelimitedList", "default": "", "allowed_pattern": f"^({_TYPE})?$"}
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DAYS_OF_LOGS = ("7", "14", "30", "60", "90", "180", "365", "731")
"""Of what CloudWatch Logs allows."""

_INSTANCES: dict[str, dict[str, Any]] = {
    "GravitonInstanceType": {
        "default": DEFAULT_INSTANCES["arm64"],
        "allowed_pattern": f"^{_TYPE}$",
        "description": "The one type of geos-chem-graviton and its spot twin",
    },
    "X86InstanceType": {
        "default": DEFAULT_INSTANCES["x86_64"],
        "allowed_pattern": f"^{_TYPE}$",
        "description": "The one type of geos-chem-x86 and its spot twin",
    },
    "CampaignInstanceTypes": {
        **_TYPES,
        "description": "More types, each with its own on-demand environment and queue",
    },
    "CampaignSpotInstanceTypes": {
        **_TYPES,
        "description": "More types, each with its own spot environment and queue",
    },
    "MultinodeInstanceTypes": {
        **_TYPES,
        "description": "Types with EFA for jobs on several nodes; none of CampaignInstanceTypes",
    },
}
_SCALING: dict[str, dict[str, Any]] = {
    "MinvCpus": {
        "type": "Number",
        "default": 0,
        "min_value": 0,
        "max_value": 10000,
        "description": "vCPUs that each environment keeps and you pay for; 0 scales to nothing",
    },
    "DesiredvCpus": {
        "type": "Number",
        "default": 0,
        "min_value": 0,
        "max_value": 10000,
        "description": "vCPUs to start with in each default environment; 0: AWS Batch decides",
    },
    "MaxvCpus": {
        "type": "Number",
        "default": 64,
        "min_value": 1,
        "max_value": 10000,
        "description": "Most vCPUs of each environment: it limits what can run, and cost",
    },
    "AllocationStrategy": {
        "default": "BEST_FIT_PROGRESSIVE",
        "allowed_values": ["BEST_FIT_PROGRESSIVE"],  # with BEST_FIT nothing is updated in place
        "description": "How on-demand instances are chosen",
    },
    "SpotAllocationStrategy": {
        "default": "SPOT_CAPACITY_OPTIMIZED",
        "allowed_values": ["SPOT_CAPACITY_OPTIMIZED", "SPOT_PRICE_CAPACITY_OPTIMIZED"],
        "description": "How spot instances are chosen",
    },
    "RunnableSeconds": {  # CloudFormation cannot multiply, and AWS Batch wants seconds
        "type": "Number",
        "default": 3600,
        "min_value": 600,
        "max_value": 86400,
        "description": "A job that cannot be placed is cancelled after so long in RUNNABLE (s); "
        "alarm at half of it",
    },
}
_PLACE: dict[str, dict[str, Any]] = {
    "VpcCidr": {
        "default": "10.42.0.0/16",
        "allowed_pattern": r"^([0-9]{1,3}\.){3}[0-9]{1,3}/(1[6-9]|2[0-2])$",
        "description": "Addresses of the network, /16 to /22; three subnets are cut from it",
    },
    "MultinodeZone": {
        "type": "Number",
        "default": "0",
        "allowed_values": ["0", "1", "2"],
        "description": "Which of the three subnets holds multi-node environments; not every zone "
        "has every type",
    },
    "VolumeGiB": {
        "type": "Number",
        "default": 100,
        "min_value": 30,
        "max_value": 16384,
        "description": "gp3 volume of each instance (GiB)",
    },
    "ImageUri": {
        "default": "",
        "allowed_pattern": r"^$|^[A-Za-z0-9][A-Za-z0-9._/:@-]*$",
        "description": "Image of the jobs; empty: geos-chem:latest of this account",
    },
    "Platform": {
        "default": "aws",
        "allowed_values": ["aws", "sandbox"],
        "description": "What the jobs run on",
    },
    "StandIn": {
        "default": "",
        "allowed_values": ["", "proxy"],
        "description": "proxy: a small program in place of a model that is not there",
    },
}
_STORAGE: dict[str, dict[str, Any]] = {
    "BucketName": {
        "default": "",
        "allowed_pattern": r"^$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        "description": "Name of the results bucket; empty: CloudFormation makes one up",
    },
    "TableName": {
        "default": "geoschem-benchmarks",
        "allowed_pattern": r"^[A-Za-z0-9_.-]{3,255}$",
        "description": "Name of the results table",
    },
    "LogRetentionDays": {
        "type": "Number",
        "default": "90",
        "allowed_values": list(_DAYS_OF_LOGS),
        "description": "How long logs of jobs and events are kept (days)",
    },
}
_PEOPLE: dict[str, dict[str, Any]] = {
    "NotificationEmail": {
        "default": "",
        "allowed_pattern": r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$",
        "description": "Gets alarms and budget warnings, once it confirmed AWS's mail",
    },
    "MonthlyBudgetUsd": {
        "type": "Number",
        "default": 100,
        "min_value": 0,
        "max_value": 1000000,
        "description": "Warn at 80 % of it spent and at 100 % forecast (USD a month); 0: no budget",
    },
    "Owner": {
        "allowed_pattern": r"^[A-Za-z0-9 _.:/=+@-]{1,128}$",
        "description": "Who answers for this stack: the tag owner on everything",
    },
    "ExpiresOn": {
        "default": "never",
        "allowed_pattern": f"^(never|{_DATE})$",
        "description": "When it may be removed, as 2027-01-31 or never: the tag expires",
    },
}


def declare(stack: Stack) -> None:
    """Declare every parameter; parts refer to them by name."""
    for group in (_INSTANCES, _SCALING, _PLACE, _STORAGE, _PEOPLE):
        for name, words in group.items():
            CfnParameter(stack, name, **words)
