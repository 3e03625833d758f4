"""One sandbox for all these tests, and a short way to run jobs in it."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from geoschem_bench.sandbox import Behaviour, Sandbox, down, running, status, up

QUEUE = "geos-chem-graviton-queue"
DEADLINE_SECONDS = 30.0
QUICK = Behaviour(stop_seconds=1.0, minimum_timeout_seconds=1)

names = (f"test-{number}" for number in itertools.count())


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """The first true value of the condition."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {DEADLINE_SECONDS} s in vain: {what}"
        time.sleep(0.02)
    return value


def client(sandbox: Sandbox, service: str, **options: Any) -> Any:
    make: Any = boto3.client
    usual = {
        "endpoint_url": sandbox.endpoint_url,
        "region_name": sandbox.region,
        "aws_access_key_id": sandbox.access_key,
        "aws_secret_access_key": sandbox.secret_key,
    }
    return make(service, **{**usual, **options})


class Jobs:
    """Defines, submits and follows jobs."""

    image = "test"

    def __init__(self, batch: Any, logs: Any) -> None:
        self.batch = batch
        self.logs = logs

    def define(self, command: list[str], *, vcpus: int = 1, **options: Any) -> str:
        name = next(names)
        container = {
            "image": self.image,
            "command": command,
            "resourceRequirements": [
                {"type": "VCPU", "value": str(vcpus)},
                {"type": "MEMORY", "value": "64"},
            ],
            "environment": options.pop("environment", []),
        }
        self.batch.register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=container, **options
        )
        return name

    def submit(self, definition: str, *, queue: str = QUEUE, **options: Any) -> str:
        name = options.pop("name", definition)
        answer = self.batch.submit_job(
            jobName=name, jobQueue=queue, jobDefinition=definition, **options
        )
        return str(answer["jobId"])

    def shell(self, script: str, **options: Any) -> str:
        return self.submit(self.define(["sh", "-c", script]), **options)

    def python(self, script: str, **options: Any) -> str:
        return self.submit(self.define([sys.executable, "-c", script]), **options)

    def detail(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.batch.describe_jobs(jobs=[job_id])["jobs"][0]
        return found

    def wait(self, job_id: str, *statuses: str) -> dict[str, Any]:
        wanted = statuses or ("SUCCEEDED", "FAILED")

        def reached() -> dict[str, Any] | None:
            detail = self.detail(job_id)
            return detail if detail["status"] in wanted else None

        found: dict[str, Any] = wait_until(reached, f"job {job_id} to be {wanted}")
        return found

    def output(self, detail: dict[str, Any]) -> list[str]:
        answer = self.logs.get_log_events(
            logGroupName=detail["container"]
            .get("logConfiguration", {})
            .get("options", {})
            .get("awslogs-group", "/aws/batch/job"),
            logStreamName=detail["container"]["logStreamName"],
            startFromHead=True,
        )
        return [event["message"] for event in answer["events"]]

    def wait_for_output(self, job_id: str, lines: int) -> list[str]:
        """The first lines of a job that goes on running."""
        detail = self.wait(job_id, "RUNNING")
        found: list[str] = wait_until(
            lambda: (output := self.output(detail))[lines - 1 :] and output, "output"
        )
        return found


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    queues = ["geos-chem-c7g-2xlarge-queue", "geos-chem-m7a-metal-48xl-spot-queue"]
    with running(tmp_path_factory.mktemp("state"), queues=queues, behaviour=QUICK) as started:
        yield started


@pytest.fixture(scope="session")
def connect() -> Callable[..., Any]:
    return client


@pytest.fixture(scope="session")
def batch(sandbox: Sandbox) -> Iterator[Any]:
    with closing(client(sandbox, "batch")) as made:
        yield made


@pytest.fixture(scope="session")
def logs(sandbox: Sandbox) -> Iterator[Any]:
    with closing(client(sandbox, "logs")) as made:
        yield made


@pytest.fixture(scope="session")
def jobs(batch: Any, logs: Any) -> Jobs:
    return Jobs(batch, logs)


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], Any], str], Any]:
    return wait_until


@pytest.fixture
def refused(batch: Any) -> Any:
    """The exception that botocore makes of a refusal."""
    return batch.exceptions.ClientException


@pytest.fixture(scope="session")
def network(sandbox: Sandbox) -> dict[str, list[str]]:
    """Subnets and security group of the deployed stack, as Batch wants them."""
    with closing(client(sandbox, "cloudformation")) as cloudformation:
        return network_of(cloudformation)


def network_of(cloudformation: Any) -> dict[str, list[str]]:
    [stack] = cloudformation.describe_stacks(StackName="BenchmarkingStack")["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    groups = [outputs["SecurityGroupId"]]
    return {"subnets": outputs["SubnetIds"].split(","), "securityGroupIds": groups}


@pytest.fixture
def blocked(batch: Any, network: dict[str, list[str]]) -> Iterator[str]:
    """A queue whose environment is disabled: its jobs stay RUNNABLE."""
    batch.create_compute_environment(
        computeEnvironmentName="blocked",
        type="MANAGED",
        state="DISABLED",
        computeResources={"type": "EC2", "maxvCpus": 8, **network},
    )
    order = [{"order": 1, "computeEnvironment": "blocked"}]
    batch.create_job_queue(jobQueueName="blocked-q", priority=5, computeEnvironmentOrder=order)
    yield "blocked-q"
    batch.update_job_queue(jobQueue="blocked-q", state="DISABLED")
    batch.delete_job_queue(jobQueue="blocked-q")
    batch.delete_compute_environment(computeEnvironment="blocked")


class Killable:
    """A sandbox of its own, and clients that are made anew after each start."""

    batch: Any
    s3: Any
    dynamodb: Any
    logs: Any
    cloudformation: Any
    ec2: Any
    ecr: Any
    sns: Any

    def __init__(self, state_dir: Path, behaviour: Behaviour | None = None) -> None:
        self.state_dir = state_dir
        self.behaviour = behaviour or Behaviour(stop_seconds=1.0)
        self.clients = ExitStack()
        self.start()

    def start(self) -> None:
        self.sandbox = up(self.state_dir, behaviour=self.behaviour)
        self.clients.close()
        for name in ("batch", "s3", "dynamodb", "logs", "cloudformation", "ec2", "ecr", "sns"):
            setattr(self, name, self.clients.enter_context(closing(client(self.sandbox, name))))

    def kill(self) -> None:
        server = psutil.Process(self.sandbox.pid)
        server.kill()
        # It stops answering a moment before it is gone; as our child it then stays a zombie.
        wait_until(lambda: server.status() == psutil.STATUS_ZOMBIE, "the server to be gone")
        assert status(self.state_dir) is None

    def close(self) -> None:
        self.clients.close()
        down(self.state_dir)


@pytest.fixture(scope="module")
def killable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killable]:
    """One for all tests, which so have to get along with what the others stored."""
    made = Killable(tmp_path_factory.mktemp("killable"))
    yield made
    made.close()
