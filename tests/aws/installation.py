"""Parts of an installation in the sandbox, made in whatever state a test needs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.gates import Want
from geoschem_bench.sandbox import Sandbox
from geoschem_bench.sandbox.settings import Folders

_COUNT = itertools.count()
_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


class Installation:
    """Makes environments, queues, definitions and images of its own."""

    def __init__(self, sandbox: Sandbox, client: Callable[[str], Any]) -> None:
        self.sandbox = sandbox
        self.client = client
        found = client("cloudformation").describe_stacks(StackName="BenchmarkingStack")["Stacks"]
        self._outputs = {each["OutputKey"]: each["OutputValue"] for each in found[0]["Outputs"]}

    @property
    def account(self) -> Account:
        """As the program sees it, but as AWS: nothing is let pass because this is the sandbox."""
        names = ("batch", "ec2", "ecr", "s3", "service-quotas", "sts")
        clients = {f"{name} {self.sandbox.region}": self.client(name) for name in names}
        return Account(self.sandbox.region, _clients=clients)

    def queue(self, **resources: Any) -> str:
        """A queue with an environment of its own."""
        name = f"made-{next(_COUNT)}"
        usual = {
            "type": "EC2",
            "minvCpus": 0,
            "maxvCpus": 64,
            "instanceTypes": ["c7g.4xlarge"],
            "subnets": self._outputs["SubnetIds"].split(","),
            "securityGroupIds": [self._outputs["SecurityGroupId"]],
            "instanceRole": "any",
        }
        batch = self.client("batch")
        batch.create_compute_environment(
            computeEnvironmentName=name, type="MANAGED", computeResources=usual | resources
        )
        order = [{"order": 1, "computeEnvironment": name}]
        batch.create_job_queue(jobQueueName=name, priority=1, computeEnvironmentOrder=order)
        return name

    def disable(self, name: str) -> None:
        """Its environment starts nothing any more."""
        self.client("batch").update_compute_environment(computeEnvironment=name, state="DISABLED")

    def foreign_group(self) -> str:
        """A security group of another VPC."""
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
        name = f"made-{next(_COUNT)}"
        return str(ec2.create_security_group(GroupName=name, Description="x", VpcId=vpc)["GroupId"])

    def definition(self, *, platform: str = "aws", **container: Any) -> str:
        """A job definition like ours."""
        name = f"made-{next(_COUNT)}"
        usual = {
            "image": "geos-chem:latest",
            "command": ["sleep", "60"],
            "environment": [{"name": "GEOSCHEM_BENCH_PLATFORM", "value": platform}],
            "resourceRequirements": [{"type": "VCPU", "value": "1"},
                                     {"type": "MEMORY", "value": "64"}],
        }  # fmt: skip
        self.client("batch").register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=usual | container
        )
        return name

    def image(self, *architectures: str) -> str:
        """An image in ECR; its address. For no architecture there is only the repository."""
        ecr = self.client("ecr")
        name = f"made-{next(_COUNT)}"
        uri = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
        entries = [
            {"digest": f"sha256:{number:064x}", "size": 1,
             "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
             "platform": {"architecture": each, "os": "linux"}}
            for number, each in enumerate(architectures)
        ]  # fmt: skip
        manifest = {"schemaVersion": 2, "mediaType": _MANIFEST_LIST, "manifests": entries}
        if architectures:
            text = json.dumps(manifest)
            ecr.put_image(repositoryName=name, imageTag="latest", imageManifest=text,
                          imageManifestMediaType=_MANIFEST_LIST)  # fmt: skip
        return f"{uri}:latest"

    @contextmanager
    def quotas(self, **values: float) -> Iterator[None]:
        """Service quotas by code, with `_` in place of the dash."""
        file = Folders.of(self.sandbox.state_dir).quotas_file
        file.write_text(json.dumps({k.replace("_", "-"): v for k, v in values.items()}))
        try:
            yield
        finally:
            file.unlink()

    @contextmanager
    def instances(self, instance_type: str, count: int) -> Iterator[None]:
        """Instances of somebody else in the same account."""
        ec2 = self.client("ec2")
        made = ec2.run_instances(
            ImageId="ami-12345678", InstanceType=instance_type, MinCount=count, MaxCount=count
        )["Instances"]
        try:
            yield
        finally:
            ec2.terminate_instances(InstanceIds=[each["InstanceId"] for each in made])


def want(benchmark_id: str = "ONE", **changes: Any) -> Want:
    """What one benchmark on a c7g.4xlarge needs."""
    usual = {
        "id": benchmark_id, "queue": "any", "definition": "any", "architecture": "arm64",
        "instance_type": "c7g.4xlarge", "vcpus": 15, "nodes": 1, "is_spot": False, "input": None,
    }  # fmt: skip
    return Want(**{**usual, **changes})
