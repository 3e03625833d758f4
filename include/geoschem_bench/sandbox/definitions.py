"""The table and the job definitions, in AWS's own words."""

from __future__ import annotations

from typing import Any

from geoschem_bench.planning.placement import JOB_DEFINITION, MULTINODE_JOB_DEFINITION
from geoschem_bench.sandbox.settings import TABLE

_CONTAINER: dict[str, Any] = {
    "image": "geos-chem:sandbox",
    "command": [
        "geoschem-bench-runner",
        "--benchmark",
        "Ref::configJson",
        "--output-path",
        "Ref::outputPath",
    ],
    "environment": [
        {"name": "GEOSCHEM_BENCH_PLATFORM", "value": "sandbox"},
        {"name": "GEOSCHEM_BENCH_STAND_IN", "value": "proxy"},
    ],
    # A 4xlarge has 16 vCPUs and 32 GiB; a part is left to the agent of ECS.
    "resourceRequirements": [
        {"type": "VCPU", "value": "15"},
        {"type": "MEMORY", "value": "30720"},
    ],
}
_ONCE = {"attempts": 1}
"""Retries are Airflow's: made in two places they would multiply."""

JOB_DEFINITIONS: tuple[dict[str, Any], ...] = (
    {
        "jobDefinitionName": JOB_DEFINITION,
        "type": "container",
        "containerProperties": _CONTAINER,
        "retryStrategy": _ONCE,
    },
    {
        "jobDefinitionName": MULTINODE_JOB_DEFINITION,
        "type": "multinode",
        "nodeProperties": {
            "numNodes": 2,
            "mainNode": 0,
            "nodeRangeProperties": [{"targetNodes": "0:", "container": _CONTAINER}],
        },
        "retryStrategy": _ONCE,
    },
)


def _index(name: str, partition: str, sort: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": _keys(partition, sort),
        "Projection": {"ProjectionType": "ALL"},
    }


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


_KEY_ATTRIBUTES = ("benchmark_id", "run_key", "simulation_key", "benchmark_run_id", "month")

TABLE_DEFINITION: dict[str, Any] = {
    "TableName": TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in _KEY_ATTRIBUTES
    ],
    "KeySchema": _keys("benchmark_id", "run_key"),
    "GlobalSecondaryIndexes": [
        _index("by_simulation", "simulation_key", "run_key"),
        _index("by_run", "benchmark_run_id", "benchmark_id"),
        _index("by_month", "month", "run_key"),
    ],
}
