"""`container/engine.sh`: its service, and what it says to mistakes."""

from __future__ import annotations

import shutil
import subprocess

import docker
import psutil
import pytest

from tests.images.engine import ROOT, SETTINGS

SCRIPT = ROOT / "container" / "engine.sh"


def say(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def folder(engine, tmp_path):
    """A folder with the settings that set-up wrote."""
    if engine.name == "docker":
        pytest.skip("Docker serves its API by itself")
    assert SETTINGS.exists(), "say `sudo container/engine.sh setup`"
    shutil.copy(SETTINGS, tmp_path)
    yield tmp_path
    assert say("stop", "--folder", str(tmp_path)).returncode == 0


def test_the_service_answers_to_dockers_clients_until_it_is_stopped(folder):
    for _ in range(2):  # a second start changes nothing
        started = say("start", "--folder", str(folder))
        assert started.returncode == 0, started.stderr
    socket = folder / "podman.sock"
    client = docker.DockerClient(base_url=f"unix://{socket}")
    assert client.ping()
    client.close()
    number = int((folder / "podman.pid").read_text())
    assert say("stop", "--folder", str(folder)).returncode == 0
    assert not socket.exists()
    assert not psutil.pid_exists(number) or psutil.Process(number).status() == "zombie"


def test_what_to_export_names_the_folder(folder):
    exported = say("env", "--folder", str(folder)).stdout
    assert f"DOCKER_HOST=unix://{folder}/podman.sock" in exported
    assert f"CONTAINERS_CONF={folder}/containers.conf" in exported


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ([], 2, "Usage: container/engine.sh"),
        (["sing"], 2, "Usage: container/engine.sh"),
        (["setup", "riscv64"], 1, "unknown architecture riscv64; there are amd64 and arm64"),
        (["setup", "--fast"], 1, "unknown option --fast"),
    ],
)
def test_mistakes(arguments, code, complaint):
    done = say(*arguments)
    assert (done.returncode, complaint in done.stderr) == (code, True)


@pytest.mark.parametrize("name", ["build.sh", "ecr.sh", "engine.sh"])
def test_the_scripts_are_sound(name):
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed; container/engine.sh setup installs it")
    script = [f"container/{name}"]
    done = subprocess.run(
        ["shellcheck", "--external-sources", *script], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
