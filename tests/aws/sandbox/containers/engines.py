"""A container engine for these tests, and an image with little in it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.engine import connect, find_engine

IMAGE = f"geoschem-bench-tests-{os.getpid()}:latest"
"""Of this run: another's, at the same time, removes its own."""
_PROGRAMS = ("sh", "cat", "env", "head", "ls", "seq", "sleep", "tail", "touch", "true")
_SETTINGS = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
"""
_START_SECONDS = 30.0
_ALIEN = (
    bytes.fromhex("7f454c4602010100") + bytes(8) + bytes.fromhex("0200f70001000000") + bytes(40)
)
"""The head of a program for a processor (BPF) that nobody emulates."""


@contextmanager
def an_engine() -> Iterator[str]:
    """Where one answers. Where none does, but podman is there, it serves for as long as we need."""
    found = _found()
    if found is not None:
        yield found
        return
    with tempfile.TemporaryDirectory() as folder, _podman(Path(folder)) as url:
        yield url


def _found() -> str | None:
    try:
        return find_engine()
    except SandboxError as error:
        if "DOCKER_HOST" in os.environ or not shutil.which("podman"):
            pytest.fail(f"{error}; or leave these tests out: GEOSCHEM_BENCH_NO_CONTAINERS=1")
        return None


@contextmanager
def _podman(folder: Path) -> Iterator[str]:
    settings = folder / "containers.conf"
    settings.write_text(_SETTINGS)
    url = f"unix://{folder}/podman.sock"
    service = subprocess.Popen(
        ["podman", "system", "service", "--time=0", url],
        env={"CONTAINERS_CONF": str(settings), **os.environ},
        cwd=folder,  # where a container that ran out of memory leaves an empty file
    )
    try:
        _wait_until_it_answers(url)
        yield url
    finally:
        service.terminate()
        service.wait()


def _wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            connect(url).close()
        except SandboxError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def an_image(client: docker.APIClient) -> Iterator[str]:
    """This computer's own shell and a few programs, without anything downloaded."""
    repository, tag = IMAGE.split(":")
    client.import_image_from_data(_tar(), repository=repository, tag=tag)
    try:
        yield IMAGE
    finally:
        client.remove_image(IMAGE, force=True)


def _tar() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", dereference=True) as tar:
        found = {name: shutil.which(name) for name in _PROGRAMS}
        for name, path in found.items():
            assert path is not None, name
            tar.add(path, f"bin/{name}")
        for library in sorted({each for path in found.values() for each in _libraries(path)}):
            tar.add(library, library.lstrip("/"))
        alien = tarfile.TarInfo("bin/alien")
        alien.size, alien.mode = len(_ALIEN), 0o755
        tar.addfile(alien, io.BytesIO(_ALIEN))
    return made.getvalue()


def _libraries(program: str | None) -> list[str]:
    listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True)
    words = [word for line in listed.stdout.splitlines() for word in line.split()]
    return [word for word in words if word.startswith("/")]
