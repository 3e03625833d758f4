"""What was asked for and where it ran: two things, shown side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geoschem_bench.records import Result, RunPlanFile
from geoschem_bench.report.formats import DASH, number
from geoschem_bench.suite import LOCAL

PROXY_BANNER = (
    "Proxy workload: these seconds are not GEOS-Chem's and say nothing about instance types."
)
SMOKE_BANNER = (
    "Smoke runs (too short, or synthetic input) are shown, never ranked and never extrapolated."
)


@dataclass(frozen=True)
class Place:
    """Benchmarks that asked for the same and ran on the same."""

    asked: str
    ran: str
    workload: str
    benchmarks: tuple[str, ...]
    is_elsewhere: bool
    """Ran on something other than what was asked for."""


@dataclass(frozen=True)
class Machine:
    """One machine class, and what is known of it."""

    name: str
    architecture: str
    cpu_model: str
    vcpus: str
    physical_cores: str
    memory_gib: str
    memory_methods: tuple[str, ...]
    calibrations: tuple[tuple[str, str, str, str, str], ...]
    """Benchmark, version, threads, GB/s, GFLOP/s."""


def banners(plan: RunPlanFile | None, results: Sequence[Result]) -> Iterator[str]:
    """What a reader must know before the first number."""
    if plan and plan.dry_run:
        yield "Dry run: nothing was submitted and nothing was measured. Below is what was planned."
    if any(result.workload == "proxy" for result in results):
        yield PROXY_BANNER
    if any(result.is_smoke and result.workload == "model" for result in results):
        yield SMOKE_BANNER


def places(results: Sequence[Result]) -> Iterator[Place]:
    """Distinct pairs of asked for and ran on, in the order of the results."""
    found: dict[tuple[str, str, str, bool], list[str]] = {}
    for result in results:
        elsewhere = _is_elsewhere(result)
        key = (_asked(result), _ran(result), result.workload or "none", elsewhere)
        found.setdefault(key, []).append(result.benchmark_id)
    for (asked, ran, workload, elsewhere), names in found.items():
        yield Place(asked, ran, workload, tuple(names), elsewhere)


def _asked(result: Result) -> str:
    if result.requested_instance_type == LOCAL:
        return "this computer (local)"
    nodes = f"{result.nodes} × " if (result.nodes or 1) > 1 else ""
    option = f" ({result.purchase_option.replace('_', '-')})" if result.purchase_option else ""
    return f"{nodes}{result.requested_instance_type or 'a machine not known'}{option}"


def _ran(result: Result) -> str:
    if result.workload is None:
        return "nowhere that is known: no manifest"
    where = result.observed_instance_type
    if where is None:
        where = "this computer" if result.platform == "sandbox" else "no EC2 instance"
    parts = [where, result.cpu_model, f"{result.vcpus} vCPUs" if result.vcpus else None,
             result.architecture]  # fmt: skip
    return ", ".join(part for part in parts if part)


def _is_elsewhere(result: Result) -> bool:
    asked, observed = result.requested_instance_type, result.observed_instance_type
    return result.workload is not None and asked not in (LOCAL, observed)


def machines(results: Sequence[Result]) -> Iterator[Machine]:
    """Machine classes among the results, with their calibrations."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.machine_class:
            groups.setdefault(result.machine_class, []).append(result)
    for name, group in groups.items():
        one = group[0]
        yield Machine(
            name=name,
            architecture=one.architecture or DASH,
            cpu_model=one.cpu_model or DASH,
            vcpus=str(one.vcpus or DASH),
            physical_cores=str(one.physical_cores or DASH),
            memory_gib=number(one.memory_mib / 1024) if one.memory_mib else DASH,
            memory_methods=tuple(sorted({r.memory_method for r in group if r.memory_method})),
            calibrations=tuple(_calibration(result) for result in group if result.calibration),
        )


def _calibration(result: Result) -> tuple[str, str, str, str, str]:
    values = result.calibration or {}
    return (
        result.benchmark_id,
        str(values.get("version", DASH)),
        str(values.get("threads", DASH)),
        number(values.get("triad_gb_per_s")),
        number(values.get("compute_gflop_per_s")),
    )
