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
