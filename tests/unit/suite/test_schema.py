"""The JSON Schema that editors complete and check by."""

from __future__ import annotations

import json

from geoschem_bench.suite import PHASES, suite_schema
from geoschem_bench.suite.models import Benchmark, Hardware, SuiteHeader
from geoschem_bench.suite.schema import schema_text
from tests.unit.suite.writing import CONFIGS


def test_the_file_beside_the_suites_is_in_step():
    """Else: python -m geoschem_bench.suite > include/configs/suite.schema.json."""
    assert (CONFIGS / "suite.schema.json").read_text() == schema_text()


def test_each_suite_names_the_schema_for_editors():
    for path in CONFIGS.glob("*.yaml"):
        first = path.read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=./suite.schema.json", path


def test_the_schema_knows_every_key():
    schema = suite_schema()
    definitions = schema["$defs"]
    assert set(schema["required"]) == set(PHASES)
    assert set(schema["properties"]) == {"suite", *PHASES}
    for model in (Benchmark, Hardware, SuiteHeader):
        assert set(definitions[model.__name__]["properties"]) == set(model.model_fields)
        assert definitions[model.__name__]["additionalProperties"] is False


def test_what_may_be_left_out_is_not_required():
    definitions = suite_schema()["$defs"]
    assert "application" not in definitions["Benchmark"]["required"]
    assert definitions["MatrixBenchmark"]["required"] == ["id", "matrix"]


def test_one_focus_may_be_plain_text():
    focus = suite_schema()["$defs"]["Benchmark"]["properties"]["metrics_focus"]
    assert {option["type"] for option in focus["anyOf"]} == {"string", "array"}


def test_every_reference_leads_somewhere():
    schema = suite_schema()
    text = json.dumps(schema)
    wanted = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
    assert wanted <= schema["$defs"].keys()
