"""What AWS Batch says of environments, queues and job definitions, as our records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from geoschem_bench.catalog import Catalog

DEFAULT_LOG_GROUP = "/aws/batch/job"
_AT_ONCE = 100
_ANY_TYPE = {"optimal": "x86_64", "default_x86_64": "x86_64", "default_arm64": "arm64"}
"""Batch's own words for several types."""
_OTHER_PROPERTIES = ("ecsProperties", "eksProperties")


@dataclass(frozen=True)
class Environment:
    """One compute environment."""

    name: str
    state: str
    status: str
    reason: str
    types: tuple[str, ...]
    """Types, families (`c7g`) or Batch's own words (`optimal`)."""
    is_spot: bool
    least_vcpus: int
    most_vcpus: int
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    launch_template: Mapping[str, str]
    """As Batch names it; empty where there is none."""
    is_managed: bool = True
    kind: str = "EC2"
    """computeResources.type; empty where there are none."""
    orchestration: str = "ECS"

    @property
    def obstacle(self) -> str:
        """Why none of our jobs can run there; empty where they can."""
        if self.orchestration != "ECS":
            return f"{self.orchestration} runs its containers; our jobs need Batch on ECS"
        if self.kind.startswith("FARGATE"):
            return f"it is {self.kind}: there is no instance whose type could be measured"
        return ""

    @property
    def doubt(self) -> str:
        """Why nobody can tell whether our jobs can run there; empty where there is no doubt."""
        if not self.is_managed:
            return "it is UNMANAGED: AWS Batch does not know which instances it has"
        if self.kind not in ("EC2", "SPOT"):
            return f"it is of the kind {self.kind or '(none)'}, where our jobs were never tried"
        return ""

    @property
    def is_usable(self) -> bool:
        """Whether it can start instances."""
        return self.state == "ENABLED" and self.status == "VALID"

    def architectures(self, catalog: Catalog) -> set[str]:
        """Of its types; `unknown` for one that the catalogue does not know."""
        return {architecture_of(name, catalog) or "unknown" for name in self.types}


@dataclass(frozen=True)
class Queue:
    """One job queue."""

    name: str
    state: str
    status: str
    reason: str
    environments: tuple[str, ...]
    has_time_limits: bool
    """jobStateTimeLimitActions: jobs that cannot run do not wait for ever."""

    @property
    def is_usable(self) -> bool:
        """Whether it takes jobs."""
        return self.state == "ENABLED" and self.status == "VALID"


@dataclass(frozen=True)
class Definition:
    """The newest active revision of a job definition; its main node's container."""

    name: str
    revision: int
    is_multinode: bool
    image: str
    command: tuple[str, ...]
    vcpus: float
    variables: Mapping[str, str] = field(repr=False)  # a value may be a secret
    ulimits: frozenset[str]
    timeout_seconds: int | None
    log_group: str
    creates_log_group: bool
    job_role: str
    unsupported: str = ""
    """The properties that it has in place of a container that we can read; usually empty."""

    @property
    def is_of_the_sandbox(self) -> bool:
        """Whether its jobs run in the sandbox."""
        return self.variables.get("GEOSCHEM_BENCH_PLATFORM") == "sandbox"


def architecture_of(name: str, catalog: Catalog) -> str | None:
    """Of a type, a family or one of Batch's own words; None for one that is not known."""
    if name in _ANY_TYPE:
        return _ANY_TYPE[name]
    exact = catalog.get(name)
    if exact is not None:
        return exact.architecture
    return next((item.architecture for item in catalog if item.family == name), None)


def environments_named(batch: Any, names: Iterable[str]) -> dict[str, Environment]:  # noqa: ANN401 - boto3's own
    """Those of them that exist."""
    found = [
        data
        for some in _portions(names)
        for data in batch.describe_compute_environments(computeEnvironments=some)[
            "computeEnvironments"
        ]
    ]
    return {data["computeEnvironmentName"]: _environment(data) for data in found}


def queues_named(batch: Any, names: Iterable[str]) -> dict[str, Queue]:  # noqa: ANN401 - boto3's own
    """Those of them that exist."""
    found = [
        data
        for some in _portions(names)
        for data in batch.describe_job_queues(jobQueues=some)["jobQueues"]
    ]
    return {data["jobQueueName"]: _queue(data) for data in found}


