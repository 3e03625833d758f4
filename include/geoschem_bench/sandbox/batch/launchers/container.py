"""Commands in containers, through Docker's API."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, NotFound

from geoschem_bench.errors import SandboxError
from geoschem_bench.sandbox.batch.launchers.base import OUTPUT, CannotStartError, Task
from geoschem_bench.sandbox.batch.launchers.kernel import was_out_of_memory
from geoschem_bench.sandbox.batch.launchers.options import host_options
from geoschem_bench.sandbox.batch.launchers.output import REST_FACTOR, LogReader, lines_of
from geoschem_bench.sandbox.batch.outcome import OUT_OF_MEMORY
from geoschem_bench.sandbox.batch.shelf import Document
from geoschem_bench.sandbox.engine import explanation_of, refusals_are_ours

JOB_LABEL, STATE_LABEL = "geoschem-bench.job", "geoschem-bench.state"
_LOG = logging.getLogger(__name__)
_PATIENCE_SECONDS = 30.0
"""For an engine that cannot say how a container is, and for a container to end on SIGKILL."""
_WAIT_SHARE = 0.1
_ENDED = ("exited", "stopped", "dead")


class ContainerLauncher:
    """Starts each command in a container of the image that its job names."""

    def __init__(self, client: docker.APIClient, state: str) -> None:
        self._client = client
        self._state = state

    def start(self, task: Task) -> ContainerRunning:
        """Creates and starts the container. Images are never pulled: what runs was built here."""
        image = self._image(str(task.container["image"]))
        container = self._create(task, image)
        try:
            self._client.start(container)
        except APIError as error:
            _remove(self._client, container)
            raise CannotStartError.because(explanation_of(error)) from error
        return ContainerRunning(self._client, container)

    def adopt(self, folder: Path, job_id: str, trace: Document) -> ContainerRunning | None:
        """The container of this id, also when it has ended meanwhile."""
        with refusals_are_ours(f"looking for the container of job {job_id}"):
            if trace.get("container") not in self._ours(f"{JOB_LABEL}={job_id}"):
                return None
        return ContainerRunning(self._client, str(trace["container"]))

    def clear(self, job_id: str, folder: Path) -> None:
        """Kills the job's container, writes what it printed into the folder and removes it."""
        with refusals_are_ours(f"clearing away job {job_id}"):
            for container in self._ours(f"{JOB_LABEL}={job_id}"):
                if self._client.inspect_container(container)["State"]["Running"]:
                    _send(self._client, container, "SIGKILL")
                    self._client.wait(container)
                folder.mkdir(parents=True, exist_ok=True)
                lines = [line for line, _ in lines_of(_log_of(self._client, container))]
                (folder / OUTPUT).write_bytes(b"\n".join(lines))
                _remove(self._client, container)

    def sweep(self, kept: Collection[str] = ()) -> None:
        """Removes every container of this state, but for those of these jobs."""
        with refusals_are_ours("removing containers"):
            adopted = {each for job_id in kept for each in self._ours(f"{JOB_LABEL}={job_id}")}
            for container in self._ours():
                if container not in adopted:
                    _remove(self._client, container)

    def _ours(self, *labels: str) -> list[str]:
        wanted = {"label": [f"{STATE_LABEL}={self._state}", *labels]}
        return [str(each["Id"]) for each in self._client.containers(all=True, filters=wanted)]

    def _image(self, name: str) -> str:
        """Its id. Docker's short names mean Docker Hub to podman, which builds into localhost."""
        try:
            return self._image_id(name)
        except APIError as error:
            try:
                return self._image_id(f"localhost/{name}")
            except APIError:
                raise CannotStartError(
                    f"CannotPullContainerError: Error response from daemon: {explanation_of(error)}"
                    f" (the sandbox pulls nothing; the engine must have the image {name!r})"
                ) from error

    def _image_id(self, name: str) -> str:
        return str(self._client.inspect_image(name)["Id"])

    def _create(self, task: Task, image: str) -> str:
        options = host_options(task.container, task.vcpus)
        try:
            made = self._client.create_container(
                image,
                task.container["command"] or None,
                name=task.name,
                user=task.container.get("user"),
                environment=task.environment,
                labels={JOB_LABEL: task.job_id, STATE_LABEL: self._state},
                host_config=self._client.create_host_config(**options),
                use_config_proxy=False,  # the person's, and their password may be in it
            )
        except APIError as error:
            raise CannotStartError.because(explanation_of(error)) from error
        return str(made["Id"])


