"""docs/stack.md says of the stack what is so."""

import ast
import re
from pathlib import Path

import pytest
from moto.cloudformation.parsing import get_model_map

from geoschem_bench.sandbox.cloudformation.types.registry import NOT_MODELLED

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "stack.md"


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text()


@pytest.fixture(scope="module")
def gaps(page):
    """The table of what moto does not model."""
    return page.partition("## What moto does not model")[2]


def test_each_test_that_the_page_names_is_there(gaps):
    named = set(re.findall(r"`(test_\w+)`", gaps))
    trees = [ast.parse(path.read_text()) for path in HERE.glob("test_*.py")]
    there = {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert named - there == set()


def test_every_gap_has_its_test(gaps):
    rows = [row for row in gaps.splitlines() if row.startswith("| ")][1:]
    without = [row for row in rows if "`test_" not in row and "the sandbox's own tests" not in row]
    assert len(rows) > 20
    assert without == []


def test_every_type_that_moto_leaves_out_is_a_gap(resources, gaps):
    left_out = {each["Type"] for each in resources.values()} - get_model_map().keys()
    assert {kind for kind in left_out if f"`{kind}`" not in gaps} == set()


def test_every_type_that_the_sandbox_does_not_model_is_a_gap(resources, gaps):
    used = {each["Type"] for each in resources.values()}
    assert {kind for kind in NOT_MODELLED if kind in used and f"`{kind}`" not in gaps} == set()


def test_parameters_and_outputs_are_on_the_page(template, page):
    missing = {
        name
        for section in ("Parameters", "Outputs")
        for name in template[section]
        if f"`{name}`" not in page
    }
    assert missing == set()
