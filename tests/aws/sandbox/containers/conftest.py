"""Sandboxes whose jobs are processes, and containers, side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest

from geoschem_bench.sandbox import Behaviour, Sandbox, running
from geoschem_bench.sandbox.batch.launchers.container import STATE_LABEL
from geoschem_bench.sandbox.engine import connect
from geoschem_bench.sandbox.files import read_json
from geoschem_bench.sandbox.settings import LauncherName
from tests.aws.sandbox.conftest import Jobs, client, wait_until
from tests.aws.sandbox.containers.engines import an_engine, an_image


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    if os.environ.get("GEOSCHEM_BENCH_NO_CONTAINERS") == "1":
        pytest.skip("GEOSCHEM_BENCH_NO_CONTAINERS=1 says that there is no container engine here")
    with an_engine() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", url)
        yield url


@pytest.fixture(scope="session")
def docker_client(engine: str) -> Iterator[docker.APIClient]:
    with closing(connect(engine)) as made:
        yield made


@pytest.fixture(scope="session")
def image(docker_client: docker.APIClient) -> Iterator[str]:
    with an_image(docker_client) as name:
        yield name


class TheirJobs(Jobs):
    """Jobs of one sandbox, of an image that is there."""

    def __init__(self, sandbox: Sandbox, batch: Any, logs: Any, image: str) -> None:
        super().__init__(batch, logs)
        self.sandbox = sandbox
        self.image = image

    def timeline(self, detail: dict[str, Any]) -> list[str]:
        path = self.sandbox.state_dir / "sandbox/batch/jobs" / f"{detail['jobId']}.json"
        return [state for state, _ in read_json(path)["document"]["timeline"]]


class Engine:
    """What the engine has of one sandbox."""

    def __init__(self, client: docker.APIClient, state_dir: Path) -> None:
        self.client = client
        self._filters = {"label": f"{STATE_LABEL}={state_dir.resolve() / 'sandbox'}"}

    def containers(self) -> list[str]:
        return [each["Id"] for each in self.client.containers(all=True, filters=self._filters)]

    def only(self) -> str:
        [found] = wait_until(self.containers, "a container")
        return str(found)

    def inside(self, script: str) -> str:
        """Runs a command beside the job's."""
        made = self.client.exec_create(self.only(), ["sh", "-c", script])["Id"]
        return bytes(self.client.exec_start(made)).decode()


def quick(launcher: LauncherName) -> Behaviour:
    return Behaviour(stop_seconds=1.0, minimum_timeout_seconds=1, launcher=launcher)


@contextmanager
def jobs_of(state: Path, launcher: LauncherName, image: str) -> Iterator[TheirJobs]:
    """A way to run jobs in a sandbox of its own."""
    with running(state, behaviour=quick(launcher)) as sandbox, ExitStack() as stack:
        batch, logs = (
            stack.enter_context(closing(client(sandbox, each))) for each in ("batch", "logs")
        )
        yield TheirJobs(sandbox, batch, logs, image)


@pytest.fixture(scope="session", params=["process", "container"])
def here(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TheirJobs]:
    """Jobs that are processes, then jobs that are containers: all must be alike."""
    image = request.getfixturevalue("image") if request.param == "container" else "test"
    with jobs_of(tmp_path_factory.mktemp(request.param), request.param, image) as made:
        yield made


@pytest.fixture(scope="session")
def boxed(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TheirJobs]:
    """Jobs that are containers."""
    with jobs_of(tmp_path_factory.mktemp("boxed"), "container", image) as made:
        yield made


@pytest.fixture
def there(boxed: TheirJobs, docker_client: docker.APIClient) -> Engine:
    """What the engine has of `boxed`."""
    return Engine(docker_client, boxed.sandbox.state_dir)