def queue_names(batch: Any) -> list[str]:  # noqa: ANN401 - boto3's own
    """Every queue of the region."""
    pages = batch.get_paginator("describe_job_queues").paginate()
    return sorted(data["jobQueueName"] for page in pages for data in page["jobQueues"])


def definition_names(batch: Any) -> list[str]:  # noqa: ANN401 - boto3's own
    """Every active job definition of the region."""
    pages = batch.get_paginator("describe_job_definitions").paginate(status="ACTIVE")
    return sorted({data["jobDefinitionName"] for page in pages for data in page["jobDefinitions"]})


def active_definition(batch: Any, name: str) -> Definition | None:  # noqa: ANN401 - boto3's own
    """The newest active revision; None where there is none."""
    pages = batch.get_paginator("describe_job_definitions").paginate(
        jobDefinitionName=name, status="ACTIVE"
    )
    found = [data for page in pages for data in page["jobDefinitions"]]
    newest = max(found, key=lambda data: int(data["revision"]), default=None)
    return _definition(newest) if newest else None


def _portions(names: Iterable[str]) -> Iterator[list[str]]:
    """Never empty: asked for none, Batch tells of all."""
    ordered: Collection[str] = list(dict.fromkeys(names))
    for start in range(0, len(ordered), _AT_ONCE):
        yield list(ordered)[start : start + _AT_ONCE]


def _environment(data: Mapping[str, Any]) -> Environment:
    resources = data.get("computeResources") or {}
    return Environment(
        name=data["computeEnvironmentName"],
        state=data["state"],
        status=data["status"],
        reason=data.get("statusReason") or "no reason given",
        types=tuple(resources.get("instanceTypes", ())),
        is_spot=resources.get("type") == "SPOT",
        least_vcpus=int(resources.get("minvCpus", 0)),
        most_vcpus=int(resources.get("maxvCpus", 0)),
        subnets=tuple(resources.get("subnets", ())),
        security_groups=tuple(resources.get("securityGroupIds", ())),
        launch_template=resources.get("launchTemplate") or {},
        is_managed=data.get("type", "MANAGED") == "MANAGED",
        kind=resources.get("type", ""),
        orchestration=data.get("containerOrchestrationType") or "ECS",
    )


def _queue(data: Mapping[str, Any]) -> Queue:
    order = sorted(data.get("computeEnvironmentOrder", []), key=lambda item: int(item["order"]))
    return Queue(
        name=data["jobQueueName"],
        state=data["state"],
        status=data["status"],
        reason=data.get("statusReason") or "no reason given",
        environments=tuple(item["computeEnvironment"].rsplit("/", 1)[-1] for item in order),
        has_time_limits=bool(data.get("jobStateTimeLimitActions")),
    )


def _definition(data: Mapping[str, Any]) -> Definition:
    holder = _holder(data)
    container = holder.get("container") or holder.get("containerProperties") or {}
    logs = container.get("logConfiguration", {})
    options = logs.get("options", {})
    asked = {item["type"]: item["value"] for item in container.get("resourceRequirements", [])}
    return Definition(
        name=data["jobDefinitionName"],
        revision=int(data["revision"]),
        is_multinode=data["type"] == "multinode",
        image=container.get("image", ""),
        command=tuple(container.get("command", ())),
        vcpus=float(asked.get("VCPU") or container.get("vcpus") or 0),
        variables={v["name"]: v.get("value", "") for v in container.get("environment", [])},
        ulimits=frozenset(limit["name"] for limit in container.get("ulimits", [])),
        timeout_seconds=data.get("timeout", {}).get("attemptDurationSeconds"),
        log_group=options.get("awslogs-group") or DEFAULT_LOG_GROUP,
        creates_log_group=options.get("awslogs-create-group") == "true",
        job_role=container.get("jobRoleArn", ""),
        unsupported=" and ".join(name for name in _OTHER_PROPERTIES if holder.get(name)),
    )


def _holder(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """What names the container that runs the benchmark: of several nodes, the main node's range."""
    if data["type"] != "multinode":
        return data
    ranges = data["nodeProperties"]["nodeRangeProperties"]
    main = int(data["nodeProperties"].get("mainNode", 0))
    return next((r for r in ranges if _holds(r["targetNodes"], main)), {})


def _holds(target: str, node: int) -> bool:
    """Whether Batch's `0:3`, `0:` or `2` holds this node."""
    first, colon, last = target.partition(":")
    if not colon:
        return int(target) == node
    return int(first or 0) <= node and (not last or node <= int(last))
