"""The committed file is what the app makes, and nothing that plain CloudFormation cannot deploy."""

import json

import pytest

from infra.benchmarking_stack.synthesis import as_text, synthesize
from tests.infra.conftest import TEMPLATE

LARGEST = 51_200
"""Bytes; a larger template must be put into a bucket first."""
ROOM = 1_000
"""For what is to come."""


@pytest.fixture(scope="module")
def assembly(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cdk.out")
    return folder, synthesize(str(folder))


def test_the_committed_template_is_what_the_app_makes(assembly):
    made = as_text(assembly[1])
    assert made == TEMPLATE.read_text(), "run: .venv/bin/python infra/app.py"


def test_cdk_deploys_the_same_template(assembly):
    folder, made = assembly
    assert json.loads((folder / "BenchmarkingStack.template.json").read_text()) == made


def test_it_needs_no_bucket(assembly):
    folder, _ = assembly
    assert TEMPLATE.stat().st_size <= LARGEST - ROOM
    assert not list(folder.glob("asset.*"))
    assert not list(folder.glob("*.assets.json"))


def test_it_needs_no_bootstrap_and_no_custom_resource(template, resources):
    assert "Rules" not in template
    assert "BootstrapVersion" not in template["Parameters"]
    kinds = {each["Type"] for each in resources.values()}
    assert not {kind for kind in kinds if "Custom" in kind or "CDK" in kind}
    assert not [name for name, each in resources.items() if "Metadata" in each]


def test_loops_are_a_language_extension(template):
    assert template["Transform"] == "AWS::LanguageExtensions"
    loops = {name for name in template["Resources"] if name.startswith("Fn::ForEach::")}
    names = {"Default", "Campaign", "CampaignSpot", "Multinode"}
    assert loops == {f"Fn::ForEach::{name}" for name in names}


def test_loops_hold_what_aws_can_transform(template):
    """Known bugs of AWS's transform: in a loop it takes every key `Condition` for a reference to
    one (cfn-language-discussion#156), and no function may name the condition of an `Fn::If`."""
    loops = [part for name, part in template["Resources"].items() if name.startswith("Fn::ForEach")]
    for key in ("Condition", "Fn::If"):
        for value in _values(loops, key):
            assert isinstance(value if key == "Condition" else value[0], str)


def _values(part, key):
    """All that stands under a key, at any depth."""
    if isinstance(part, list):
        for each in part:
            yield from _values(each, key)
    elif isinstance(part, dict):
        for name, each in part.items():
            if name == key:
                yield each
            yield from _values(each, key)
