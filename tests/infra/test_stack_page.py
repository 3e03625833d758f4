"""docs/stack.md says of the stack what is so."""

import ast
import re
from pathlib import Path

import pytest
from moto.cloudformation.parsing import get_model_map

from geoschem_bench.sandbox.stacks.gaps import NOT_MODELLED

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


def cells(gaps):
    rows = [line for line in gaps.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:]]


def test_every_gap_has_its_test(gaps):
    assert len(cells(gaps)) > 20
    assert [row for row in cells(gaps) if "`test_" not in row[2]] == []


def test_the_page_lists_what_the_sandbox_leaves_out(gaps):
    listed: dict[str, tuple[str, ...] | None] = {}
    for what, fate, _ in cells(gaps):
        kind, *properties = re.findall(r"`([\w:]+)`", what) or [""]
        if fate == "left out":
            listed[kind] = None
        elif fate == "without effect":
            listed[kind] = tuple(sorted((*(listed.get(kind) or ()), *properties)))
    assert listed == NOT_MODELLED


def test_every_type_that_moto_leaves_out_is_a_gap(resources):
    left_out = {each["Type"] for each in resources.values()} - get_model_map().keys()
    assert left_out == {kind for kind, properties in NOT_MODELLED.items() if properties is None}


def test_parameters_and_outputs_are_on_the_page(template, page):
    missing = {
        name
        for section in ("Parameters", "Outputs")
        for name in template[section]
        if f"`{name}`" not in page
    }
    assert missing == set()


def test_the_page_lists_what_the_role_of_airflow_may(of_type, page):
    (policy,) = of_type("AWS::IAM::Role")["AirflowRole"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    may = {action for s in statements if s["Sid"] != "Look" for action in s["Action"]}
    table = page.partition("deletes nothing but [old runs]")[2].partition("\n\nQueues, buckets")[0]
    listed = set(re.findall(r"`(\w+:\w+)`", table))
    assert listed == may
