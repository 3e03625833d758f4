"""Where a benchmark goes and what it asks of AWS Batch."""

from __future__ import annotations

from geoschem_bench.catalog import Catalog, InstanceType, local_instance
from geoschem_bench.planning.routes import SPOT_SUFFIX, Routes
from geoschem_bench.suite import LOCAL, Benchmark, SuiteHeader

JOB_DEFINITION = "geos-chem-benchmark"
MULTINODE_JOB_DEFINITION = "geos-chem-benchmark-multinode"
DEFAULT_ENVIRONMENTS = {"arm64": "geos-chem-graviton", "x86_64": "geos-chem-x86"}
DEFAULT_INSTANCES = {"arm64": "c7g.4xlarge", "x86_64": "c7i.4xlarge"}
"""The one type that each default environment holds: a job in an environment of several types
lands anywhere, and its timing means nothing."""

MEMORY_SHARE = 0.9375
"""Of the instance's memory: the rest is the operating system's and the ECS agent's. A request
for all of it waits in RUNNABLE for ever."""
MEMORY_STEP_MIB = 256


def instance_of(benchmark: Benchmark, catalog: Catalog) -> InstanceType:
    """The catalogue's entry, or this computer."""
    name = benchmark.hardware.instance_type
    instance = local_instance() if name == LOCAL else catalog.get(name)
    if instance is None:
        raise KeyError(name)
    return instance


def queue_of(
    benchmark: Benchmark, instance: InstanceType, header: SuiteHeader, routes: Routes
) -> str:
    """The job queue: the suite's choice, else the installation's, else that of this type."""
    architecture, is_spot = instance.architecture, benchmark.purchase_option == "spot"
    chosen = header.queues.get(instance.name) or header.queues.get(architecture)
    chosen = chosen or routes.queue(instance.name, architecture, spot=is_spot)
    if chosen:
        return chosen
    if instance.name in (LOCAL, DEFAULT_INSTANCES[architecture]):
        environment = DEFAULT_ENVIRONMENTS[architecture]
    else:
        environment = "geos-chem-" + instance.name.replace(".", "-")
    spot = SPOT_SUFFIX if is_spot else ""
    return f"{environment}{spot}-queue"


def job_definition_of(benchmark: Benchmark, architecture: str, routes: Routes) -> str:
    """The job definition: the installation's choice, else ours."""
    nodes = benchmark.hardware.nodes
    ours = MULTINODE_JOB_DEFINITION if nodes > 1 else JOB_DEFINITION
    return routes.job_definition(architecture, nodes) or ours


def requested_vcpus(instance: InstanceType) -> int:
    """One vCPU less than there are. It decides placement only: Batch's vCPUs are shares.

    This computer has no ECS agent to leave one for.
    """
    return instance.vcpus if instance.name == LOCAL else max(1, instance.vcpus - 1)


def requested_memory_mib(instance: InstanceType) -> int:
    """Memory (MiB) to ask for, with headroom, down to a multiple of 256 MiB."""
    wanted = int(instance.memory_mib * MEMORY_SHARE)
    return max(MEMORY_STEP_MIB, wanted // MEMORY_STEP_MIB * MEMORY_STEP_MIB)
