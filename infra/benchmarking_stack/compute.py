"""Compute environments of one instance type each, and a queue before each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws, CfnMapping, CfnTag, Fn, Stack, Token
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2

from infra.benchmarking_stack import names, tags
from infra.benchmarking_stack.conditions import if_given, number
from infra.benchmarking_stack.job_roles import JobRoles
from infra.benchmarking_stack.loops import Loop
from infra.benchmarking_stack.network import Network

_STUCK = {
    "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE": "it asks for more than maxvCpus",
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT": "no instance type is large enough for it",
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY": "AWS had no instance of this type",
}
"""AWS's reasons for RUNNABLE that waiting does not cure."""
_MINUTES_FOR_JOBS_AT_UPDATE = 30
_VARIABLE = "Architecture"
LOOP = Loop(
    "Default",
    _VARIABLE,
    ["Graviton", "X86"],
    {
        f"Default{part}": f"${{{_VARIABLE}}}{part}"
        for part in ("Environment", "Queue", "SpotEnvironment", "SpotQueue")
    },
)
"""Named as an architecture is in parameters and outputs."""


@dataclass(frozen=True)
class Hosts:
    """What every environment is made of."""

    network: Network
    roles: JobRoles
    template: ec2.CfnLaunchTemplate


@dataclass(frozen=True)
class Kind:
    """What distinguishes one environment from the others."""

    logical_id: str
    """Of the environment and of its queue, without these two words."""
    name: object
    """The word of its name: an architecture or a type; a token."""
    instance_type: str
    is_spot: bool = False

    def named(self, *more: str) -> str:
        """Name of the environment, or with `queue` of its queue."""
        return names.dashed(self.name, *(("spot",) if self.is_spot else ()), *more)


def build(stack: Stack, hosts: Hosts) -> None:
    """The default environments with their queues, as prototypes of the two architectures."""
    words = {"Graviton": {"Word": _word(names.GRAVITON)}, "X86": {"Word": _word(names.X86)}}
    CfnMapping(stack, "Names", mapping=words)
    wish = Token.as_number(if_given("DesiredvCpus", Aws.NO_VALUE))
    word = {"Fn::FindInMap": ["Names", {"Ref": _VARIABLE}, "Word"]}
    instance_type = Token.as_string({"Ref": {"Fn::Sub": f"${{{_VARIABLE}}}InstanceType"}})
    for logical_id, is_spot in (("Default", False), ("DefaultSpot", True)):
        kind = Kind(logical_id, word, instance_type, is_spot)
        queue(stack, kind, environment(stack, kind, hosts, desiredv_cpus=wish))


def _word(name: str) -> str:
    return name.removeprefix(names.PREFIX)


def environment(
    stack: Stack,
    kind: Kind,
    hosts: Hosts,
    **more: Any,  # noqa: ANN401 - further compute resources
) -> batch.CfnComputeEnvironment:
    """One managed environment. A change of it is made in place: its name is fixed."""
    strategy = "SpotAllocationStrategy" if kind.is_spot else "AllocationStrategy"
    resources: dict[str, Any] = {
        "type": "SPOT" if kind.is_spot else "EC2",
        "allocation_strategy": Fn.ref(strategy),
        "instance_types": [kind.instance_type],
        "minv_cpus": number("MinvCpus"),
        "maxv_cpus": number("MaxvCpus"),
        "subnets": list(hosts.network.subnets),
        "security_group_ids": [hosts.network.security_group],
        "instance_role": hosts.roles.instance_profile,
        "launch_template": batch.CfnComputeEnvironment.LaunchTemplateSpecificationProperty(
            launch_template_id=hosts.template.ref,
            version=hosts.template.attr_latest_version_number,
        ),
        "ec2_configuration": [
            batch.CfnComputeEnvironment.Ec2ConfigurationObjectProperty(image_type="ECS_AL2023")
        ],
    }
    return batch.CfnComputeEnvironment(
        stack,
        f"{kind.logical_id}Environment",
        compute_environment_name=kind.named(),
        type="MANAGED",
        state="ENABLED",
        replace_compute_environment=False,
        update_policy=batch.CfnComputeEnvironment.UpdatePolicyProperty(
            terminate_jobs_on_update=False,
            job_execution_timeout_minutes=_MINUTES_FOR_JOBS_AT_UPDATE,
        ),
        compute_resources=batch.CfnComputeEnvironment.ComputeResourcesProperty(
            **(resources | more)
        ),
    )


def queue(stack: Stack, kind: Kind, behind: batch.CfnComputeEnvironment) -> batch.CfnJobQueue:
    """The queue of one environment; what cannot be placed does not wait in it for ever."""
    order = batch.CfnJobQueue.ComputeEnvironmentOrderProperty(
        order=1, compute_environment=behind.attr_compute_environment_arn
    )
    limits = [
        batch.CfnJobQueue.JobStateTimeLimitActionProperty(
            action="CANCEL",
            state="RUNNABLE",
            reason=reason,
            max_time_seconds=number("RunnableSeconds"),
        )
        for reason in _STUCK
    ]
    return batch.CfnJobQueue(
        stack,
        f"{kind.logical_id}Queue",
        job_queue_name=kind.named("queue"),
        priority=1,
        state="ENABLED",
        compute_environment_order=[order],
        job_state_time_limit_actions=limits,
    )


def launch_template(
    stack: Stack,
    logical_id: str,
    network: Network,
    **more: Any,  # noqa: ANN401 - network interfaces, user data
) -> ec2.CfnLaunchTemplate:
    """Storage and metadata service of the instances.

    Every environment refers to one, so here all of them wait until instances can get out.
    """
    template = ec2.CfnLaunchTemplate
    made = template(
        stack,
        logical_id,
        launch_template_data=template.LaunchTemplateDataProperty(
            block_device_mappings=[_disk()],
            # Hop limit 2: the runner asks from within a container
            metadata_options=template.MetadataOptionsProperty(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=2
            ),
            tag_specifications=[
                template.TagSpecificationProperty(resource_type=made, tags=_tags())
                for made in ("instance", "volume")
            ],
            **more,
        ),
        tag_specifications=[
            template.LaunchTemplateTagSpecificationProperty(
                resource_type="launch-template", tags=_tags()
            )
        ],
    )
    for part in network.way_out:
        made.add_resource_dependency(part)
    return made


def _disk() -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    template = ec2.CfnLaunchTemplate
    disk = template.EbsProperty(
        volume_type="gp3",
        volume_size=number("VolumeGiB"),
        encrypted=True,
        delete_on_termination=True,
    )
    return template.BlockDeviceMappingProperty(device_name="/dev/xvda", ebs=disk)


def _tags() -> list[CfnTag]:
    return [CfnTag(key=key, value=value) for key, value in tags.all_tags().items()]
