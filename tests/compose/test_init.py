"""compose/init.sh: what it makes, by what `airflow` answers it. The real one: test_celery.py."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.servers.settings import REPOSITORY

AIRFLOW = """#!/usr/bin/env bash
printf '%s\\n' "$1 $2" >>"$CALLS"
[[ "$1 $2" != "connections list" ]] || { printf '%s\\n' "$ANSWER"; exit "$CODE"; }
[[ "$1 $2" != "users create" ]] || cat >/dev/null
"""
MADE = ["pools set", "users create", "connections add"]


@pytest.fixture
def init(tmp_path):
    """Runs it with an `airflow` that notes what it is asked for; returns code, output and calls."""
    program, calls = tmp_path / "airflow", tmp_path / "calls"
    program.write_text(AIRFLOW)
    program.chmod(0o755)

    def run(answer, code=0):
        given = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "CALLS": str(calls),
            "ANSWER": answer,
            "CODE": str(code),
            "AIRFLOW_USER": "admin",
            "AIRFLOW_PASSWORD": "secret",
            "AWS_DEFAULT_REGION": "us-west-2",
        }
        done = subprocess.run(["bash", REPOSITORY / "compose" / "init.sh"], env=given,
                              capture_output=True, text=True)  # fmt: skip
        asked = calls.read_text().splitlines()
        return done.returncode, done.stdout + done.stderr, asked[2:]

    return run


@pytest.mark.parametrize("answer", ["[]", '[{"conn_id": "other_geoschem_bench_aws"}]'])
def test_the_first_time_pool_user_and_connection_are_made(init, answer):
    code, said, made = init(answer)
    assert (code, made) == (0, MADE), said


def test_later_what_a_person_may_have_changed_is_left_alone(init):
    code, said, made = init('[{"conn_id": "geoschem_bench_aws", "conn_type": "aws"}]')
    assert (code, made) == (0, []), said


def test_a_database_that_does_not_answer_is_not_taken_for_a_new_one(init):
    code, said, made = init("", code=1)
    assert (code, made) == (1, [])
    assert "could not be listed, for the reason above; nothing was made" in said
