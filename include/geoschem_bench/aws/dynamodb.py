"""ResultsStore on DynamoDB: the only file that knows attribute names and conditions.

Table: partition `benchmark_id`, sort `run_key`. Indexes `by_simulation` (simulation_key, run_key),
`by_run` (benchmark_run_id, benchmark_id), `by_month` (month, run_key). Queries only, no scan.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal, DecimalException
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from geoschem_bench.aws.refusals import explained, is_lockout, is_of_access
from geoschem_bench.errors import LockedOutError, StorageError
from geoschem_bench.records import Result, Stored

_PARALLEL = 8
_LONG = 300
"""Characters of a message that somebody wants to read."""


class DynamoResultsStore:
    """Results of every run; see `results.ResultsStore`."""

    def __init__(self, client: Any, table: str) -> None:  # noqa: ANN401 - boto3's own
        self._client = client
        self._table = table

    def put(self, results: Iterable[Result]) -> dict[str, Stored]:
        """One conditional write per result, several at a time."""
        unique = {f"{r.benchmark_id}#{r.run_key}": r for r in results}
        with ThreadPoolExecutor(_PARALLEL) as pool:
            done = list(pool.map(self._put_one, unique.values()))
        return dict(zip(unique, done, strict=True))

    def of_run(self, benchmark_run_id: str) -> list[Result]:
        """Every result of a run, by benchmark id and submission."""
        found = self._query("by_run", "benchmark_run_id", benchmark_run_id)
        return sorted(found, key=lambda r: (r.benchmark_id, r.submission))

    def of_benchmark(self, benchmark_id: str) -> list[Result]:
        """The benchmark's history, oldest first."""
        return self._query(None, "benchmark_id", benchmark_id)

    def of_simulation(self, simulation_key: str) -> list[Result]:
        """All results of one simulation, oldest first."""
        return self._query("by_simulation", "simulation_key", simulation_key)

    def of_month(self, month: str) -> list[Result]:
        """All results of a month, oldest first."""
        return self._query("by_month", "month", month)

    def delete(self, results: Iterable[Result]) -> int:
        """Delete their rows, several at a time; how many were asked for."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return sum(1 for _ in pool.map(self._delete_one, results))

    def _delete_one(self, result: Result) -> None:
        try:
            self._client.delete_item(TableName=self._table, Key=_key(result))
        except (ClientError, BotoCoreError) as error:
            raise self._refused("delete from", error) from error

    def _put_one(self, result: Result) -> Stored:
        try:
            item = to_item(result)
        except DecimalException:
            return Stored.REFUSED  # a number beyond DynamoDB's 38 digits
        old = self._existing(result)
        if old == item:
            return Stored.SAME
        # Another manifest must never overwrite this one, and a failure (no manifest) never a
        # result; a result may take the place of a failure found before it was complete.
        absent = "attribute_not_exists(benchmark_id) OR attribute_not_exists(manifest_sha256)"
        values = {}
        if result.manifest_sha256:
            absent += " OR manifest_sha256 = :sha256"
            values = {"ExpressionAttributeValues": {":sha256": {"S": result.manifest_sha256}}}
        try:
            self._client.put_item(
                TableName=self._table, Item=item, ConditionExpression=absent, **values
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                return Stored.CONFLICT
            if code == "ValidationException":
                return Stored.REFUSED  # more than 400 kB
            raise self._refused("write to", error) from error
        except BotoCoreError as error:
            raise self._refused("write to", error) from error
        same = old is not None and old.get("manifest_sha256") == item.get("manifest_sha256")
        return Stored.SAME if same else Stored.NEW

    def _existing(self, result: Result) -> dict[str, Any] | None:
        key = _key(result)
        try:
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise self._refused("read", error) from error
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def _query(self, index: str | None, key: str, value: str) -> list[Result]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#key = :value",
            "ExpressionAttributeNames": {"#key": key},
            "ExpressionAttributeValues": {":value": {"S": value}},
        }
        if index:
            request["IndexName"] = index
        try:
            pages = self._client.get_paginator("query").paginate(**request)
            return [from_item(item) for page in pages for item in page["Items"]]
        except (ClientError, BotoCoreError) as error:
            raise self._refused("read", error) from error

    def _refused(self, verb: str, error: Exception) -> StorageError:
        if is_of_access(error):
            said = explained(error, self._client.meta.region_name)
            refused = LockedOutError if is_lockout(error) else StorageError
            return refused(f"cannot {verb} the table {self._table}: {said}")
        return StorageError(f"cannot {verb} the table {self._table}: {error}; check its name, the "
                            "region and the role's permissions")  # fmt: skip


def _key(result: Result) -> dict[str, Any]:
    return {"benchmark_id": {"S": result.benchmark_id}, "run_key": {"S": result.run_key}}


def to_item(result: Result) -> dict[str, Any]:
    """A result as DynamoDB's typed attributes; its own nulls are left out, those in parts kept."""
    every = json.loads(result.model_dump_json(), parse_float=Decimal)
    data = {name: value for name, value in every.items() if value is not None}
    data |= {
        "run_key": result.run_key,
        "simulation_key": result.simulation_key,
        "month": result.month,
    }
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in data.items()}


def from_item(item: dict[str, Any]) -> Result:
    """The result that `to_item` stored.

    Raises:
        StorageError: somebody else wrote it, or another version.
    """
    deserialize = TypeDeserializer().deserialize
    data = {name: deserialize(value) for name, value in item.items()}
    absent = {n: None for n, field in Result.model_fields.items() if field.is_required()}
    try:
        return Result.model_validate_json(json.dumps(absent | data, default=float))
    except (TypeError, ValueError) as error:
        why = " ".join(str(error).split())[:_LONG]
        row = f"benchmark_id {data.get('benchmark_id')}, run_key {data.get('run_key')}"
        raise StorageError(f"the row {row} is no result that can be read ({why}); mend or delete "
                           "it in the table") from error  # fmt: skip
