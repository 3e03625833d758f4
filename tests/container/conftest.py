import copy
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

BENCHMARK: dict[str, Any] = {
    "id": "smoke-4x5",
    "application": "proxy",
    "simulation_type": "TransportTracers",
    "domain": {"type": "global", "resolution": "4x5"},
    "duration": {"days": 1 / 72},
    "hardware": {"instance_type": "local", "threads": 1},
    "warmups": 1,
    "repetitions": 2,
}
PLAN = {
    "benchmark_run_id": "20261122T035120Z-1a2b3c4d",
    "phase": "phase_1",
    "suite": "sandbox",
    "submission": 1,
    "config_sha256": "0" * 64,
    "threads": 1,
    "warmups": 0,
    "repetitions": 1,
    "timeout_seconds": 3600,
}


@pytest.fixture
def benchmark():
    """A benchmark that may be changed: the shortest run of the cheapest simulation."""
    return copy.deepcopy(BENCHMARK)


@pytest.fixture
def plan():
    return dict(PLAN)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """No test depends on the variables of the machine it runs on, or asks AWS anything."""
    for name in ("GEOSCHEM_BENCH_PLATFORM", "GEOSCHEM_BENCH_STAND_IN", "OMP_WAIT_POLICY",
                 "GEOSCHEM_BENCH_GRANTED_VCPUS", "GEOSCHEM_BENCH_IMAGE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def kept_signals():
    """Jobs take over SIGTERM and SIGINT; give them back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class _Bucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        known = self.path.startswith("/results/")
        if known:
            self.server.objects[self.path.removeprefix("/results/")] = body  # type: ignore[attr-defined]
        error = b"" if known else b"<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>"
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(error)))
        self.end_headers()
        self.wfile.write(error)

    def log_message(self, *_):
        pass


class _S3(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.objects: dict[str, bytes] = {}


@pytest.fixture
def s3(monkeypatch):
    """A server on loopback with one bucket, `results`, that takes objects as S3 does."""
    server = _S3(("127.0.0.1", 0), _Bucket)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
