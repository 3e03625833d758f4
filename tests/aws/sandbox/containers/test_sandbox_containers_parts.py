"""Small parts of the container launcher, and moments that no job can be timed to."""

from __future__ import annotations

import json
import struct

import pytest
import requests
from docker.errors import APIError
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.batch.attempt import Attempt, Host
from geoschem_bench.sandbox.batch.job import Job
from geoschem_bench.sandbox.batch.launchers import container, launcher_of
from geoschem_bench.sandbox.batch.launchers.container import ContainerRunning
from geoschem_bench.sandbox.batch.launchers.options import host_options
from geoschem_bench.sandbox.batch.launchers.output import LogReader, lines_of
from geoschem_bench.sandbox.batch.logs import LogStore
from geoschem_bench.sandbox.credentials import Credentials
from tests.aws.sandbox.conftest import wait_until
from tests.aws.sandbox.containers.conftest import Engine, jobs_of

MEMORY = {"type": "MEMORY", "value": "30720"}


def framed(pieces):
    return b"".join(struct.pack(">BxxxL", stream, len(text)) + text for stream, text in pieces)


@given(
    lines=st.lists(st.binary(max_size=20).map(lambda text: text.replace(b"\n", b"")), min_size=1),
    cuts=st.integers(1, 30),
    chunk=st.integers(1, 40),
)
def test_lines_come_whole_however_they_are_cut(lines, cuts, chunk):
    text = b"\n".join(lines)
    pieces = [(1, text[at : at + cuts]) for at in range(0, len(text), cuts)]
    sent = framed(pieces)
    chunks = [sent[at : at + chunk] for at in range(0, len(sent), chunk)]
    wanted = [(line, True) for line in lines[:-1]] + [(line, False) for line in lines[-1:] if line]
    assert list(lines_of(chunks)) == wanted


def test_two_streams_do_not_cut_each_others_lines():
    pieces = [(1, b"on"), (2, b"err"), (1, b"e\n"), (2, b"or\nrest")]
    assert list(lines_of([framed(pieces)])) == [(b"one", True), (b"error", True), (b"rest", False)]


def test_a_log_that_grows_is_read_without_loss_or_repetition():
    pieces = [(1, b"one\ntw")]
    reader = LogReader(lambda: [framed(pieces)])
    assert reader.new_lines() == [b"one"]
    pieces.append((1, b"o\nthree"))
    assert reader.new_lines(last=True) == [b"two", b"three"]
    assert reader.new_lines(last=True) == []


def test_what_batch_grants_is_what_docker_is_told():
    options = host_options({"resourceRequirements": [MEMORY]}, 15)
    assert options["mem_limit"] == options["memswap_limit"] == 30 * 2**30
    assert options["cpu_shares"] == 15 * 1024
    assert options["network_mode"] == "host"
    assert not {"ulimits", "shm_size", "init", "tmpfs", "read_only"} & options.keys()


def test_what_linux_parameters_say_is_passed_on():
    linux = {
        "sharedMemorySize": 8192,
        "initProcessEnabled": True,
        "tmpfs": [{"containerPath": "/scratch", "size": 64, "mountOptions": ["noexec"]}],
    }
    stack = {"name": "stack", "softLimit": -1, "hardLimit": -1}
    defined = {"resourceRequirements": [], "linuxParameters": linux, "ulimits": [stack]}
    options = host_options(defined, 1000)
    assert options["shm_size"] == 8 * 2**30
    assert options["init"] is True
    assert options["tmpfs"] == {"/scratch": "noexec,size=64m"}
    assert options["cpu_shares"] == 262_144
    limits = {each.name: (each.soft, each.hard) for each in options["ulimits"]}
    assert limits["stack"] == (-1, -1)
    assert all(0 < hard <= 32_768 for hard in (limits["nofile"][1], limits["nproc"][1]))


