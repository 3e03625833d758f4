"""`load` and `reports`: what somebody loads by hand is in the index, which works from a folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from geoschem_bench.cli import app
from geoschem_bench.errors import NotFoundError
from tests.unit.records.fakes import by_hand


@pytest.fixture
def command(doors, monkeypatch, tmp_path):
    """The program, with a state folder of its own."""
    monkeypatch.setenv("GEOSCHEM_BENCH_STATE", str(tmp_path / "state"))

    def call(*words: str) -> Any:
        done = CliRunner().invoke(app, list(words))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return call


def test_what_is_loaded_is_reported_and_the_index_works_from_a_folder(command, doors, tmp_path):
    prefix = f"s3://{doors.bucket}/wherever/mine/"
    doors.objects.put(prefix + "manifest.json", by_hand())
    first = command("load", prefix)
    assert first.exit_code == 0
    (run_id,) = re.findall(r"runs/(\S+)/report.html", first.stderr)

    (listed,) = of_run(run_id, command("reports", "--json"))
    done = command("reports")
    index = tmp_path / "state" / "reports" / "index.html"
    assert f"Index: {index}" in done.stdout
    links = re.findall(r'href="([^"#]+)"', index.read_text())
    assert f"{run_id}/report.html" in links
    assert all((index.parent / link).exists() for link in links)
    assert b"TEST-G3-C7G-4-FC" in (index.parent / run_id / "report.html").read_bytes()
    assert Path(index.parent / run_id / "results.csv").exists()

    with pytest.raises(NotFoundError, match="no run of 'nightly'"):
        command("reports", "--suite", "nightly")
    again = command("reports", "--rebuild", "--json")
    assert run_id in again.stderr
    assert of_run(run_id, again)[0]["published_at"] != listed["published_at"]


def of_run(run_id, done):
    """What the index says of it, among runs of other tests."""
    return [run for run in json.loads(done.stdout) if run["benchmark_run_id"] == run_id]


def test_without_any_report_it_says_what_to_do(command, doors, monkeypatch):
    monkeypatch.setattr("geoschem_bench.pipeline.read_index", lambda bucket, objects: [])
    with pytest.raises(NotFoundError, match="geoschem-bench reports --rebuild"):
        command("reports")
