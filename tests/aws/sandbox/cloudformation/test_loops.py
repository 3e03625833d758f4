"""`Fn::ForEach`, as the documentation of AWS::LanguageExtensions describes it."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.sandbox.cloudformation.errors import StackError
from geoschem_bench.sandbox.cloudformation.loops import substituted
from geoschem_bench.sandbox.cloudformation.plan import plan_of

PSEUDO = {"AWS::Region": "us-west-2", "AWS::AccountId": "123456789012"}
TOPIC = "AWS::SNS::Topic"


def resources(loop, *, parameters=None, given_values=None, **sections):
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": parameters or {},
        "Resources": loop,
        **sections,
    }
    return plan_of(json.dumps(template), given_values or {}, PSEUDO)


def topic(name):
    return {"Type": TOPIC, "Properties": {"TopicName": name}}


def test_a_loop_over_a_parameter_uses_its_default_or_what_is_given():
    loop = {"Fn::ForEach::Topics": ["T", {"Ref": "Types"}, {"Topic&{T}": topic({"Ref": "T"})}]}
    slots = {"Types": {"Type": "CommaDelimitedList", "Default": "c7g.4xlarge, m7a.metal-48xl"}}
    made = resources(loop, parameters=slots).template["Resources"]
    assert made == {
        "Topicc7g4xlarge": topic("c7g.4xlarge"),
        "Topicm7ametal48xl": topic("m7a.metal-48xl"),
    }
    made = resources(loop, parameters=slots, given_values={"Types": "a"}).template["Resources"]
    assert list(made) == ["Topica"]


def test_an_empty_list_has_one_empty_element_which_a_condition_leaves_out():
    body = {"Topic&{T}": {**topic("${T}"), "Condition": "HasTypes"}, "Always${T}": topic("x")}
    plan = resources(
        {"Fn::ForEach::Topics": ["T", {"Ref": "Types"}, body]},
        parameters={"Types": {"Type": "CommaDelimitedList", "Default": ""}},
        Conditions={"HasTypes": {"Fn::Not": [{"Fn::Equals": [
            {"Fn::Join": ["", {"Ref": "Types"}]}, ""]}]}},
    )  # fmt: skip
    assert set(plan.template["Resources"]) == {"Topic", "Always"}
    assert list(plan.active()) == ["Always"]


def test_loops_nest_and_the_inner_one_sees_the_outer_value():
    inner = {"Fn::ForEach::Inner": ["B", ["x", "y"], {"T${A}${B}": topic("${A}-${B}")}]}
    made = resources({"Fn::ForEach::Outer": ["A", ["1", "2"], inner]}).template["Resources"]
    assert made == {
        f"T{a}{b}": topic(f"{a}-{b}") for a in ("1", "2") for b in ("x", "y")
    }  # fmt: skip


def test_conditions_outputs_and_properties_loop_too():
    tags = {"Fn::ForEach::Tags": ["K", ["a", "b"], {"Tag${K}": "of ${K}"}]}
    plan = resources(
        {"Only": {"Type": TOPIC, "Properties": tags}},
        Conditions={"Fn::ForEach::C": ["N", ["1", "2"], {"Is${N}": {"Fn::Equals": ["${N}", "1"]}}]},
        Outputs={"Fn::ForEach::O": ["N", ["1", "2"], {
            "Out${N}": {"Condition": "Is${N}", "Value": "${N}"}}]},
    )  # fmt: skip
    assert plan.template["Resources"]["Only"]["Properties"] == {"Taga": "of a", "Tagb": "of b"}
    assert list(plan.outputs()) == ["Out1"]


def test_a_collection_may_come_from_a_mapping():
    plan = resources(
        {"Fn::ForEach::T": ["N", {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "Names"]},
                            {"T${N}": topic("${N}")}]},
        Mappings={"M": {"us-west-2": {"Names": ["p", "q"]}}},
    )  # fmt: skip
    assert list(plan.template["Resources"]) == ["Tp", "Tq"]


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
        StackError, match=rf"^Transform AWS::LanguageExtensions failed with: .*{message}"
    ):
        resources({"Fn::ForEach::L": loop, "Other": topic("t")}, parameters=slots)


def test_without_the_transform_a_loop_is_no_resource():
    template = {"Resources": {"Fn::ForEach::L": ["N", ["a"], {"T${N}": topic("t")}]}}
    with pytest.raises(StackError, match="must contain a Type member"):
        plan_of(json.dumps(template), {}, PSEUDO).active()


names = st.text("abc019.-_", min_size=1, max_size=8)


@given(st.lists(names, min_size=1, unique_by=lambda name: re.sub(r"[^a-z0-9]", "", name)))
def test_there_is_one_resource_per_element_in_order(items):
    loop = {"Fn::ForEach::L": ["N", items, {"T&{N}": topic("${N}")}]}
    made = resources(loop).template["Resources"]
    assert [each["Properties"]["TopicName"] for each in made.values()] == items
    assert all(name.isalnum() for name in made)


@given(st.text(), names)
def test_what_does_not_mention_the_variable_stays_as_it_is(text, value):
    untouched = text.replace("${N}", "").replace("&{N}", "")
    if "${N}" not in untouched and "&{N}" not in untouched:
        assert substituted(untouched, {"N": value}) == untouched


@given(names)
def test_the_ampersand_keeps_letters_and_digits_only(value):
    assert substituted("a&{N}b", {"N": value}) == f"a{re.sub('[^A-Za-z0-9]', '', value)}b"
    assert substituted("a${N}b", {"N": value}) == f"a{value}b"
