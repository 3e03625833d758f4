"""compose/env.sh: the .env it makes, and what it says of a bad one."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess

import pytest

from tests.compose.installation import Installation
from tests.servers.settings import REPOSITORY

CURE = "compose/env.sh new (--sandbox: without an account) adds what is missing and keeps the rest"
NOTIFIERS = "GEOSCHEM_BENCH_NOTIFIERS"


@pytest.fixture
def installation(tmp_path):
    made = Installation.make(tmp_path / "installation")
    done = made.env_sh("new", "--sandbox")
    assert done.returncode == 0, done.stderr
    return made


def test_a_new_env_is_for_its_owner_alone_and_fit(installation):
    assert stat.S_IMODE(installation.env_file.stat().st_mode) == 0o600
    assert installation.env_sh("check").returncode == 0
    secrets = [installation.env()[name] for name in installation.env() if "PASSWORD" in name]
    assert len(set(secrets)) == len(secrets) == 3


def test_no_two_installations_share_a_secret(installation, tmp_path):
    other = Installation.make(tmp_path / "other")
    other.env_sh("new", "--sandbox")
    said, others = installation.env(), other.env()
    same = {name for name in said if said[name] == others[name]}
    assert same == {"COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "AIRFLOW_PORT", "AIRFLOW_USER",
                    "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "GEOSCHEM_BENCH_BUCKET",
                    "ENV_VERSION"}  # fmt: skip


def test_new_keeps_what_is_there_and_adds_what_is_not(installation):
    before = installation.env()
    installation.change(REDIS_PASSWORD="", ENV_VERSION="0", AIRFLOW_PORT="9999", MINE="kept")
    assert installation.env_sh("new").returncode == 0
    after = installation.env()
    assert after["MINE"] == "kept"
    assert after["AIRFLOW_PORT"] == "9999"
    assert after["POSTGRES_PASSWORD"] == before["POSTGRES_PASSWORD"]
    assert len(after["REDIS_PASSWORD"]) == 48
    assert installation.env_sh("check").returncode == 0


def test_without_the_sandbox_it_says_what_to_add(tmp_path):
    made = Installation.make(tmp_path / "installation")
    done = made.env_sh("new")
    assert "Add GEOSCHEM_BENCH_BUCKET" in done.stderr
    refused = made.env_sh("check")
    assert refused.returncode == 2
    assert "GEOSCHEM_BENCH_BUCKET is missing or empty" in refused.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"POSTGRES_PASSWORD": None}, "POSTGRES_PASSWORD is missing or empty"),
        ({"REDIS_PASSWORD": ""}, "REDIS_PASSWORD is missing or empty"),
        ({"AIRFLOW_PASSWORD": "Airflow"}, "AIRFLOW_PASSWORD is what examples say"),
        ({"POSTGRES_PASSWORD": "airflow"}, "POSTGRES_PASSWORD is what examples say"),
        ({"AIRFLOW_PASSWORD": "short"}, "AIRFLOW_PASSWORD is shorter than 12 letters"),
        ({"REDIS_PASSWORD": "a/b" * 20}, "REDIS_PASSWORD has other letters than"),
        ({"AIRFLOW_FERNET_KEY": "x" * 44}, "AIRFLOW_FERNET_KEY is no Fernet key"),
        (
            {"AIRFLOW_FERNET_KEY": "46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho="},
            "AIRFLOW_FERNET_KEY is what examples say",
        ),
        ({"AIRFLOW_PORT": "80800"}, "AIRFLOW_PORT is '80800', and ports are 1 to 65535"),
        ({"AIRFLOW_PORT": "http"}, "AIRFLOW_PORT is 'http'"),
        ({"ENV_VERSION": None}, "ENV_VERSION is missing, and this docker-compose.yaml wants 1"),
        ({"ENV_VERSION": "0"}, "ENV_VERSION is 0"),
        ({"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"}, "AWS_ACCESS_KEY_ID does not begin with SANDBOX"),
        ({"AWS_ACCESS_KEY_ID": "'AKIAEXAMPLE' # mine"}, "it may be one of AWS: remove it"),
        ({"AWS_SECRET_ACCESS_KEY": None}, "AWS_SECRET_ACCESS_KEY is missing: compose/env.sh new"),
        ({"AWS_ENDPOINT_URL": None}, "COMPOSE_PROFILES has sandbox, and AWS_ENDPOINT_URL is ''"),
        ({"COMPOSE_PROFILES": None}, "AWS_ENDPOINT_URL is the sandbox, and COMPOSE_PROFILES"),
        (
            {"COMPOSE_PROFILES": None, "AWS_ENDPOINT_URL": None},
            "AWS_ACCESS_KEY_ID is a sandbox's, and nothing else is",
        ),
        ({NOTIFIERS: "[{notjson"}, f"{NOTIFIERS} is no JSON list"),
        ({NOTIFIERS: "'[{\n  notjson}]'"}, f"{NOTIFIERS} is no JSON list"),
        ({NOTIFIERS: '{"notifier": "a.B"}'}, f"{NOTIFIERS} is no JSON list"),
    ],
)
def test_a_bad_env_is_one_message_with_the_cure(installation, change, said):
    installation.change(**change)
    refused = installation.env_sh("check")
    assert refused.returncode == 2
    assert said in refused.stderr
    assert CURE in refused.stderr


def test_all_mistakes_are_said_at_once(installation):
    installation.change(POSTGRES_PASSWORD="", REDIS_PASSWORD="redis", AIRFLOW_USER="")
    lines = installation.env_sh("check").stderr.splitlines()
    assert len(lines) == 5, lines


def test_the_containers_check_says_the_same_of_its_environment(installation):
    installation.change(REDIS_PASSWORD="redis")
    said = installation.env() | {"AIRFLOW_HOME": str(installation.folder), "PATH": os.defpath}
    done = subprocess.run(
        ["bash", "compose/env.sh", "check", "container"],
        env=said, cwd=installation.folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert (
        done.stderr.splitlines()[1]
        == "  REDIS_PASSWORD is what examples say, so everybody knows it"
    )
    (installation.folder / "dags").unlink()
    done = subprocess.run(
        ["bash", "compose/env.sh", "check", "container"],
        env=said, cwd=installation.folder, capture_output=True, text=True,
    )  # fmt: skip
    assert "dags/suites.py cannot be read in the container: chmod" in done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "",
        "  # a comment",
        "export MINE=1",
        "MINE = it's # one",
        "MINE",
        NOTIFIERS
        + """='[{\n  "notifier": "a.B", "kwargs": {"text": "it is \\"so\\""}\n}]'  # mine""",
        NOTIFIERS + r'="[{\"notifier\": \"a.B\"}]"',
    ],
)
def test_what_compose_reads_is_fit(installation, line):
    with installation.env_file.open("a") as file:
        file.write(f"{line}\n")
    done = installation.env_sh("check")
    assert done.returncode == 0, done.stderr
    assert "could not parse" not in installation.compose("config").stderr


