"""The JSON Schema of a suite file, made from the models, for editors to complete and check by."""

from __future__ import annotations

import copy
import json
from typing import Any

from pydantic import TypeAdapter

from geoschem_bench.suite.models import PHASE_TITLES, PHASES, Benchmark, SuiteHeader

_HAS_DEFAULT = ("application",)


def suite_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12). A swept entry may leave out whatever its matrix supplies."""
    _, schema = TypeAdapter.json_schemas(
        [("suite", "validation", TypeAdapter(SuiteHeader)),
         ("benchmark", "validation", TypeAdapter(Benchmark))],
        ref_template="#/$defs/{model}",
    )  # fmt: skip
    definitions = schema["$defs"]
    plain = definitions["Benchmark"]
    plain["required"] = [key for key in plain["required"] if key not in _HAS_DEFAULT]
    definitions["MatrixBenchmark"] = _swept(definitions)
    entry = {
        "if": {"required": ["matrix"]},
        "then": {"$ref": "#/$defs/MatrixBenchmark"},
        "else": {"$ref": "#/$defs/Benchmark"},
    }
    phases = {
        phase: {"type": "array", "title": PHASE_TITLES[phase], "items": entry} for phase in PHASES
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Suite of GEOS-Chem performance benchmarks",
        "type": "object",
        "additionalProperties": False,
        "required": list(PHASES),
        "properties": {"suite": {"$ref": "#/$defs/SuiteHeader"}, **phases},
        "$defs": definitions,
    }


def schema_text() -> str:
    """The schema as `include/configs/suite.schema.json` holds it."""
    return json.dumps(suite_schema(), indent=2, ensure_ascii=False) + "\n"


def _swept(definitions: dict[str, Any]) -> dict[str, Any]:
    swept: dict[str, Any] = copy.deepcopy(definitions["Benchmark"])
    swept["title"] = "Benchmarks by matrix"
    swept["required"] = ["id", "matrix"]
    swept["properties"]["id"] = {
        "type": "string",
        "description": "with {dotted.key} for each swept key",
    }
    for key in ("domain", "duration", "hardware"):
        swept["properties"][key] = {"type": "object"}
    swept["properties"]["matrix"] = {
        "type": "object",
        "description": "dotted key: list of values; all combinations are run",
        "minProperties": 1,
        "additionalProperties": {"type": "array", "minItems": 1},
    }
    swept["properties"]["exclude"] = {
        "type": "array",
        "description": "combinations left out",
        "items": {"type": "object", "minProperties": 1},
    }
    return swept
