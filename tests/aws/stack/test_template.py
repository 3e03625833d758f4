"""Parameters are checked against the template before AWS is asked."""

from __future__ import annotations

import json
from datetime import date

import pytest

from geoschem_bench.aws.stack.template import (
    TEMPLATE,
    assignments,
    check_values,
    read_template,
)
from geoschem_bench.aws.stack.wishes import (
    check_types,
    expiry,
    requested,
    sandboxed,
    types_wanted,
    with_types,
)
from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import load_suite
from tests.unit.test_conventions import ROOT


@pytest.fixture(scope="module")
def template():
    return read_template()


def test_the_committed_template_fits_into_a_request(template):
    assert template.path == TEMPLATE
    assert json.loads(template.body)["Transform"] == "AWS::LanguageExtensions"
    assert len(template.body) <= 51_200


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["MaxVcpus=64"], r"no such parameter; did you mean 'MaxvCpus'\?"),
        (["MaxvCpus=many"], "a number is needed"),
        (["MaxvCpus=0"], "at least 1"),
        (["Platform=AWS"], "allowed: 'aws', 'sandbox'"),
        (["GravitonInstanceType=c7g"], "'c7g' must match"),
        (["CampaignInstanceTypes=c7g.8xlarge,c8g"], "'c8g' must match"),
    ],
)
def test_what_cannot_be_is_refused_by_name(template, given, message):
    with pytest.raises(UserError, match=message):
        check_values(template, assignments(given))


def test_every_mistake_is_told_at_once(template):
    with pytest.raises(UserError) as error:
        check_values(template, {"Nope": "1", "MaxvCpus": "-1"})
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize("text", ["MaxvCpus", "=5", " =5"])
def test_an_assignment_has_a_name_and_a_value(text):
    with pytest.raises(UserError, match="Parameter=value"):
        assignments([text])


def test_a_parameter_given_twice_is_refused():
    with pytest.raises(UserError, match="twice"):
        assignments(["A=1", "A=2"])


def test_a_value_may_hold_an_equals_sign():
    assert assignments(["A=b=c"]) == {"A": "b=c"}


def test_a_template_that_is_none_is_named(tmp_path):
    path = tmp_path / "t.json"
    with pytest.raises(NotFoundError, match=r"t\.json"):
        read_template(path)
    for text in ("", "{", "[]", "{}", '{"Resources": []}'):
        path.write_text(text)
        with pytest.raises(UserError, match=r"t\.json"):
            read_template(path)
    path.write_text(json.dumps({"Resources": {}, "Description": "x" * 60_000}))
    with pytest.raises(UserError, match="without a bucket"):
        read_template(path)


def test_a_new_stack_needs_what_has_no_default_and_an_old_one_keeps_what_it_has(template):
    with pytest.raises(UserError, match="--owner"):
        requested(template, {}, None)
    new = requested(template, {"Owner": "me"}, None)
    assert new == [{"ParameterKey": "Owner", "ParameterValue": "me"}]
    old = requested(template, {"MaxvCpus": "96"}, {"Owner": "me", "VolumeGiB": "50"})
    assert {"ParameterKey": "Owner", "UsePreviousValue": True} in old
    assert {"ParameterKey": "MaxvCpus", "ParameterValue": "96"} in old
    assert len(old) == 3


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-01-01", "31.12.2030"])
def test_a_day_of_expiry_is_a_day_to_come(text):
    with pytest.raises(UserError, match="--expires"):
        expiry(text, date(2026, 11, 22))


def test_expiry_is_a_day_or_never():
    assert expiry("2026-11-22", date(2026, 11, 22)) == "2026-11-22"
    assert expiry("never", date(2026, 11, 22)) == "never"


@pytest.fixture(scope="module")
def full():
    planned = plan_suite(load_suite(ROOT / "include/configs/full.yaml"))
    return types_wanted(planned, ["c7g.4xlarge", "c7i.4xlarge"])


def test_a_suites_types_are_added_to_those_that_are_there(full):
    assert "hpc7g.16xlarge" in full["MultinodeInstanceTypes"] or not full["MultinodeInstanceTypes"]
    present = {"CampaignInstanceTypes": "m7g.4xlarge,c7g.8xlarge"}
    found = with_types({}, present, full)["CampaignInstanceTypes"].split(",")
    assert found[:2] == ["m7g.4xlarge", "c7g.8xlarge"]
    assert {"c7g.16xlarge", "r7g.16xlarge"} <= set(found)
    assert len(found) == len(set(found))


def test_types_that_are_there_already_change_nothing():
    wanted = {"CampaignInstanceTypes": {"a.b"}, "CampaignSpotInstanceTypes": set(),
              "MultinodeInstanceTypes": set()}  # fmt: skip
    assert with_types({}, {"CampaignInstanceTypes": "c.d, a.b"}, wanted) == {}


def test_a_type_in_two_lists_of_one_name_is_refused():
    lists = {
        "CampaignInstanceTypes": "c7i.large,c7gn.16xlarge",
        "MultinodeInstanceTypes": " c7gn.16xlarge",
    }
    with pytest.raises(
        UserError, match=r"^c7gn\.16xlarge: in CampaignInstanceTypes and in Multinode.*--set"
    ):
        check_types(lists)
    check_types(lists | {"MultinodeInstanceTypes": "", "CampaignSpotInstanceTypes": "c7i.large"})


def test_a_type_has_one_environment_and_the_multinode_one_serves_both():
    wanted = {"CampaignInstanceTypes": {"h.1"}, "CampaignSpotInstanceTypes": set(),
              "MultinodeInstanceTypes": {"h.1"}}  # fmt: skip
    assert with_types({}, {}, wanted) == {"MultinodeInstanceTypes": "h.1"}
    with pytest.raises(UserError, match=r"CampaignInstanceTypes=c\.d"):
        with_types({}, {"CampaignInstanceTypes": "h.1,c.d"}, wanted)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"GravitonInstanceType": "c7i.4xlarge"}, "it is x86_64, and the queue is for arm64"),
        ({"X86InstanceType": "c7i.5xlarge"}, "X86InstanceType=c7i.5xlarge: no instance type"),
        ({"CampaignInstanceTypes": "c8g.4xlarge,c9.huge"}, "CampaignInstanceTypes=c9.huge: no"),
    ],
)
def test_types_that_cannot_be_are_refused_before_aws_is_asked(values, message):
    with pytest.raises(UserError, match=message):
        check_types(values)


def test_a_stack_made_in_the_sandbox_says_so_unless_told_otherwise(template):
    assert sandboxed(template, {"StandIn": ""})["Platform"] == "sandbox"
    assert sandboxed(template, {"StandIn": ""})["StandIn"] == ""