class ContainerRunning:
    """A container that was started."""

    def __init__(self, client: docker.APIClient, container: str) -> None:
        self._client = client
        self._container = container
        self._reader = LogReader(lambda: _log_of(client, container))
        self._begun = self._last_seen = time.monotonic()
        self._next_look = 0.0
        self._kill_ends: float | None = None
        self.reason: str | None = None

    @property
    def trace(self) -> Document:
        """The container's id."""
        return {"container": self._container}

    def poll(self) -> int | None:
        """Asks the engine, not at every call. SandboxError where it cannot say for long."""
        begun = time.monotonic()
        if begun < self._next_look:
            return None
        state = self._look()
        ended = time.monotonic()
        # A short job is not made to wait; a long one, which measures, is not disturbed.
        pause = min(REST_FACTOR * (ended - begun), _WAIT_SHARE * (ended - self._begun))
        self._next_look = ended + pause
        if state is None or state["Status"] not in _ENDED:
            return None
        exit_code = int(state["ExitCode"])
        if state["OOMKilled"] or (exit_code and was_out_of_memory(self._container)):
            self.reason = OUT_OF_MEMORY
        return exit_code

    def lines(self, *, last: bool = False) -> list[bytes]:
        """What was printed since the last call, as far as it was looked at."""
        try:
            with refusals_are_ours("reading a container's log"):
                return self._reader.new_lines(last=last)
        except SandboxError:
            if last:
                raise
            return []  # `poll` says when the engine was silent for too long

    def stop(self) -> None:
        """SIGTERM to the first process."""
        with refusals_are_ours("stopping a container"):
            _send(self._client, self._container, "SIGTERM")

    def kill(self) -> None:
        """SIGKILL to all. SandboxError when that was done long ago."""
        now = time.monotonic()
        if self._kill_ends is None:
            self._kill_ends = now + _PATIENCE_SECONDS
            with refusals_are_ours("killing a container"):
                _send(self._client, self._container, "SIGKILL")
        elif now > self._kill_ends:
            raise SandboxError(f"container {self._container} does not end on SIGKILL")

    def close(self) -> None:
        """Removes the container, killing it if it runs."""
        try:
            with refusals_are_ours("removing a container"):
                _remove(self._client, self._container)
        except SandboxError:  # the job is not worse for it, and `sweep` tries again
            _LOG.exception("container %s is left", self._container)

    def _look(self) -> dict[str, Any] | None:
        """Podman fails to look at a container in the moment that it ends; None then."""
        try:
            with refusals_are_ours("looking at a container"):
                state: dict[str, Any] = self._client.inspect_container(self._container)["State"]
        except SandboxError as error:
            late = time.monotonic() > self._last_seen + _PATIENCE_SECONDS
            if late or isinstance(error.__cause__, NotFound):
                raise
            return None
        self._last_seen = time.monotonic()
        return state


def _log_of(client: docker.APIClient, container: str) -> Iterator[bytes]:
    """The log as the engine sends it; the SDK would not tell the two streams apart."""
    url = f"{client.base_url}/v{client.api_version}/containers/{container}/logs"
    # The wait between two pieces, not for the whole.
    answer = client.get(url, params={"stdout": 1, "stderr": 1}, stream=True, timeout=client.timeout)
    with answer:
        answer.raise_for_status()
        yield from answer.iter_content(2**16)


def _send(client: docker.APIClient, container: str, signal_name: str) -> None:
    """A container that has ended meanwhile is what we wanted."""
    try:
        client.kill(container, signal_name)
    except APIError:
        return


def _remove(client: docker.APIClient, container: str) -> None:
    try:
        client.remove_container(container, force=True, v=True)
    except NotFound:
        return
