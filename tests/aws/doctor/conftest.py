"""A sandbox with the whole stack, to be broken in one place at a time."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager

import pytest

from geoschem_bench.sandbox import running
from tests.aws.clients import clients_of
from tests.aws.terminal import Terminal, take_environment


@pytest.fixture(scope="package")
def box(tmp_path_factory):
    """The running sandbox."""
    with running(tmp_path_factory.mktemp("doctor")) as sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def aws(box):
    """Its clients, by service."""
    with clients_of(box) as client:
        yield client


@pytest.fixture
def terminal(box, tmp_path, capsys, monkeypatch):
    """Commands of a person who took the sandbox's environment."""
    take_environment(box, monkeypatch, bucket=True)
    monkeypatch.setenv("GEOSCHEM_BENCH_STATE", str(tmp_path / "state"))
    return Terminal(capsys, monkeypatch)


class Findings:
    """What the doctor answered, by check."""

    def __init__(self, code, items):
        self.code = code
        self.items = items

    def __getitem__(self, check):
        return next(item for item in self.items if item["check"] == check)

    def of(self, *states):
        return [item["check"] for item in self.items if item["state"] in states]


@pytest.fixture
def doctor(terminal):
    """The doctor's findings; what failed has a command and a cure, always."""

    def ask(arguments="", **environment):
        answer = terminal(f"stack doctor --json {arguments}", **environment)
        assert answer.out, answer.err
        findings = Findings(answer.code, answer.json)
        for item in findings.items:
            bad = item["state"] in ("failed", "unknown")
            assert bad == bool(item["cure"]), item
            assert not re.search(r"\w--\w", item["cure"] + item["command"]), item
            assert item["command"] or not bad, item
            assert item["detail"], item
        assert findings.code == (1 if findings.of("failed", "unknown") else 0)
        return findings

    return ask


@pytest.fixture
def stack(aws):
    """Outputs of the deployed stack."""
    found = aws("cloudformation").describe_stacks(StackName="BenchmarkingStack")["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


@pytest.fixture
def environment(aws, stack):
    """Makes a compute environment `<name>` and its queue `<name>-queue`, for a block."""
    batch = aws("batch")

    @contextmanager
    def made(name, **resources):
        usual = {
            "type": "EC2",
            "minvCpus": 0,
            "maxvCpus": 64,
            "instanceTypes": ["c7g.4xlarge"],
            "subnets": stack["SubnetIds"].split(","),
            "securityGroupIds": [stack["SecurityGroupId"]],
            "instanceRole": "any",
        }
        batch.create_compute_environment(
            computeEnvironmentName=name, type="MANAGED", computeResources=usual | resources
        )
        order = [{"order": 1, "computeEnvironment": name}]
        queue = f"{name}-queue"
        batch.create_job_queue(jobQueueName=queue, priority=1, computeEnvironmentOrder=order)
        try:
            yield queue
        finally:
            batch.update_job_queue(jobQueue=queue, state="DISABLED")
            batch.delete_job_queue(jobQueue=queue)
            batch.update_compute_environment(computeEnvironment=name, state="DISABLED")
            batch.delete_compute_environment(computeEnvironment=name)

    return made


@pytest.fixture
def definition(aws):
    """Registers a job definition like ours, with differences; gives its name."""

    def made(name, *, platform="sandbox", **container):
        usual = {
            "image": "geos-chem:latest",
            "command": ["geoschem-bench-runner", "--benchmark", "Ref::configJson", "--output-path",
                        "Ref::outputPath"],
            "environment": [{"name": "GEOSCHEM_BENCH_PLATFORM", "value": platform}],
            "resourceRequirements": [{"type": "VCPU", "value": "15"},
                                     {"type": "MEMORY", "value": "30720"}],
        }  # fmt: skip
        aws("batch").register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=usual | container
        )
        return name

    return made


@pytest.fixture
def pushed(aws):
    """Puts a manifest list for these architectures into a repository; gives the image's address."""
    ecr = aws("ecr")

    def push(repository, architectures):
        uri = ecr.create_repository(repositoryName=repository)["repository"]["repositoryUri"]
        kind = "application/vnd.docker.distribution.manifest.list.v2+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind,
            "manifests": [
                {
                    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                    "size": 1,
                    "digest": f"sha256:{number:064x}",
                    "platform": {"architecture": architecture, "os": "linux"},
                }
                for number, architecture in enumerate(architectures)
            ],
        }
        ecr.put_image(
            repositoryName=repository,
            imageTag="latest",
            imageManifest=json.dumps(manifest),
            imageManifestMediaType=kind,
        )
        return f"{uri}:latest"

    return push
