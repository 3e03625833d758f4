"""Intrinsic functions and conditions."""

from __future__ import annotations

import base64
import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.sandbox.cloudformation.errors import StackError
from geoschem_bench.sandbox.cloudformation.intrinsics import Scope

SCOPE = Scope(
    values={"AWS::Region": "us-west-2", "Name": "n", "List": ["a", "b"], "Empty": ""},
    mappings={"M": {"x": {"y": 7}}},
    conditions={
        "Yes": {"Fn::Equals": [{"Ref": "Name"}, "n"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Any": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Typed": {"Fn::Equals": [True, "true"]},
        "Bad": {"Fn::Join": ["", []]},
    },
    resource=lambda name: {"R": "r-1"}.get(name),
    attribute=lambda name, key: f"{name}.{key}",
)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "R"}, "r-1"),
        ({"Ref": {"Fn::Sub": "Na${Me}"}}, None),
        ({"Fn::GetAtt": ["R", "Arn"]}, "R.Arn"),
        ({"Fn::GetAtt": "R.A.B"}, "R.A.B"),
        ({"Fn::Join": ["-", ["a", 1, True, {"Ref": "Name"}]]}, "a-1-true-n"),
        ({"Fn::Split": [".", "c7g.4xlarge"]}, ["c7g", "4xlarge"]),
        ({"Fn::Select": ["1", {"Ref": "List"}]}, "b"),
        ({"Fn::Sub": "${Name}/${R}/${R.Arn}/${!Raw}/${AWS::Region}"},
         "n/r-1/R.Arn/${Raw}/us-west-2"),
        ({"Fn::Sub": ["${Own}-${Name}", {"Own": {"Ref": "R"}}]}, "r-1-n"),
        ({"Fn::If": ["Yes", 1, {"Ref": "Nothing"}]}, 1),
        ({"a": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([{"Ref": "AWS::NoValue"}, 1], [1]),
        ({"Fn::FindInMap": ["M", "x", "y"]}, 7),
        ({"Fn::FindInMap": ["M", "x", "z", {"DefaultValue": 8}]}, 8),
        ({"Fn::Length": {"Ref": "List"}}, 2),
        ({"Fn::ToJsonString": {"a": [1, {"Ref": "Name"}]}}, '{"a":[1,"n"]}'),
        ({"Fn::Base64": "text"}, base64.b64encode(b"text").decode()),
        ({"Fn::Cidr": ["10.42.0.0/16", 3, "8"]}, ["10.42.0.0/24", "10.42.1.0/24", "10.42.2.0/24"]),
        ({"Fn::GetAZs": ""}, ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"]),
        ({"Condition": {"Bool": {"x": "false"}}}, {"Condition": {"Bool": {"x": "false"}}}),
    ],
)  # fmt: skip
def test_each_function(node, value):
    if value is None:
        with pytest.raises(StackError, match="Me"):
            SCOPE.resolve(node)
        return
    assert SCOPE.resolve(node) == value


@pytest.mark.parametrize(
    ("condition", "holds"),
    [("Yes", True), ("No", False), ("Both", False), ("Any", True), ("Typed", True)],
)
def test_conditions(condition, holds):
    assert SCOPE.holds(condition) is holds


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"Ref": "Unknown"}, r"Unresolved resource dependencies \[Unknown\]"),
        ({"Fn::Select": [2, {"Ref": "List"}]}, "nonexistent value at index 2"),
        ({"Fn::FindInMap": ["M", "x", "z"]}, "Unable to get mapping for M::x::z"),
        ({"Fn::If": ["Unknown", 1, 2]}, "unresolved condition dependency Unknown"),
        ({"Fn::If": ["Bad", 1, 2]}, "no function of a condition"),
        ({"Fn::Unknown": 1}, "Fn::Unknown is no function"),
    ],
)
def test_what_cannot_be_resolved_says_why(node, message):
    with pytest.raises(StackError, match=message):
        SCOPE.resolve(node)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
)


@given(json_values)
def test_what_has_no_function_stays_and_to_json_string_is_its_json(document):
    assert SCOPE.resolve(document) == document
    assert json.loads(SCOPE.resolve({"Fn::ToJsonString": document})) == document


@given(st.lists(st.text("ab", min_size=1), min_size=1))
def test_split_undoes_join(parts):
    joined = {"Fn::Join": [",", parts]}
    assert SCOPE.resolve({"Fn::Split": [",", joined]}) == parts


@given(st.integers(1, 16), st.integers(4, 12))
def test_cidr_blocks_are_disjoint_and_inside(count, bits):
    blocks = SCOPE.resolve({"Fn::Cidr": ["10.42.0.0/16", count, bits]})
    networks = [ipaddress.IPv4Network(block) for block in blocks]
    assert len(set(networks)) == count
    assert all(net.subnet_of(ipaddress.IPv4Network("10.42.0.0/16")) for net in networks)
    assert not any(a.overlaps(b) for a in networks for b in networks if a != b)