class Silent:
    """An engine that fails, until it is told what to say."""

    state: dict[str, object] | None = None

    def inspect_container(self, container):
        if self.state is None:
            raise APIError("500 Server Error", explanation="no such process")
        return {"State": self.state}

    def kill(self, container, signal):
        """Without success."""

    def get(self, url, **options):
        raise requests.ConnectionError("refused")

    base_url = api_version = ""
    timeout = None


def test_an_engine_that_is_silent_for_a_moment_is_asked_again():
    client = Silent()
    running = ContainerRunning(client, "abc")
    assert running.poll() is None
    assert running.lines() == []
    client.state = {"Status": "exited", "ExitCode": 3, "OOMKilled": False}
    assert wait_until(running.poll, "the end") == 3
    with pytest.raises(SandboxError, match="reading a container's log: refused"):
        running.lines(last=True)


def test_an_engine_that_stays_silent_is_not_taken_for_a_running_job(monkeypatch):
    monkeypatch.setattr(container, "_PATIENCE_SECONDS", 0.0)
    with pytest.raises(SandboxError, match="looking at a container: no such process"):
        ContainerRunning(Silent(), "abc").poll()


def test_a_container_that_outlives_sigkill_is_named(monkeypatch):
    monkeypatch.setattr(container, "_PATIENCE_SECONDS", -1.0)
    running = ContainerRunning(Silent(), "abc")
    running.kill()
    with pytest.raises(SandboxError, match="abc does not end on SIGKILL"):
        running.kill()


def make_attempt(tmp_path, engine, image):
    work = {"image": image, "environment": [], "resourceRequirements": []}
    detail = {
        "jobId": "starting",
        "jobDefinition": "arn:aws:batch:us-west-2:123456789012:job-definition/starting:1",
        "attempts": [],
        "container": {**work, "command": ["sleep", "600"]},
    }
    host = Host(
        endpoint_url="http://127.0.0.1:9",
        region="us-west-2",
        credentials=Credentials("key", "secret"),
        scratch=tmp_path / "scratch",
        logs=LogStore(tmp_path / "logs", "us-west-2", "123456789012"),
        launcher=launcher_of("container", engine, str(tmp_path.resolve() / "sandbox")),
        stop_seconds=0.2,
        cores=1,
    )
    return Attempt(Job(detail, "queue", 1), "environment", host)


def test_a_job_that_is_ended_before_its_container_starts_never_has_one(tmp_path, engine):
    attempt = make_attempt(tmp_path, engine, "no-image")
    outcome = attempt.run(lambda: 1 / 0, lambda: "changed my mind")
    assert (outcome.status_reason, outcome.exit_code) == ("changed my mind", None)
    assert outcome.may_retry is False


def test_a_job_that_is_ended_while_its_container_starts_is_stopped_at_once(
    tmp_path, engine, image, docker_client
):
    attempt = make_attempt(tmp_path, engine, image)
    asked = []
    outcome = attempt.run(lambda: asked.append("stop"), lambda: asked[0] if asked else None)
    assert (outcome.status_reason, outcome.exit_code) == ("stop", 137)
    assert Engine(docker_client, tmp_path).containers() == []


def test_nothing_of_the_persons_own_reaches_a_container(tmp_path, image, monkeypatch):
    (tmp_path / "docker").mkdir()
    proxy = {"httpProxy": "http://me:password@proxy.example"}
    settings = {"proxies": {"default": proxy}}
    (tmp_path / "docker" / "config.json").write_text(json.dumps(settings))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    for name in ("MY_TOKEN", "AWS_SESSION_TOKEN", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://me:password@proxy.example")
    monkeypatch.setenv("no_proxy", "127.0.0.1")  # the test itself must reach its sandbox
    with jobs_of(tmp_path / "state", "container", image) as here:
        seen = here.output(here.wait(here.submit(here.define(["env"]))))
    assert any(line.startswith("AWS_BATCH_JOB_ID=") for line in seen)
    assert not [line for line in seen if "password" in line or "proxy.example" in line]