@pytest.mark.parametrize("line", ["FOO BAR", "FOO BAR=1", "=1", "MINE='open", 'MINE="a" b'])
def test_a_line_that_compose_cannot_read(installation, line):
    with installation.env_file.open("a") as file:
        file.write(f"{line}\n")
    assert "could not parse" in installation.compose("config").stderr
    number = len(installation.env_file.read_text().splitlines())
    written = installation.env_file.read_text()
    for command in ("check", "new"):
        refused = installation.env_sh(command)
        assert refused.returncode == 2
        assert f"in line {number}: Compose cannot read it" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
    assert installation.env_file.read_text() == written


def test_an_env_for_aws_is_not_made_one_for_the_sandbox(tmp_path):
    made = Installation.make(tmp_path / "installation")
    made.env_sh("new")
    made.change(AWS_ACCESS_KEY_ID="AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY="x" * 40)
    before = made.env_file.read_text()
    refused = made.env_sh("new", "--sandbox")
    assert refused.returncode == 2
    assert "is written" not in refused.stderr
    assert "remove it and AWS_SECRET_ACCESS_KEY, then compose/env.sh new" in refused.stderr
    assert made.env_file.read_text() == before
    assert [each.name for each in made.folder.glob(".env*")] == [".env"]
    # As it says
    made.change(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    assert made.env_sh("new", "--sandbox").returncode == 0
    assert made.env_sh("check").returncode == 0


@pytest.mark.parametrize("words", [("new",), ("new", "--sandbox"), ("check",)])
def test_an_env_that_is_a_directory(tmp_path, words):
    made = Installation.make(tmp_path / "installation")
    made.env_file.mkdir()
    refused = made.env_sh(*words)
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        f"{made.env_file} is a directory, and has to be a file; remove it: rmdir .env"
    ]


def test_windows_line_ends(installation):
    before = installation.env_file.read_bytes()
    installation.env_file.write_bytes(before.replace(b"\n", b"\r\n"))
    refused = installation.env_sh("check")
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        f"{installation.env_file} has Windows line ends (CR LF); compose/env.sh new takes them out "
        "and keeps the rest"
    ]
    assert installation.env_sh("new").returncode == 0
    assert installation.env_file.read_bytes() == before


def test_an_env_that_others_may_read(installation):
    installation.env_file.chmod(0o640)
    assert "others may read .env: chmod 600 .env" in installation.env_sh("check").stderr


def test_no_env_at_all(tmp_path):
    made = Installation.make(tmp_path / "installation")
    refused = made.env_sh("check")
    assert refused.returncode == 2
    assert "make it: compose/env.sh new --sandbox" in refused.stderr
    # Compose itself says its part
    assert made.compose("config").returncode != 0


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_the_scripts_are_sound():
    scripts = [*(REPOSITORY / "compose").glob("*.sh")]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
