"""Keys and indexes that a table of results must have."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

KEYS = ("benchmark_id", "run_key")
INDEXES = {
    "by_simulation": ("simulation_key", "run_key"),
    "by_run": ("benchmark_run_id", "benchmark_id"),
    "by_month": ("month", "run_key"),
}


def layout_of(table: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Key and indexes of a table, as DynamoDB describes it; partition before sort key."""
    indexes = {
        index["IndexName"]: _keys(index["KeySchema"])
        for index in table.get("GlobalSecondaryIndexes", [])
    }
    return _keys(table["KeySchema"]), indexes


def create_command(table: str, region: str) -> str:
    """The command that makes an empty table of ours."""
    names = dict.fromkeys([*KEYS, *(key for keys in INDEXES.values() for key in keys)])
    attributes = " ".join(f"AttributeName={name},AttributeType=S" for name in names)
    indexes = " ".join(shlex.quote(_index(name, keys)) for name, keys in INDEXES.items())
    return (
        f"aws dynamodb create-table --table-name {table} --region {region} "
        f"--billing-mode PAY_PER_REQUEST --attribute-definitions {attributes} --key-schema "
        f"{_schema(KEYS, ' ')} --global-secondary-indexes {indexes}"
    )


def _index(name: str, keys: Sequence[str]) -> str:
    schema = ",".join("{" + part + "}" for part in _schema(keys, " ").split(" "))
    return f"IndexName={name},KeySchema=[{schema}],Projection={{ProjectionType=ALL}}"


def _schema(keys: Sequence[str], separator: str) -> str:
    pairs = zip(keys, ("HASH", "RANGE"), strict=True)
    return separator.join(f"AttributeName={key},KeyType={kind}" for key, kind in pairs)


def _keys(schema: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    ordered = sorted(schema, key=lambda entry: entry["KeyType"] != "HASH")
    return tuple(entry["AttributeName"] for entry in ordered)
