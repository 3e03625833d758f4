"""No client is made without an explicit region: every one that the source makes is made here."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.clients import make_client, make_session
from geoschem_bench.cli.stack.options import account_of
from geoschem_bench.errors import SettingsError

ROOT = Path(__file__).parents[3]
SOURCES = sorted(
    path
    for folder in ("include/geoschem_bench", "container", "dags", "plugins")
    for path in (ROOT / folder).rglob("*.py")
)
REGION = "eu-central-1"
HOLDERS = ("account", "self")
"""What holds a region itself: aws.account.Account."""
OUR_OWN = ("include/geoschem_bench/aws/clients.py",)
"""Places that hand a region on; every other call names one itself."""


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call of something named `client`, `resource` or `make_client`."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("client", "resource", "make_client"):
                    yield path, node, name


def service_of(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def is_of_a_holder(call: ast.Call) -> bool:
    """`account.client(…)`, `patient.account.client(…)`: it holds one region for all its clients."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    return getattr(owner, "attr", getattr(owner, "id", "")) in HOLDERS


def names_a_region(call: ast.Call, path: Path) -> bool:
    """By keyword, by make_client's second argument, or in a dict that is handed over."""
    if any(keyword.arg == "region_name" for keyword in call.keywords):
        return True
    if getattr(call.func, "id", "") == "make_client":
        return len(call.args) > 1 or any(keyword.arg == "region" for keyword in call.keywords)
    handed = [k.value.id for k in call.keywords if k.arg is None and isinstance(k.value, ast.Name)]
    return any(name in dicts_with_a_region(path) for name in handed)


def dicts_with_a_region(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        value = getattr(node, "value", None)
        target: ast.expr | None = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign):
            target = node.targets[0]
        if isinstance(value, ast.Dict) and isinstance(target, ast.Name):
            keys = {key.value for key in value.keys if isinstance(key, ast.Constant)}
            found |= {target.id} if "region_name" in keys else set()
    return found


AWS_CALLS = [
    (path, call, name)
    for path, call, name in calls()
    if name == "make_client" or service_of(call) or path.name == "clients.py"
]
SERVICES = sorted({service for _, call, _ in AWS_CALLS if (service := service_of(call))})


def test_the_source_makes_the_clients_that_we_know_of():
    assert {"batch", "cloudformation", "dynamodb", "ec2", "ecr", "iam", "logs", "pricing", "s3",
            "service-quotas", "sts"} <= set(SERVICES)  # fmt: skip


def test_every_call_names_a_region():
    without = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call, _ in AWS_CALLS
        if not (names_a_region(call, path) or is_of_a_holder(call))
    ]
    assert without == []


def test_only_one_place_makes_clients_of_what_a_variable_names():
    """So the list of services above is complete."""
    hidden = {
        str(path.relative_to(ROOT))
        for path, call, _ in AWS_CALLS
        if service_of(call) is None and path.name != "account.py"
    }
    assert hidden <= set(OUR_OWN)


def test_nobody_makes_clients_under_another_name():
    """`make = session.client` would hide the calls from these tests."""
    aliases = {str(path.relative_to(ROOT)) for path in SOURCES if has_an_alias(path)}
    assert aliases <= set(OUR_OWN)


def has_an_alias(path: Path) -> bool:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "client"
        and id(node) not in called
        and "boto" in ast.unparse(node)
        for node in nodes
    )


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """A machine that says nothing of a region, and one profile that does."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    config = tmp_path / "config"
    config.write_text("[default]\nregion = ap-south-1\n[profile other]\nregion = sa-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("profile", [None, "other"])
def test_each_client_is_of_the_region_that_was_given(service, profile):
    made = make_client(service, REGION, make_session(profile))
    expected = "aws-global" if service == "iam" else REGION  # IAM has one place for all regions
    assert made.meta.region_name == expected
    assert Account(REGION, profile).client(service).meta.region_name == expected
    with pytest.raises(SettingsError, match="--region"):
        make_client(service, "")
    with pytest.raises(SettingsError, match="--region"):
        Account("").client(service)


@pytest.mark.usefixtures("nowhere")
def test_an_unknown_profile_is_one_message_with_those_that_there_are():
    with pytest.raises(SettingsError, match=r"'othr'; did you mean 'other'\?.*default, other"):
        make_session("othr")


@pytest.mark.usefixtures("nowhere")
def test_a_profile_of_the_environment_that_is_none_is_named_too(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "othr")
    with pytest.raises(SettingsError, match="no AWS profile 'othr'"):
        make_session()


@pytest.mark.usefixtures("nowhere")
def test_profile_by_option_then_by_environment_and_keys_win_over_the_latter(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "other")
    assert account_of("default", REGION, tell=False).profile == "default"
    assert account_of(None, REGION, tell=False).profile == "other"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    assert account_of(None, REGION, tell=False).profile is None
    assert account_of("other", REGION, tell=False).profile == "other"


@pytest.mark.usefixtures("nowhere")
def test_region_by_option_then_by_environment_then_the_default(monkeypatch):
    assert account_of(None, None, tell=False).region == "us-west-2"
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert account_of(None, None, tell=False).region == "eu-west-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    assert account_of(None, None, tell=False).region == "eu-west-3"
    assert account_of(None, REGION, tell=False).region == REGION


def test_boto3_itself_would_guess(nowhere, monkeypatch):
    """Why all this: without a region boto3 takes what the machine's file says."""
    assert boto3.session.Session().client("sqs").meta.region_name == "ap-south-1"
