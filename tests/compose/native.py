"""The services of docker-compose.yaml as processes of this computer.

Commands and environments are the file's own, as docker-compose resolves them. What a container
gives is put in its place, and that is all that differs: the names of other services and 0.0.0.0
become 127.0.0.1, ports become free ones, /opt/airflow becomes a folder, volumes become links in it.
PostgreSQL is Debian's, from tests/servers.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from tests.compose.installation import Installation
from tests.servers.errors import ServerError, tail
from tests.servers.guard import lives
from tests.servers.ports import HOST, free_port
from tests.servers.waiting import wait_until

HOME = "/opt/airflow"
SERVICES = ("postgres", "redis", "api-server", "sandbox")
_READY_SECONDS = 120.0
_INIT_SECONDS = 180.0


class Service:
    """One container, as a process."""

    def __init__(self, name: str, said: dict[str, Any], stack: Stack, number: int = 1) -> None:
        self.name = f"{name}-{number}"
        self.home = stack.folder / self.name
        self.log = stack.folder / f"{self.name}.log"
        self._said = said
        self._stack = stack
        self._process: subprocess.Popen[bytes] | None = None
        self._mount()

    def _mount(self) -> None:
        self.home.mkdir()
        for volume in self._said.get("volumes", ()):
            source, target, *_ = volume.split(":")
            place = Path(self._here(target))
            real = Path(source) if source.startswith("/") else self._stack.volume(source)
            if place != self.home:
                place.symlink_to(real)
        if not (infra := self.home / "infra").exists():  # in the image
            infra.symlink_to(self._stack.installation.folder / "infra")

    def _here(self, text: str) -> str:
        """What a text of the file means on this computer."""
        text = text.replace("$$", "$").replace("0.0.0.0", HOST)  # noqa: S104 - to take it away
        text = re.sub(rf"(?<=[@/])({'|'.join(SERVICES)})(?=:\d)", HOST, text)
        for port, free in self._stack.ports.items():
            text = re.sub(rf"\b{port}\b", str(free), text)
        text = re.sub(r"(?<![\w/])/data\b", str(self.home / "data"), text)
        return text.replace(HOME, str(self.home))

    def words(self, said: str | list[str]) -> list[str]:
        """A command of the file."""
        listed = said if isinstance(said, list) else [said]
        return [self._here(word) for word in listed]

    def environment(self) -> dict[str, str]:
        """The file's, with what the image and the engine give."""
        said = {name: str(value) for name, value in self._said["environment"].items()}
        given = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "HOSTNAME": self.name,
            "AIRFLOW_HOME": HOME,
            "PYTHONUNBUFFERED": "1",
            "SPT_NOENV": "1",  # setproctitle would write over the guard's mark
        }
        here = {name: self._here(value) for name, value in (given | said).items()}
        if self.name.startswith("settings-"):  # it compares what .env says, and connects to nothing
            here["AWS_ENDPOINT_URL"] = said["AWS_ENDPOINT_URL"]
        return here | dict(self._stack.mark)

    def command(self) -> list[str]:
        """Entry point and command."""
        command = [*self._said.get("entrypoint", []), *self._said["command"]]
        # A container has a host's name of its own
        named = ["--celery-hostname", self.name] if "celery" in command else []
        # Redis writes over the guard's mark; with this it ends with us, too
        return ["setpriv", "--pdeathsig", "KILL", *self.words([*command, *named])]

    def start(self) -> None:
        """Starts it; it is not ready yet."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), env=self.environment(), cwd=self.home, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def run(self) -> None:
        """Runs it to its end. ServerError if that is not a good one."""
        self.start()
        assert self._process is not None
        if code := self._process.wait(_INIT_SECONDS):
            raise ServerError(f"{self.name} ended with {code}:\n{tail(self.text())}")

    def wait_until_healthy(self) -> None:
        """Until its health check of the file is content."""
        kind, *test = self._said["healthcheck"]["test"]
        command = self.words(["sh", "-c", *test] if kind == "CMD-SHELL" else test)

        def healthy() -> bool:
            done = subprocess.run(command, env=self.environment(), cwd=self.home,
                                  capture_output=True)  # fmt: skip
            return done.returncode == 0

        wait_until(healthy, f"{self.name} to be healthy", timeout_seconds=_READY_SECONDS,
                   check=self.check)  # fmt: skip

    def check(self) -> None:
        """ServerError, with the end of its log, if it has ended."""
        if self._process is not None and (code := self._process.poll()) is not None:
            raise ServerError(f"{self.name} ended with {code}:\n{tail(self.text())}")

    def tree(self) -> list[psutil.Process]:
        """Its first process and all children."""
        assert self._process is not None
        first = psutil.Process(self._process.pid)
        return [first, *first.children(recursive=True)]

    def kill(self) -> None:
        """SIGKILL to all of it, as if its host were lost."""
        tree = self.tree()
        for process in tree:
            process.kill()
        assert self._process is not None
        self._process.wait()
        wait_until(lambda: not any(map(lives, tree)), f"{self.name} to be gone", timeout_seconds=20)

    def stop(self, seconds: float) -> int:
        """SIGTERM to its first process, as `docker compose stop`; returns how it ended."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(seconds)

    @property
    def is_running(self) -> bool:
        """Whether its first process lives."""
        return self._process is not None and self._process.poll() is None

    def text(self) -> str:
        """What it printed."""
        return self.log.read_text(errors="replace")


class Stack:
    """All services of an installation."""

    def __init__(
        self, installation: Installation, folder: Path, postgres_port: int, mark: Mapping[str, str]
    ) -> None:
        self.installation = installation
        self.folder = folder
        self.mark = mark
        self.ports = {5432: postgres_port} | {port: free_port() for port in (6379, 8080, 5000)}
        self.said: dict[str, Any] = installation.config()["services"]
        self._made: list[Service] = []
        folder.mkdir()

    @property
    def url(self) -> str:
        """Of the api-server."""
        return f"http://{HOST}:{self.ports[8080]}"

    def volume(self, name: str) -> Path:
        """The folder of a named volume."""
        place = self.folder / "volumes" / name
        place.mkdir(parents=True, exist_ok=True)
        return place

    def service(self, name: str, number: int = 1) -> Service:
        """One container of a service."""
        self._made.append(Service(name, self.said[name], self, number))
        return self._made[-1]

    def kill(self) -> None:
        """Ends all that still runs."""
        for service in self._made:
            if service.is_running:
                service.kill()
