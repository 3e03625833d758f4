"""up, down, status: one server per state, never somebody else's process."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from contextlib import closing

import boto3
import psutil
import pytest

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox import down, job_counts, running, status, up
from geoschem_bench.sandbox.proxies import without_proxy

RECORD = {
    "pid": os.getpid(),
    "started_at": 1.5,
    "token": "t",
    "endpoint_url": "http://127.0.0.1:9",
    "port": 9,
    "region": "us-west-2",
}


def test_environment_is_all_a_program_needs(sandbox, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "intranet.example, localhost")
    monkeypatch.delenv("no_proxy", raising=False)
    assert sandbox.environment() == {
        "AWS_ENDPOINT_URL": sandbox.endpoint_url,
        "AWS_ACCESS_KEY_ID": sandbox.access_key,
        "AWS_SECRET_ACCESS_KEY": sandbox.secret_key,
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_REGION": "us-west-2",
        "GEOSCHEM_BENCH_BUCKET": "geos-chem-benchmarks-sandbox",
        "GEOSCHEM_BENCH_TABLE": "geoschem-benchmarks",
        "NO_PROXY": "intranet.example,localhost,127.0.0.1",
        "no_proxy": "intranet.example,localhost,127.0.0.1",
    }
    assert sandbox.endpoint_url.startswith("http://127.0.0.1:")


def test_a_job_works_with_boto3_and_the_endpoint_alone(jobs, sandbox, connect):
    script = (
        "import boto3; "
        f"boto3.client('s3').put_object(Bucket='{sandbox.bucket}', Key='from/job', Body=b'x'); "
        "print(boto3.client('sts').get_caller_identity()['Account']); "
        "print(len(boto3.client('ec2').describe_instance_types(InstanceTypes=['c7g.4xlarge'])"
        "['InstanceTypes'])); "
        f"print(boto3.client('dynamodb').describe_table(TableName='{sandbox.table}')"
        "['Table']['TableStatus'])"
    )
    detail = jobs.wait(jobs.python(script))
    assert jobs.output(detail)[1:] == ["1", "ACTIVE"]
    s3 = connect(sandbox, "s3")
    assert s3.get_object(Bucket=sandbox.bucket, Key="from/job")["Body"].read() == b"x"
    s3.close()


def test_status_tells_where_it_is_and_what_it_does(sandbox, jobs):
    jobs.wait(jobs.shell("true"))
    assert status(sandbox.state_dir) == sandbox
    counts = job_counts(sandbox.state_dir)
    assert counts["SUCCEEDED"] >= 1
    assert all(counts.values())


def test_without_a_sandbox_there_is_none(tmp_path):
    assert status(tmp_path) is None
    assert down(tmp_path) is False
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SandboxError, match="sandbox up"):
        job_counts(tmp_path)


def test_two_ups_at_once_make_one_server(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(up(tmp_path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(found)) == 1
    assert down(tmp_path) is True
    assert not psutil.pid_exists(found[0].pid)
    assert status(tmp_path) is None
    assert down(tmp_path) is False


def test_a_stale_record_is_not_trusted_and_a_foreign_process_never_killed(tmp_path):
    with running(tmp_path) as first:
        os.kill(first.pid, signal.SIGKILL)
        record = tmp_path / "sandbox" / "server.json"
        foreign = {**json.loads(record.read_text()), "pid": os.getpid()}
        record.write_text(json.dumps(foreign))
        assert status(tmp_path) is None
        assert down(tmp_path) is False
        second = up(tmp_path)
        assert second.pid not in (first.pid, os.getpid())
        assert second.endpoint_url == first.endpoint_url


@pytest.mark.parametrize(
    "text",
    ["", "{cut", "[]", "1", "{}", '{"pid": 1}', "\ufffd", '{"other": 1}']
    + [json.dumps(RECORD | wrong) for wrong in ({"pid": "x"}, {"pid": -1}, {"port": None})],
)
def test_a_corrupt_record_is_as_good_as_none(tmp_path, text):
    record = tmp_path / "sandbox" / "server.json"
    record.parent.mkdir()
    record.write_bytes(text.encode("utf-16" if text == "\ufffd" else "utf-8"))
    assert status(tmp_path) is None
    assert down(tmp_path) is False
    with pytest.raises(SandboxError, match="sandbox up"):
        job_counts(tmp_path)


def test_after_a_corrupt_record_it_starts_again(tmp_path):
    record = tmp_path / "sandbox" / "server.json"
    record.parent.mkdir()
    record.write_text("{cut")
    with running(tmp_path) as sandbox:
        assert status(tmp_path) == sandbox


def test_a_proxy_of_the_person_is_never_asked(tmp_path, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    sandbox = up(tmp_path)
    assert status(tmp_path) == sandbox
    assert job_counts(tmp_path) == {}
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    with closing(boto3.client("s3")) as s3:
        assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [sandbox.bucket]
    assert down(tmp_path) is True


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"no_proxy": "*"}, "*"),
        ({"NO_PROXY": ".a", "no_proxy": ".b,.a"}, ".b,.a,127.0.0.1,localhost"),
        ({"NO_PROXY": "localhost,127.0.0.1"}, "localhost,127.0.0.1"),
    ],
)
def test_what_needs_no_proxy_already_is_kept(given, made):
    assert without_proxy(given) == {"NO_PROXY": made, "no_proxy": made}


def test_a_taken_port_is_left_to_its_owner(tmp_path):
    with running(tmp_path) as first:
        pass
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(first.endpoint_url.rpartition(":")[2])))
        taken.listen()
        with running(tmp_path) as second:
            assert second.endpoint_url != first.endpoint_url


def test_a_server_that_does_not_start_says_why(tmp_path):
    broken = tmp_path / "sandbox" / "batch" / "jobs" / "x.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{no json")
    with pytest.raises(SandboxError, match=r"(?s)exit code 1.*x\.json is damaged") as refused:
        up(tmp_path)
    assert "Traceback" not in str(refused.value)
    assert "server.log" in str(refused.value)
    assert status(tmp_path) is None


def test_another_region_is_refused_while_one_runs(sandbox):
    with pytest.raises(SandboxError, match=r"us-west-2 is running.*eu-west-1.*sandbox down"):
        up(sandbox.state_dir, region="eu-west-1")
