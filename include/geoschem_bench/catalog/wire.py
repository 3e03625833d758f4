"""A catalogue file's form: the document that is written, and what is checked when one is read.

By hand, not with pydantic: every DAG parse reads the catalogue, and so it takes 20 ms, not 80.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from geoschem_bench.catalog.model import Catalog, InstanceType

FORMAT = "geoschem-bench catalogue 1"

_KINDS: dict[str, type] = {
    "name": str,
    "architecture": str,
    "vcpus": int,
    "physical_cores": int,
    "threads_per_core": int,
    "memory_mib": int,
    "network": str,
    "efa": bool,
    "maker": str,
    "usage_classes": list,
    "regions": list,
}
"""Kind of each field of a type in JSON; processor_family, text or null, is the one exception."""

_FIELDS = _KINDS.keys() | {"processor_family"}


def to_document(catalog: Catalog) -> dict[str, object]:
    """The catalogue as JSON has it; a type's regions are positions in the list of regions."""
    regions = sorted({region for instance in catalog for region in instance.regions})
    index = {region: position for position, region in enumerate(regions)}
    return {
        "format": FORMAT,
        "taken_on": catalog.taken_on.isoformat(),
        "source": catalog.source,
        "regions": regions,
        "instances": [_to_row(instance, index) for instance in catalog],
    }


def from_document(document: object) -> Catalog:
    """The catalogue in this document. Raises ValueError, saying what is wrong, if it is none."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"it does not say that its format is {FORMAT!r}")
    source, taken_on = document.get("source"), document.get("taken_on")
    if not isinstance(source, str) or not isinstance(taken_on, str):
        raise ValueError("it does not say where its data come from (source) or when (taken_on)")
    regions = _texts(document.get("regions"), "regions")
    rows = document.get("instances")
    if not isinstance(rows, list) or not rows:
        raise ValueError("it has no instances")
    catalog = Catalog.of(
        date.fromisoformat(taken_on), source, [_from_row(row, regions) for row in rows]
    )
    if len(catalog) != len(rows):
        raise ValueError("it names an instance type twice")
    return catalog


def _to_row(instance: InstanceType, index: dict[str, int]) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(instance, name) for name in InstanceType.__slots__}
    return row | {"regions": [index[region] for region in instance.regions]}


def _from_row(row: object, regions: Sequence[str]) -> InstanceType:
    if not isinstance(row, dict) or row.keys() != _FIELDS:
        raise ValueError(f"an instance type must have exactly the fields {sorted(_FIELDS)}")
    for name, kind in _KINDS.items():
        if type(row[name]) is not kind:  # not isinstance: true is an int there
            raise ValueError(f"{row['name']!r}: {name} is {row[name]!r}, not {kind.__name__}")
    _check_values(row)
    return InstanceType(
        **row
        | {
            "usage_classes": _texts(row["usage_classes"], f"{row['name']!r}: usage_classes"),
            "regions": tuple(_pick(regions, position, row["name"]) for position in row["regions"]),
        }
    )


def _check_values(row: dict[str, Any]) -> None:
    name = row["name"]
    if not name or row["architecture"] not in {"arm64", "x86_64"}:
        raise ValueError(f"{name!r}: architecture is {row['architecture']!r}, not arm64 or x86_64")
    smallest = min(row[key] for key, kind in _KINDS.items() if kind is int)
    if smallest < 1 or row["physical_cores"] > row["vcpus"]:
        raise ValueError(f"{name!r}: vCPUs, cores, threads and memory do not fit together")
    if not isinstance(row["processor_family"], str | None):
        raise ValueError(f"{name!r}: processor_family is neither text nor null")


def _pick(regions: Sequence[str], position: object, name: str) -> str:
    if type(position) is not int or not 0 <= position < len(regions):
        raise ValueError(f"{name!r}: region {position!r} is not a position in the list of regions")
    return regions[position]


def _texts(value: object, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ValueError(f"{what} is no list of texts")
    return tuple(value)
