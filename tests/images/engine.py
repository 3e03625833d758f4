"""The container engine of this computer, and the image that the tests build with it."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SETTINGS = ROOT / ".cache" / "containers" / "containers.conf"
REPOSITORY = "geoschem-bench-test"
TAG = "test"
DECLINED = "GEOSCHEM_BENCH_NO_CONTAINERS"
NONE_HERE = (
    "there is no container engine here: start Docker, or on Debian 12 say "
    f"`sudo container/engine.sh setup`. To do without these tests set {DECLINED}=1"
)
NATIVE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


@dataclass(frozen=True)
class Engine:
    """Docker or podman, with the environment it takes."""

    name: str
    environment: Mapping[str, str]

    def __call__(self, *arguments: str, **options: Any) -> str:
        """Its standard output; an assertion with what it said where it failed."""
        return said_by([self.name, *arguments], self.environment, **options)

    def run(self, image: Image, *command: str, options: tuple[str, ...] = ()) -> str:
        """What a container prints, on the host's network as in the sandbox."""
        platform_of = ("--platform", f"linux/{image.architecture}")
        return self(
            "run", "--rm", "--network", "host", *platform_of, *options, image.name, *command
        )

    def inspect(self, image: Image) -> dict[str, Any]:
        """All that the engine knows of an image."""
        found: dict[str, Any] = json.loads(self("image", "inspect", image.name))[0]
        return found


@dataclass(frozen=True)
class Image:
    """A built image."""

    architecture: str

    @property
    def name(self) -> str:
        """As the engine has it."""
        return f"{REPOSITORY}:{TAG}-{self.architecture}"


def find_engine() -> Engine | None:
    """Docker where it runs, else podman, else None; asks nothing of podman before it is needed."""
    environment = dict(os.environ)
    if _docker_answers():
        return Engine("docker", environment)
    if not shutil.which("podman"):
        return None
    if SETTINGS.exists():
        environment.setdefault("CONTAINERS_CONF", str(SETTINGS))
    return Engine("podman", environment)


def _docker_answers() -> bool:
    """Whether a server of Docker's own does; DOCKER_HOST may lead to podman's."""
    if not shutil.which("docker"):
        return False
    which = ["docker", "version", "--format", "{{range .Server.Components}}{{.Name}} {{end}}"]
    asked = subprocess.run(which, capture_output=True, text=True, check=False)
    return asked.returncode == 0 and asked.stdout.startswith("Engine")


def build(engine: Engine, architecture: str) -> Image:
    """Build by the script that people use; its layers stay cached."""
    script = [ROOT / "container" / "build.sh", "--engine", engine.name]
    names = ["--platform", f"linux/{architecture}", "--repository", REPOSITORY, "--tag", TAG]
    said_by([*map(str, script), *names], engine.environment)
    return Image(architecture)


def said_by(command: list[str], environment: Mapping[str, str], **options: Any) -> str:
    """Standard output of a command that must end well."""
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{command} exited {done.returncode}:\n{done.stderr[-4000:]}"
    return str(done.stdout)


def copied_paths() -> list[str]:
    """What of this repository the Dockerfile copies, with the files that say how."""
    text = (ROOT / "container" / "Dockerfile").read_text().replace("\\\n", " ")
    lines = re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
    sources = {source for line in lines for source in line.split()[:-1]}
    return sorted(sources | {"container"})


def why_arm64(environment: Mapping[str, str], root: Path = ROOT) -> tuple[bool, str]:
    """Whether to build and emulate the other architecture, which takes minutes, and why."""
    if environment.get("GEOSCHEM_BENCH_ARM64") == "1":
        return True, "GEOSCHEM_BENCH_ARM64=1 asks for it"
    paths = copied_paths()
    committed = _git(root, "diff", "--name-only", "HEAD~1", "HEAD", "--", *paths)
    pending = _git(root, "status", "--porcelain", "--", *paths)
    if committed is None or pending is None:
        return True, "git cannot say what has changed"
    changed = [*committed.splitlines(), *(line[3:] for line in pending.splitlines())]
    if changed:
        return True, f"{changed[0]} has changed"
    return False, "nothing in the image has changed since the previous commit"


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
