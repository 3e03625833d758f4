"""The program as a person types it, each test with a state folder of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).parent / "geoschem-bench"
SUITES = REPOSITORY / "tests" / "data" / "suites"
AWS_CLI = "awscli==1.46.3"
# A job in a shell's background ignores Ctrl-C, and so would every program that it starts
signal.signal(signal.SIGINT, signal.default_int_handler)


class Program:
    """`geoschem-bench` in one state folder."""

    def __init__(self, state):
        self.state = state
        hidden = ("AWS_", "AIRFLOW_", "GEOSCHEM_BENCH_")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
        self.environment = clean | {"GEOSCHEM_BENCH_STATE": str(state)}

    def start(self, *arguments):
        return subprocess.Popen(
            [PROGRAM, *arguments], cwd=REPOSITORY, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def __call__(self, *arguments):
        process = self.start(*arguments)
        out, error = process.communicate(timeout=900)
        return subprocess.CompletedProcess(arguments, process.returncode, out, error)


def wait_for(condition, what, seconds=120):
    """The first true answer of `condition`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    pytest.fail(f"waited {seconds} s for {what}")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program, its sandbox stopped at the end."""
    started = Program(tmp_path_factory.mktemp("state"))
    yield started
    started("sandbox", "down")


@pytest.fixture(scope="session")
def aws_cli():
    """The plain `aws` command line, in an environment of its own."""
    folder = REPOSITORY / ".cache" / AWS_CLI
    aws = folder / "bin" / "aws"
    if not aws.exists():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "--quiet", "--clear", folder], check=True)
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python", AWS_CLI],
            check=True,
        )
    return aws
