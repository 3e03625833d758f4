"""Whether a job can be placed on what its environments may start."""

from __future__ import annotations

from collections.abc import Iterable

from geoschem_bench.aws.batch_resources import Environment
from geoschem_bench.aws.runnable.queue_facts import WaitingJob
from geoschem_bench.catalog import Catalog, InstanceType
from geoschem_bench.planning.placement import MEMORY_SHARE, MEMORY_STEP_MIB


def types_of(environments: Iterable[Environment], catalog: Catalog) -> list[InstanceType] | None:
    """Every type that may be started; None where Batch chooses among types we cannot list."""
    names = {name for each in environments for name in each.types}
    found = [item for item in catalog if item.name in names or item.family in names]
    known = {item.name for item in found} | {item.family for item in found}
    return found if names and names <= known else None


def misfit(job: WaitingJob, environments: Iterable[Environment], catalog: Catalog) -> str | None:
    """Why no instance can ever take the job; None where one can, or nobody can tell."""
    environments = list(environments)
    return beyond_maximum(job, environments) or beyond_types(job, environments, catalog)


def beyond_maximum(job: WaitingJob, environments: Iterable[Environment]) -> str | None:
    """More vCPUs than any environment may start."""
    limits = {each.most_vcpus: each.name for each in environments if each.is_managed}
    wanted = job.vcpus * job.nodes
    if not limits or wanted <= max(limits):
        return None
    name = limits[max(limits)]
    return f"it asks for {wanted} vCPUs, and environment {name} may start {max(limits)}"


def beyond_types(
    job: WaitingJob, environments: Iterable[Environment], catalog: Catalog
) -> str | None:
    """More vCPUs or memory than an instance has for jobs."""
    types = types_of(environments, catalog)
    if not types or any(_fits(job, each) for each in types):
        return None
    best = max(types, key=lambda each: (each.vcpus, each.memory_mib))
    if job.vcpus > best.vcpus:
        return f"it asks for {job.vcpus} vCPUs, and {best.name} has {best.vcpus}"
    return memory_words(job, best)


def memory_words(job: WaitingJob, instance: InstanceType) -> str:
    """What it asks for beside what an instance has for jobs."""
    free = int(instance.memory_mib * MEMORY_SHARE) // MEMORY_STEP_MIB * MEMORY_STEP_MIB
    return (
        f"it asks for {job.memory_mib} MiB of memory, and {instance.name} has "
        f"{instance.memory_mib}, of which the operating system and the ECS agent need some; "
        f"{free} can be had"
    )


def _fits(job: WaitingJob, instance: InstanceType) -> bool:
    """All of the memory is never to be had; how much less is not published."""
    return job.vcpus <= instance.vcpus and job.memory_mib < instance.memory_mib
