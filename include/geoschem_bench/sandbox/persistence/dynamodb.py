"""DynamoDB in plain files.

dynamodb/<region>/<table>/table.json          keys, indexes and settings
dynamodb/<region>/<table>/items/<hash>.json   one item, named by a hash of its key
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table

from geoschem_bench.sandbox.files import file_name, json_files, read_json, write_json

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_READS = ("Get", "BatchGet", "TransactGet", "Describe", "List", "Query", "Scan")
_ITEM_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")

Item = dict[str, Any]
"""Attribute values in DynamoDB's JSON, `{"S": "text"}`."""


class DynamoDBMirror:
    """Keeps files equal to moto's tables."""

    def __init__(self, folder: Path, account: str) -> None:
        self._folder = folder
        self._account = account

    def is_change(self, environ: WSGIEnvironment) -> bool:
        """Whether a request may change anything."""
        return not _operation(environ).startswith(_READS)

    def write(self, environ: WSGIEnvironment, body: bytes, region: str) -> None:
        """Writes through what a request that succeeded has changed."""
        operation = _operation(environ)
        if operation in _ITEM_WRITES:
            for table_name, item in _items_in(operation, json.loads(body)):
                self._write_item(region, self._backend(region).get_table(table_name), item)
        else:
            self.refresh(region)

    def _backend(self, region: str) -> DynamoDBBackend:
        return dynamodb_backends[self._account][region]

    def _write_item(self, region: str, table: Table, given: Item) -> None:
        """Files an item as the table has it now; `given` holds its key, maybe more."""
        key = {name: given[name] for name in table.table_key_attrs}
        hash_key, range_key = self._backend(region).get_keys_value(table, key)
        stored = table.get_item(hash_key, range_key)
        path = self._table_folder(region, table.name) / "items" / _item_file(key)
        if stored is None:
            path.unlink(missing_ok=True)
        else:
            write_json(path, _text(stored.to_json()["Attributes"]))

    def refresh(self, region: str) -> None:
        """Rewrites all tables of a region: operations other than on items are rare."""
        tables = dict(self._backend(region).tables)
        for folder in (self._folder / region).glob("*"):
            if folder.name not in tables:
                shutil.rmtree(folder)
        for table in tables.values():
            path = self._table_folder(region, table.name) / "table.json"
            if not path.exists():  # what is there without it, older sandboxes have lost sight of
                _load_items(table, path.parent)
            write_json(path, _definition(table))
            self._write_items(region, table)

    def _write_items(self, region: str, table: Table) -> None:
        names = set()
        for stored in table.all_items():
            item = stored.to_json()["Attributes"]
            self._write_item(region, table, item)
            names.add(_item_file({name: item[name] for name in table.table_key_attrs}))
        for path in json_files(self._table_folder(region, table.name) / "items"):
            if path.name not in names:
                path.unlink()

    def _table_folder(self, region: str, table: str) -> Path:
        return self._folder / region / file_name(table)

    def load(self) -> None:
        """Fills moto with what the files say."""
        for path in sorted(self._folder.glob("*/*/table.json")):
            region = path.parent.parent.name
            _load_items(_load_table(self._backend(region), read_json(path)), path.parent)


def _load_items(table: Table, folder: Path) -> None:
    for path in json_files(folder / "items"):
        attributes = read_json(path).items()
        table.put_item({name: _attribute(value) for name, value in attributes})


def _definition(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "created_at": table.created_at.isoformat(),
        "schema": table.schema,
        "attributes": table.attr,
        "billing_mode": table.billing_mode,
        "throughput": _given_throughput(table.throughput),
        "warm_throughput": table.warm_throughput,
        "global_indexes": [_index(index.describe()) for index in table.global_indexes],
        "local_indexes": [_index(index.describe()) for index in table.indexes],
        "streams": table.stream_specification,
        "sse": table.sse_specification,
        "tags": table.tags,
        "deletion_protection": table.deletion_protection_enabled,
        "ttl": table.ttl,
        "backups": table.continuous_backups,
    }


def _index(described: dict[str, Any]) -> dict[str, Any]:
    throughput = _given_throughput(described.get("ProvisionedThroughput", {}))
    return {**described, "ProvisionedThroughput": throughput}


def _given_throughput(throughput: dict[str, Any]) -> dict[str, Any] | None:
    """None for a table or index on demand: moto shows zeros, but takes them for provisioned."""
    units = {key: throughput.get(key, 0) for key in ("ReadCapacityUnits", "WriteCapacityUnits")}
    return units if any(units.values()) else None


def _load_table(backend: DynamoDBBackend, saved: dict[str, Any]) -> Table:
    table = backend.create_table(
        name=saved["name"],
        schema=saved["schema"],
        throughput=saved["throughput"],
        attr=saved["attributes"],
        global_indexes=saved["global_indexes"],
        indexes=saved["local_indexes"],
        streams=saved["streams"],
        billing_mode=saved["billing_mode"],
        sse_specification=saved["sse"],
        tags=saved["tags"],
        deletion_protection_enabled=saved["deletion_protection"],
        warm_throughput=saved["warm_throughput"],
    )
    table.created_at = datetime.fromisoformat(saved["created_at"])
    table.ttl = saved["ttl"]
    table.continuous_backups = saved["backups"]
    return table


def _text(value: Any) -> Any:  # noqa: ANN401 - any part of an item
    """An item as JSON can hold it: bytes as Base64, which is how they travel to DynamoDB too."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _text(each) for key, each in value.items()}
    return [_text(each) for each in value] if isinstance(value, list) else value


def _attribute(saved: dict[str, Any]) -> dict[str, Any]:
    """An attribute's value as moto holds it; the opposite of `_text`."""
    [(kind, value)] = saved.items()
    if kind == "B":
        value = base64.b64decode(value)
    elif kind == "BS":
        value = [base64.b64decode(each) for each in value]
    elif kind == "M":
        value = {key: _attribute(each) for key, each in value.items()}
    elif kind == "L":
        value = [_attribute(each) for each in value]
    return {kind: value}


def _operation(environ: WSGIEnvironment) -> str:
    """`PutItem` of `DynamoDB_20120810.PutItem`."""
    return str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]


def _items_in(operation: str, body: dict[str, Any]) -> Iterator[tuple[str, Item]]:
    """Table and key of every item that a request names."""
    if operation == "BatchWriteItem":
        for table, writes in body["RequestItems"].items():
            for write in writes:
                yield table, _item_of(next(iter(write.values())))
    elif operation == "TransactWriteItems":
        for write in body["TransactItems"]:
            action, details = next(iter(write.items()))
            if action != "ConditionCheck":
                yield details["TableName"], _item_of(details)
    else:
        yield body["TableName"], _item_of(body)


def _item_of(write: dict[str, Any]) -> Item:
    item: Item = write["Item"] if "Item" in write else write["Key"]
    return item


def _item_file(key: Item) -> str:
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return f"{digest[:32]}.json"
