"""The two job definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_batch as batch

from infra.benchmarking_stack import names
from infra.benchmarking_stack.conditions import if_given
from infra.benchmarking_stack.efa import EFA_DEVICE
from infra.benchmarking_stack.job_roles import JobRoles
from infra.benchmarking_stack.names import JOB_DEFINITION, MULTINODE_JOB_DEFINITION

_COMMAND = (
    "geoschem-bench-runner",
    "--benchmark",
    "Ref::configJson",
    "--output-path",
    "Ref::outputPath",
)
_RESOURCES = {"VCPU": "15", "MEMORY": "30720"}
"""A 4xlarge has 16 vCPUs and 32 GiB; a part is left to the agent of ECS. Each submission says
its own."""
_ATTEMPTS = 1
"""Retries are Airflow's: made in two places they would multiply."""
_TIME_LIMIT_SECONDS = 24 * 3600
"""For jobs submitted by hand; each submission of a suite says its own."""
_SHARED_MEMORY_MIB = 8192
"""GCHP passes messages between its ranks through /dev/shm; Docker would give 64 MiB."""
_UNLIMITED = -1
_NODES = 2


@dataclass(frozen=True)
class _Shape:
    """What differs between one node and several."""

    ulimits: tuple[str, ...]
    devices: tuple[str, ...] = ()


_ONE_NODE = _Shape(ulimits=("stack",))
"""GEOS-Chem keeps large arrays on the stack."""
_SEVERAL_NODES = _Shape(ulimits=("stack", "memlock"), devices=(EFA_DEVICE,))
"""EFA is a device, and the memory it registers counts as locked."""


def build(stack: Stack, roles: JobRoles) -> tuple[str, str]:
    """One definition for one node, one for several; their names."""
    definition = batch.CfnJobDefinition
    batch.CfnJobDefinition(
        stack,
        "JobDefinition",
        type="container",
        job_definition_name=JOB_DEFINITION,
        container_properties=definition.ContainerPropertiesProperty(**_container(roles, _ONE_NODE)),
        **_common(),
    )
    nodes = definition.NodeRangePropertyProperty(
        target_nodes="0:",
        container=definition.ContainerPropertiesProperty(**_container(roles, _SEVERAL_NODES)),
    )
    batch.CfnJobDefinition(
        stack,
        "MultinodeJobDefinition",
        type="multinode",
        job_definition_name=MULTINODE_JOB_DEFINITION,
        node_properties=definition.NodePropertiesProperty(
            main_node=0, num_nodes=_NODES, node_range_properties=[nodes]
        ),
        **_common(),
    )
    return JOB_DEFINITION, MULTINODE_JOB_DEFINITION


def _common() -> dict[str, Any]:
    definition = batch.CfnJobDefinition
    return {
        "platform_capabilities": ["EC2"],
        "propagate_tags": True,
        "retry_strategy": definition.RetryStrategyProperty(attempts=_ATTEMPTS),
        "timeout": definition.TimeoutProperty(attempt_duration_seconds=_TIME_LIMIT_SECONDS),
    }


def _container(roles: JobRoles, shape: _Shape) -> dict[str, Any]:
    definition = batch.CfnJobDefinition
    return {
        "image": image(),
        "command": list(_COMMAND),
        "environment": _environment(),
        "job_role_arn": roles.job,
        "execution_role_arn": roles.execution,
        "resource_requirements": [
            definition.ResourceRequirementProperty(type=kind, value=value)
            for kind, value in _RESOURCES.items()
        ],
        "ulimits": [
            definition.UlimitProperty(name=name, soft_limit=_UNLIMITED, hard_limit=_UNLIMITED)
            for name in shape.ulimits
        ],
        "linux_parameters": _linux(shape.devices),
        "log_configuration": definition.LogConfigurationProperty(
            log_driver="awslogs",
            options={"awslogs-group": names.JOB_LOG_GROUP, "awslogs-region": Aws.REGION},
        ),
    }


def _linux(devices: tuple[str, ...]) -> batch.CfnJobDefinition.LinuxParametersProperty:
    definition = batch.CfnJobDefinition
    shown = [
        definition.DeviceProperty(
            host_path=path, container_path=path, permissions=["READ", "WRITE", "MKNOD"]
        )
        for path in devices
    ]
    return definition.LinuxParametersProperty(
        init_process_enabled=True,
        shared_memory_size=_SHARED_MEMORY_MIB,
        devices=shown or None,
    )


def _environment() -> list[Any]:
    variable = batch.CfnJobDefinition.EnvironmentProperty
    stand_in = {"Name": "GEOSCHEM_BENCH_STAND_IN", "Value": Fn.ref("StandIn")}
    return [
        variable(name="GEOSCHEM_BENCH_PLATFORM", value=Fn.ref("Platform")),
        variable(name="GEOSCHEM_BENCH_IMAGE", value=image()),
        variable(name="AWS_DEFAULT_REGION", value=Aws.REGION),
        # Where there is none: no variable, not an empty one
        Fn.condition_if("HasStandIn", stand_in, Aws.NO_VALUE),
    ]


def image() -> str:
    """The image of the jobs: as given, else the latest of this account."""
    ours = Fn.sub("${Repository.RepositoryUri}:latest")
    return str(if_given("ImageUri", ours).to_string())
