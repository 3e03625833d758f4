"""cfn-lint and cdk-nag."""

import copy
import json

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import ManualArgs, lint

from infra.benchmarking_stack.stack import BenchmarkingStack
from infra.benchmarking_stack.suppressions import NAG
from tests.infra.conftest import LISTS, TEMPLATE


def _lint(text: str) -> list[str]:
    found = lint(text, config=ManualArgs(regions=["us-west-2", "us-east-1"]))
    return [f"{each.rule.id} {each.message}" for each in found]


def test_cfn_lint_finds_nothing():
    assert _lint(TEMPLATE.read_text()) == []


def test_cfn_lint_finds_nothing_with_types_in_the_lists(template):
    filled = copy.deepcopy(template)
    for name, types in LISTS.items():
        filled["Parameters"][name]["Default"] = ",".join(types)
    assert _lint(json.dumps(filled)) == []


@pytest.fixture(scope="module")
def findings(tmp_path_factory) -> set[tuple[str, str]]:
    """Logical id and rule of all that cdk-nag finds."""
    folder = tmp_path_factory.mktemp("nag")
    app = App(outdir=str(folder), analytics_reporting=False, tree_metadata=False)
    BenchmarkingStack(app)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):  # there are findings
        app.synth()
    reports = json.loads((folder / "validation-report.json").read_text())["pluginReports"]
    return {
        (where["constructPath"].rsplit("/", 1)[1], each["ruleName"].removeprefix("AwsSolutions-"))
        for report in reports
        for each in report["violations"]
        if each["ruleName"].startswith("AwsSolutions-")
        for where in each["violatingConstructs"]
    }


def test_every_finding_of_cdk_nag_has_its_reason(findings):
    assert findings - NAG.keys() == set()


def test_no_reason_is_left_of_what_is_no_finding_any_more(findings):
    assert NAG.keys() - findings == set()
    assert all(NAG.values())
