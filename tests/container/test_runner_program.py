"""The program as Batch calls it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from geoschem_bench.errors import StorageError
from geoschem_bench.manifest import read_manifest
from geoschem_bench_runner import main as program
from geoschem_bench_runner.termination import reason_after
from geoschem_bench_runner.upload import S3Store, open_store, split_output_path

OUTPUT = "s3://results/runs/r/phase_1/smoke-4x5/1"


def command(config, output=OUTPUT):
    arguments = ["--benchmark", json.dumps(config), "--output-path", output]
    return [sys.executable, "-m", "geoschem_bench_runner.main", *arguments]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--benchmark", "{}"],
        ["--output-path", OUTPUT],
        ["--benchmark", "", "--output-path", OUTPUT],
        ["--benchmark", "{}", "--output-path", "results/here"],
        ["--benchmark", "{}", "--output-path", OUTPUT, "--days", "3"],
        ["--bench", "{}", "--output", OUTPUT],
        ["run"],
    ],
)
def test_wrong_arguments_exit_1_with_usage(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        program.main(arguments)
    assert left.value.code == 1
    assert capsys.readouterr().err.startswith("usage: geoschem-bench-runner ")


def test_it_describes_itself(capsys):
    assert program.main(["--describe"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["workloads"]["proxy"]["resolutions"] == ["4x5", "2x2.5"]
    assert said["exit_codes"]["storage"] == 15
    assert said["machine"]["vcpus"] >= 1


@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_a_slash_at_the_end_changes_nothing(benchmark, s3, slashes):
    benchmark |= {"warmups": 0, "repetitions": 1}
    done = subprocess.run(
        command(benchmark, OUTPUT + slashes), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    names = ["config.json", "manifest.json", "results.json", "run.log"]
    assert sorted(s3.objects) == [f"runs/r/phase_1/smoke-4x5/1/{name}" for name in names]
    assert list(s3.objects)[-1].endswith("/manifest.json")


def test_a_missing_bucket_exits_15_and_prints_the_manifest(benchmark, s3):
    done = subprocess.run(
        command(benchmark, "s3://nowhere/x"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 15
    assert "NoSuchBucket" in done.stderr
    inner = done.stdout.partition("-----BEGIN GEOSCHEM-BENCH MANIFEST-----\n")[2]
    made = read_manifest(inner.partition("\n-----END ")[0].encode(), "log")
    assert made.outcome.reason == "storage"


@pytest.mark.parametrize(
    ("timeout_seconds", "reason", "code"), [(3600, "cancelled", 143), (1, "timeout", 14)]
)
def test_told_to_stop_it_stops_and_says_why(
    benchmark, plan, s3, monkeypatch, timeout_seconds, reason, code
):
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    monkeypatch.setenv("RUNNER_TEST_MARK", mark)
    benchmark |= {"duration": {"days": 30.0}, "plan": plan | {"timeout_seconds": timeout_seconds}}
    started = time.monotonic()
    with subprocess.Popen(command(benchmark), stdout=subprocess.PIPE, text=True) as runner:
        for line in runner.stdout or ():
            if line.startswith("calibration: "):
                break
        while not marked(mark, "proxy.worker"):
            time.sleep(0.02)
        time.sleep(max(0.0, started + 1.5 - time.monotonic()))  # past the shorter time-out
        runner.send_signal(signal.SIGTERM)
        assert runner.wait(20) == code
    outcome = read_manifest(s3.objects["runs/r/phase_1/smoke-4x5/1/manifest.json"], "m").outcome
    assert (outcome.status, outcome.reason) == ("failed", reason)
    assert "SIGTERM" in str(outcome.message)
    deadline = time.monotonic() + 5
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not marked(mark)


def marked(mark, module=""):
    """Living processes of the runner that carry the mark in their environment."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal() or int(process.name) == os.getpid():
            continue
        try:
            told = (process / "environ").read_bytes()
            line = (process / "cmdline").read_bytes().decode()
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
        if (
            f"RUNNER_TEST_MARK={mark}".encode() in told
            and f"geoschem_bench_runner.{module}" in line
        ):
            found.append(process.name)
    return found


def test_time_up_is_told_from_a_persons_stop():
    assert reason_after(3595.0, 3600) == "timeout"
    assert reason_after(3000.0, 3600) == "cancelled"
    assert reason_after(1e9, None) == "cancelled"


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("s3://b/x/y", ("b", "x/y")),
        ("s3://b/x/y/", ("b", "x/y")),
        ("s3://b", ("b", "")),
        ("s3://b/", ("b", "")),
    ],
)
def test_output_paths_are_split(path, parts):
    assert split_output_path(path) == parts


@pytest.mark.parametrize("path", ["", "s3://", "s3:///x", "/tmp/x", "https://b/x"])
def test_other_paths_are_refused(path):
    with pytest.raises(ValueError, match="no S3 path"):
        split_output_path(path)


@pytest.mark.parametrize("code", ["NoSuchBucket", "AccessDenied"])
def test_a_refused_upload_is_a_storage_error(code):
    client = boto3.client("s3", region_name="us-west-2")
    with Stubber(client) as stub:
        stub.add_client_error("put_object", service_error_code=code)
        with pytest.raises(StorageError, match=rf"s3://b/x/run\.log cannot be written.*{code}"):
            S3Store("s3://b/x/", client).put("run.log", b"")


def test_an_unreachable_store_is_a_storage_error(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    from geoschem_bench_runner.settings import settings_from

    with pytest.raises(StorageError, match="cannot be written"):
        open_store(OUTPUT, settings_from(os.environ)).put("run.log", b"")
