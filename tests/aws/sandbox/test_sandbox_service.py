"""`sandbox serve`: the sandbox of a container, in the foreground. Its good case: tests/compose."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

import pytest

from geoschem_bench.errors import SandboxError, SettingsError
from geoschem_bench.sandbox import down, running, serve, status, up

REGION = "us-west-2"


@pytest.fixture(autouse=True)
def _signals():
    """As they were."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "SANDBOXKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_without_a_key_it_does_not_start(key, monkeypatch, tmp_path, name):
    monkeypatch.setenv(name, "")
    with pytest.raises(SettingsError, match=r"is missing: they say which key .*env\.sh new"):
        serve(tmp_path, "127.0.0.1", 5000, region=REGION, queues=())
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_may_be_of_aws_does_not_reach_the_jobs(key, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    with pytest.raises(SettingsError, match=r"begin with SANDBOX.*env\.sh new") as refused:
        serve(tmp_path, "127.0.0.1", 5000, region=REGION, queues=())
    assert "AKIAEXAMPLE" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_sandbox_that_runs_goes_on_with_its_key(key, tmp_path):
    before = up(tmp_path)
    try:
        with pytest.raises(SandboxError, match=f"a sandbox runs at {before.endpoint_url}; stop"):
            serve(tmp_path, "127.0.0.1", 5000, region=REGION, queues=())
        assert status(tmp_path) == before
        with running(tmp_path) as found:
            assert found == before
        assert status(tmp_path) == before
    finally:
        down(tmp_path)


def test_another_port_than_the_one_asked_for_is_of_no_use(key, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=rf"port {port} of 127\.0\.0\.1 is taken"):
            serve(tmp_path, "127.0.0.1", port, region=REGION, queues=())
    assert status(tmp_path) is None


def test_a_server_that_dies_is_said_so_that_the_container_starts_anew(key, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def strike():
        while status(tmp_path) is None:
            time.sleep(0.1)
        os.kill(up(tmp_path).pid, signal.SIGKILL)  # waits until all is deployed

    striking = threading.Thread(target=strike)
    striking.start()
    with pytest.raises(SandboxError, match="ended by itself"):
        serve(tmp_path, "127.0.0.1", port, region=REGION, queues=())
    striking.join()
