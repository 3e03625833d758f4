"""What is decided of a template before moto sees it, and what moto then leaves out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.cloudformation.exceptions import ValidationError

from geoschem_bench.sandbox.deployment import TEMPLATE
from geoschem_bench.sandbox.stacks.loops import substituted
from geoschem_bench.sandbox.stacks.templates import checked_parameters, parsed, resolved

PLACE = {"AWS::Region": "us-west-2", "AWS::AccountId": "123456789012"}
LIST = {"Types": {"Type": "CommaDelimitedList", "Default": "c7g.4xlarge, m7a.metal-48xl"}}


def topic(name):
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}


def made(resources, *, values=None, **sections):
    template = {"Resources": resources, **sections}
    return resolved(template, checked_parameters(template, values or {}), PLACE)


def test_a_loop_over_a_parameter_uses_its_default_or_what_is_given():
    loop = {"Fn::ForEach::Topics": ["T", {"Ref": "Types"}, {"Topic&{T}": topic({"Ref": "T"})}]}
    assert made(loop, Parameters=LIST)["Resources"] == {
        "Topicc7g4xlarge": topic("c7g.4xlarge"),
        "Topicm7ametal48xl": topic("m7a.metal-48xl"),
    }
    assert list(made(loop, Parameters=LIST, values={"Types": "a"})["Resources"]) == ["Topica"]


def test_an_empty_list_has_one_empty_element_which_a_condition_leaves_out():
    body = {"Topic&{T}": {**topic("${T}"), "Condition": "HasTypes"}, "Always${T}": topic("x")}
    joined = {"Fn::Join": ["", {"Ref": "Types"}]}
    found = made(
        {"Fn::ForEach::Topics": ["T", {"Ref": "Types"}, body]},
        values={"Types": ""},
        Parameters=LIST,
        Conditions={"HasTypes": {"Fn::Not": [{"Fn::Equals": [joined, ""]}]}},
    )
    assert list(found["Resources"]) == ["Always"]


def test_loops_nest_and_may_be_in_conditions_and_outputs():
    inner = {"Fn::ForEach::Inner": ["B", ["x", "y"], {"T${A}${B}": topic("${A}-${B}")}]}
    found = made(
        {"Fn::ForEach::Outer": ["A", ["1", "2"], inner]},
        Conditions={"Fn::ForEach::C": ["N", ["1", "2"], {"Is${N}": {"Fn::Equals": ["${N}", "1"]}}]},
        Outputs={"Fn::ForEach::O": [
            "N", ["1", "2"], {"Out${N}": {"Condition": "Is${N}", "Value": "${N}"}}]},
    )  # fmt: skip
    assert found["Resources"] == {f"T{a}{b}": topic(f"{a}-{b}") for a in "12" for b in "xy"}
    assert found["Outputs"] == {"Out1": {"Value": "1"}}


def test_a_collection_may_come_from_a_mapping():
    items = {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "Names"]}
    found = made(
        {"Fn::ForEach::T": ["N", items, {"T${N}": topic("${N}")}]},
        Mappings={"M": {"us-west-2": {"Names": ["p", "q"]}}},
    )
    assert list(found["Resources"]) == ["Tp", "Tq"]


@pytest.mark.parametrize(
    ("loop", "message"),
    [
        (["N", ["a"]], "list of three"),
        ("no list", "list of three"),
        (["", ["a"], {"T${N}": {}}], "identifier must be a text"),
        (["P", ["a"], {"T${P}": {}}], "is a parameter"),
        (["N", ["a"], {}], "body must be an object"),
        (["N", ["a"], {"T": {}}], r"must contain \$\{N\}"),
        (["N", "a", {"T${N}": {}}], "collection must be a list of texts"),
        (["N", ["a.b", "ab"], {"T&{N}": {}}], "makes the name Tab a second time"),
    ],
)
def test_a_malformed_loop_is_refused_as_awss_transform_does(loop, message):
    slots = {"P": {"Type": "String", "Default": "x"}}
    with pytest.raises(
        ValidationError, match=f"Transform AWS::LanguageExtensions failed with: .*{message}"
    ):
        made({"Fn::ForEach::L": loop, "Other": topic("t")}, Parameters=slots)


@pytest.mark.parametrize(
    ("given_", "decided"),
    [
        ({"Ref": "P"}, "x"),
        ({"Ref": "Other"}, {"Ref": "Other"}),
        ({"Fn::Sub": "${P}-${!P}"}, {"Fn::Sub": "x-${!P}"}),
        ({"Fn::Sub": "a ${P}"}, "a x"),
        ({"Fn::Sub": ["${P}${Q}", {"Q": {"Ref": "P"}}]}, {"Fn::Sub": ["x${Q}", {"Q": "x"}]}),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, "8"]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::GetAZs": ""}, [f"us-west-2{zone}" for zone in "abcd"]),
        ([{"Ref": "AWS::NoValue"}, 1], [1]),
        ({"Fn::If": ["C", {"Ref": "AWS::NoValue"}, "no"]}, None),
    ],
)
def test_what_needs_no_resource_is_decided(given_, decided):
    found = made(
        {"T": {"Type": "AWS::SNS::Topic", "Properties": {"Name": given_}}, "Other": topic("o")},
        Parameters={"P": {"Type": "String", "Default": "x"}},
        Conditions={"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
    )
    assert found["Resources"]["T"]["Properties"].get("Name") == decided


def test_yaml_has_short_forms():
    assert parsed("Resources:\n  A:\n    Type: !Sub '${X}'\n    B: !GetAtt C.D\n") == {
        "Resources": {"A": {"Type": {"Fn::Sub": "${X}"}, "B": {"Fn::GetAtt": ["C", "D"]}}}
    }
    with pytest.raises(ValidationError, match="Template format error"):
        parsed("Resources: [")


names = st.text("abc019.-_", min_size=1, max_size=8)


@given(st.lists(names, min_size=1, unique_by=lambda name: re.sub(r"[^a-z0-9]", "", name)))
def test_there_is_one_resource_per_element_in_order(items):
    loop = {"Fn::ForEach::L": ["N", items, {"T&{N}": topic("${N}")}]}
    found = made(loop)["Resources"]
    assert [each["Properties"]["TopicName"] for each in found.values()] == items
    assert all(name.isalnum() for name in found)


@given(names)
def test_the_ampersand_keeps_letters_and_digits_only(value):
    assert substituted("a&{N}b", {"N": value}) == f"a{re.sub('[^A-Za-z0-9]', '', value)}b"
    assert substituted("a${N}b", {"N": value}) == f"a{value}b"


def test_what_moto_leaves_out_is_what_we_say_it_does():
    """In a process of its own: the models of this one are moto's own."""
    script = Path(__file__).with_name("what_moto_leaves_out.py")
    done = subprocess.run(
        [sys.executable, script, TEMPLATE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "as said\n"), done.stderr
