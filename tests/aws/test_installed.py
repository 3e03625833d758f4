"""What works, and what is said, where only some of the packages are installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.unit.test_conventions import ROOT

WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({missing}))  # each import of them fails, and none can be found
from geoschem_bench.cli import main
main()
"""
SERVERS = ("airflow", "docker", "moto", "psutil")


def run(folder, *words, missing=SERVERS):
    code = WITHOUT.format(missing=missing)
    environment = {
        "GEOSCHEM_BENCH_SUITES": str(ROOT / "include" / "configs"),
        "GEOSCHEM_BENCH_STATE": str(folder / "state"),
        "MPLCONFIGDIR": str(folder),
    }
    return subprocess.run([sys.executable, "-c", code, *words], env=environment, cwd=ROOT,
                          capture_output=True, text=True)  # fmt: skip


@pytest.mark.parametrize(
    "words", [["--help"], ["validate", "sandbox"], ["plan", "sandbox"], ["ui", "up", "--help"]]
)
def test_without_servers_and_sandbox_the_rest_works(tmp_path, words):
    done = run(tmp_path, *words)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["up"], SERVERS),
        (["up"], ("airflow",)),
        (["down"], ("psutil",)),
        (["status"], ("psutil",)),
        (["logs", "scheduler"], ("psutil",)),
    ],
)
def test_the_web_page_says_at_once_what_to_install(tmp_path, words, missing):
    done = run(tmp_path, "ui", *words, missing=missing)
    assert done.returncode == 2
    for name in {"airflow", "psutil"} & set(missing):
        assert name in done.stderr.split(", not installed")[0]
    assert "pip install 'geoschem-bench[airflow,sandbox]'" in " ".join(done.stderr.split())
    assert not (tmp_path / "state").exists()
