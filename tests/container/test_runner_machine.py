"""What the runner says of the machine, and what EC2 says of it."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from geoschem_bench_runner.measurement import machine
from geoschem_bench_runner.measurement.instance import SilentError, describe_instance

VALUES = {
    "/latest/meta-data/instance-type": "c7g.4xlarge",
    "/latest/meta-data/instance-id": "i-0123456789abcdef0",
    "/latest/meta-data/placement/availability-zone": "us-west-2b",
    "/latest/meta-data/placement/region": "us-west-2",
    "/latest/meta-data/instance-life-cycle": "spot",
}  # no ami-id: it must be left out, not invented


class Metadata(BaseHTTPRequestHandler):
    def do_PUT(self):
        assert self.path == "/latest/api/token"
        assert int(self.headers["X-aws-ec2-metadata-token-ttl-seconds"]) > 0
        self.answer(200, "the-token")

    def do_GET(self):
        if self.headers.get("X-aws-ec2-metadata-token") != "the-token":
            self.answer(401, "version 1 is switched off")
        elif self.path in VALUES:
            self.answer(200, VALUES[self.path])
        else:
            self.answer(404, "")

    def answer(self, status, text):
        if self.server.broken:  # type: ignore[attr-defined]
            status, text = 500, ""
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    broken = False


@pytest.fixture
def service():
    server = Server(("127.0.0.1", 0), Metadata)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def base(server):
    return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{server.server_port}/"}


def test_the_instance_says_what_it_is(service):
    assert describe_instance(base(service)) == {
        "instance_type": "c7g.4xlarge",
        "instance_id": "i-0123456789abcdef0",
        "availability_zone": "us-west-2b",
        "region": "us-west-2",
        "life_cycle": "spot",
    }


def test_a_service_that_fails_is_silent(service):
    service.broken = True
    with pytest.raises(SilentError, match="500"):
        describe_instance(base(service), silence_seconds=0.3)


def test_a_service_that_is_not_there_is_silent(service):
    nobody = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}
    with pytest.raises(SilentError, match=r"127\.0\.0\.1:9"):
        describe_instance(nobody, silence_seconds=0.3)


def test_this_machine_is_described():
    found = machine.observe()
    assert found.vcpus == len(os.sched_getaffinity(0))
    assert found.physical_cores is None or 1 <= found.physical_cores <= found.vcpus
    assert found.memory_mib is not None
    assert found.architecture in ("x86_64", "arm64")
    assert found.kernel == os.uname().release


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("processor\t: 0\nmodel name\t: AMD EPYC 9R14\n", "AMD EPYC 9R14"),
        ("CPU implementer\t: 0x41\nCPU part\t: 0xd40\n", "Arm Neoverse-V1"),
        ("CPU implementer\t: 0x61\nCPU part\t: 0x022\n", "Arm implementer 0x61 part 0x022"),
        ("nothing of the kind\n", None),
    ],
)
def test_the_processor_is_named(text, name):
    assert machine.cpu_model(text) == name


def test_two_threads_of_a_core_are_one_core(monkeypatch, tmp_path):
    for cpu, siblings in enumerate(("0,2", "1,3", "0,2", "1,3")):
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{siblings}\n")
    monkeypatch.setattr(machine, "CPU_FOLDER", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    found = machine.observe()
    assert (found.vcpus, found.physical_cores, found.threads_per_core) == (4, 2, 2)


def test_unknown_cores_are_unknown_not_guessed(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "CPU_FOLDER", tmp_path)
    found = machine.observe()
    assert (found.physical_cores, found.threads_per_core) == (None, None)


def test_variables_and_versions_are_collected():
    environment = {"OMP_STACKSIZE": "500m", "AWS_BATCH_JOB_ID": "j", "HOME": "/x"}
    assert machine.openmp_settings(environment) == {"OMP_STACKSIZE": "500m"}
    assert machine.batch_variables(environment) == {"AWS_BATCH_JOB_ID": "j"}
    assert {"python", "numpy", "musica"} <= set(machine.package_versions())
