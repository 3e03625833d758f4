"""What the values of one benchmark must be together, against the catalogue and the model's rules.

Each check yields (path inside the benchmark, sentence). A section that could not be read at all
comes as None and is passed over, so that its mistakes hide no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from geoschem_bench import units
from geoschem_bench.catalog import Catalog, InstanceType, local_instance
from geoschem_bench.suite import names
from geoschem_bench.suite.cubed_sphere import FACES, fits
from geoschem_bench.suite.models import LOCAL, Domain, Hardware

Finding = tuple[tuple[str | int, ...], str]

_MAKERS = {
    "AWS": ("graviton", "aws"),
    "AMD": ("amd", "epyc"),
    "Intel": ("intel", "xeon"),
}


_BUY = "write purchase_option: on_demand"


@dataclass(frozen=True)
class Sections:
    """What could be read of one benchmark; a key that could not is empty text."""

    application: str | None
    simulation_type: str | None
    domain: Domain | None
    hardware: Hardware | None
    purchase_option: str | None


def find_problems(sections: Sections, catalog: Catalog) -> Iterator[Finding]:
    """Every contradiction in one benchmark."""
    if sections.domain:
        yield from _grid(sections.domain, sections.application, sections.simulation_type)
    if sections.hardware:
        yield from _hardware(sections, sections.hardware, catalog)
        yield from _parallel(sections.hardware, sections.application)
        yield from _ranks(sections.hardware, sections.application, sections.domain)


def _grid(domain: Domain, application: str | None, simulation: str | None) -> Iterator[Finding]:
    if domain.resolution:
        yield from _resolution(domain.resolution, application)
    if application == "proxy":
        yield from _proxy(domain, simulation)
    if domain.type == "nested":
        yield from _nested(domain, application)
    elif domain.type == "global" and domain.region:
        yield ("domain", "region"), (f"is {domain.region}, given for a global domain; write "
                                     "type: nested, or drop it")  # fmt: skip


def _resolution(resolution: str, application: str | None) -> Iterator[Finding]:
    where = ("domain", "resolution")
    given = f"is {resolution}, which {application} lacks; allowed: "
    cubed = names.is_cubed_sphere(resolution)
    if application == "gchp" and not cubed:
        allowed = ", ".join(names.CUBED_SPHERE_RESOLUTIONS)
        yield where, f"{given}{allowed}; latitude-longitude grids are for application: gc-classic"
    if application == "gc-classic" and cubed:
        allowed = ", ".join(names.LATLON_RESOLUTIONS)
        yield where, f"{given}{allowed}; cubed-sphere grids are GCHP's (application: gchp)"
    if application == "proxy" and resolution not in names.PROXY_RESOLUTIONS:
        yield where, given + ", ".join(names.PROXY_RESOLUTIONS)


def _nested(domain: Domain, application: str | None) -> Iterator[Finding]:
    if domain.region is None:
        allowed = ", ".join(names.NESTED_REGIONS)
        yield ("domain", "region"), f"is missing; a nested domain needs one of: {allowed}"
    if application == "gchp":
        yield ("domain", "type"), "is nested; allowed for GCHP: global (nested is gc-classic's)"
    latlon_only = names.LATLON_RESOLUTIONS[: -len(names.NESTED_RESOLUTIONS)]
    if application == "gc-classic" and domain.resolution in latlon_only:
        allowed = ", ".join(names.NESTED_RESOLUTIONS)
        yield ("domain", "resolution"), f"is {domain.resolution}; allowed if nested: {allowed}"


def _proxy(domain: Domain, simulation: str | None) -> Iterator[Finding]:
    if domain.type == "nested":
        yield ("domain", "type"), "is nested; the proxy runs on global grids only: drop it"
    if simulation is not None and simulation not in names.PROXY_SIMULATIONS:
        allowed = ", ".join(names.PROXY_SIMULATIONS)
        yield ("simulation_type",), f"is {simulation}; allowed for the proxy: {allowed}"


def _hardware(sections: Sections, hardware: Hardware, catalog: Catalog) -> Iterator[Finding]:
    name = hardware.instance_type
    if not name:
        return
    if name == LOCAL:
        if sections.application != "proxy":
            yield ("hardware", "instance_type"), "is local, this computer, which only the proxy " \
                "may use; write application: proxy, or name an AWS instance type"  # fmt: skip
        yield from _contradictions(hardware, local_instance())
        return
    instance = catalog.get(name)
    if instance is None:
        near = ", ".join(_closest(catalog, name))
        hint = f"did you mean one of: {near}?" if near else "name one such as c7g.4xlarge"
        yield ("hardware", "instance_type"), f"is {name!r}, which no region of AWS offers; {hint}"
        return
    yield from _contradictions(hardware, instance)
    if sections.purchase_option == "spot":
        yield from _spot(hardware, instance)


@lru_cache(maxsize=256)
def _closest(catalog: Catalog, name: str) -> list[str]:
    """Kept: one wrong name in a matrix of a thousand is looked up once, not for 20 seconds."""
    return catalog.closest(name)


def _spot(hardware: Hardware, instance: InstanceType) -> Iterator[Finding]:
    if "spot" not in instance.usage_classes:
        yield ("purchase_option",), f"is spot; {instance.name} is sold on_demand only: {_BUY}"
    elif hardware.nodes > 1:
        yield ("purchase_option",), f"is spot; AWS Batch has no multi-node jobs on spot: {_BUY}"


def _contradictions(hardware: Hardware, instance: InstanceType) -> Iterator[Finding]:
    """What the suite says about the instance and the catalogue denies."""
    name = instance.name
    if hardware.architecture and hardware.architecture != instance.architecture:
        yield (
            ("hardware", "architecture"),
            (f"is {hardware.architecture}; {name} is {instance.architecture}: correct or drop it"),
        )
    sizes: list[tuple[str, float | None, float]] = [
        ("vcpus", hardware.vcpus, instance.vcpus),
        ("cores_per_node", hardware.cores_per_node, instance.physical_cores),
        ("memory_gb", hardware.memory_gb, instance.memory_mib / units.MIB_PER_GIB),
        ("threads", hardware.threads, instance.vcpus),
        ("mpi_ranks", hardware.mpi_ranks, instance.vcpus * hardware.nodes),
    ]
    for key, given, has in sizes:
        if name == LOCAL and key == "threads":
            continue  # the runner uses fewer and records both: the suite suits any computer
        if given is not None and given > has:
            nodes = f"{hardware.nodes} x " if key == "mpi_ranks" else ""
            yield ("hardware", key), f"is {given:g}; {nodes}{name} has {has:g}: write less"
    if hardware.network == "efa" and not instance.efa:
        yield ("hardware", "network"), f"is efa, which {name} lacks; write tcp or drop it"
    yield from _processor(hardware, instance)


def _processor(hardware: Hardware, instance: InstanceType) -> Iterator[Finding]:
    if hardware.processor_type is None:
        return
    given = hardware.processor_type.lower()
    maker = next((m for m, words in _MAKERS.items() if any(w in given for w in words)), None)
    has = " ".join(filter(None, (instance.maker, instance.processor_family)))
    where = ("hardware", "processor_type")
    if maker is None:
        yield where, f"is '{hardware.processor_type}'; name the maker: AWS Graviton, Intel or AMD"
    elif maker != instance.maker:
        yield where, f"is '{hardware.processor_type}'; {instance.name} has {has}: correct or drop"
    else:
        generation = re.search(r"graviton\d+e?", given)
        if generation and instance.processor_family:
            family = instance.processor_family.lower()
            if generation.group() != family:
                given = f"is '{hardware.processor_type}'"
                yield where, f"{given}; {instance.name} has {has}: correct or drop"


def _parallel(hardware: Hardware, application: str | None) -> Iterator[Finding]:
    ranks = hardware.mpi_ranks
    if application in ("gc-classic", "proxy"):
        if hardware.nodes > 1:
            yield ("hardware", "nodes"), f"is {hardware.nodes}; {application} runs on one: drop it"
        if ranks is not None:
            yield ("hardware", "mpi_ranks"), f"is {ranks}; {application} has threads: drop it"


def _ranks(hardware: Hardware, application: str | None, domain: Domain | None) -> Iterator[Finding]:
    ranks, where = hardware.mpi_ranks, ("hardware", "mpi_ranks")
    if application != "gchp" or ranks is None:
        return
    if ranks % FACES:
        below = ranks // FACES * FACES
        allowed = f"{below} or {below + FACES}" if below else f"{FACES}"
        yield where, f"is {ranks}; GCHP needs a multiple of 6, such as {allowed}, or leave it out"
    elif ranks % hardware.nodes:
        yield where, f"is {ranks}, no multiple of {hardware.nodes} nodes; correct or leave it out"
    elif domain and names.is_cubed_sphere(domain.resolution):
        edge = names.cells_per_face_edge(domain.resolution)
        if not fits(ranks, edge):
            yield where, (f"is {ranks}, which does not cut the faces of {domain.resolution} into "
                          "pieces of 4 x 4 cells or more; write less or leave it out")  # fmt: skip
