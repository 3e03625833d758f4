"""What a person says of a log, held against EC2's catalogue and against the log."""

from __future__ import annotations

from collections.abc import Iterator

from geoschem_bench.catalog import Catalog, InstanceType, load_catalog
from geoschem_bench.errors import UserError
from geoschem_bench.model_logs import LogError, ModelRun
from geoschem_bench.records.logs.facts import LogFacts, with_facts
from geoschem_bench.suite.names import likeliest

_SAID = ("simulation_type", "resolution", "simulated_days", "model_version", "threads", "nodes")


def instance_of(facts: LogFacts) -> InstanceType | None:
    """The instance type that was named. Raises UserError where the facts cannot be."""
    catalog = load_catalog()
    problems = list(_problems(facts, catalog))
    if problems:
        raise UserError("\n".join(problems))
    return catalog.get(facts.instance_type) if facts.instance_type else None


def _problems(facts: LogFacts, catalog: Catalog) -> Iterator[str]:
    name, region, threads = facts.instance_type, facts.aws_region, facts.threads
    regions = {each for instance in catalog for each in instance.regions}
    if region and region not in regions:
        yield f"--region {region}: no region of AWS{likeliest(region, regions)}"
    if name is None:
        return
    instance = catalog.get(name)
    if instance is None:
        near = ", ".join(catalog.closest(name)) or "none"
        yield f"--instance-type {name}: no instance type of EC2; near it: {near}"
        return
    if region in regions and region not in instance.regions:
        where = ", ".join(instance.regions)
        yield f"--region {region}: {name} is not sold there, but in {where}"
    if threads and threads > instance.vcpus:
        yield f"--threads {threads}: {name} has {instance.vcpus} vCPUs"


def check_against_log(
    run: ModelRun, name: str, facts: LogFacts, instance: InstanceType | None
) -> None:
    """Raise LogError where the log says otherwise, or says too little of its nodes."""
    named = with_facts(ModelRun(run.application, 0, ""), facts)
    for what in _SAID:
        given = getattr(named, what, None) or getattr(facts, what)
        there = getattr(run, what)
        if given is not None and there is not None and given != there:
            raise LogError(name, f"says {what.replace('_', ' ')} {there}, not {given}")
    nodes = facts.nodes or run.nodes
    if run.application == "gc-classic" and nodes and nodes > 1:
        raise LogError(name, f"is of GC-Classic, which runs on one node, not on {nodes}")
    if run.application != "gchp" or instance is None:
        return
    if nodes is None:
        raise LogError(name, "does not say on how many nodes it ran; give --nodes")
    if run.mpi_ranks and run.mpi_ranks > nodes * instance.vcpus:
        raise LogError(name, f"says {run.mpi_ranks} MPI ranks; {nodes} x {instance.name} have "
                             f"{nodes * instance.vcpus} vCPUs")  # fmt: skip
