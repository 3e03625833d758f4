"""The script that brings PostgreSQL for the tests in a running Airflow."""

import os
import shutil
import subprocess

import pytest

from tests.e2e.conftest import REPOSITORY

SCRIPT = "tests/servers/postgresql.sh"


def say(*arguments, **environment):
    return subprocess.run(
        [REPOSITORY / SCRIPT, *arguments], env=os.environ | environment, capture_output=True,
        text=True, cwd=REPOSITORY,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), ([], 2), (["start"], 2), (["check", "--sqlite"], 2)]
)
def test_it_says_what_can_be_asked_of_it(arguments, code):
    done = say(*arguments)
    assert done.returncode == code
    assert f"Usage: {SCRIPT}" in done.stdout + done.stderr


def test_sqlite_needs_nothing():
    done = say("check", TEST_SERVERS_DATABASE="sqlite")
    assert (done.returncode, done.stderr) == (0, "Airflow in the tests uses SQLite\n")


def test_another_database_is_refused():
    done = say("check", TEST_SERVERS_DATABASE="mysql")
    assert done.returncode == 1
    assert "mysql" in done.stderr
    assert "sqlite" in done.stderr


def test_it_is_sound():
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed; container/engine.sh setup installs it")
    done = subprocess.run(["shellcheck", SCRIPT], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
