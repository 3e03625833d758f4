"""In what two setups differ, and which of the differences only follow from others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.samples import Sample
from geoschem_bench.records import Result

INSTANCE_TYPE, MACHINE = "instance type", "machine"
THREADS, RANKS, NODES = "threads", "MPI ranks", "nodes"
VCPUS, CORES, CPU_MODEL = "vCPUs", "physical cores", "CPU model"
MODEL_VERSION, COMPILER = "model version", "compiler"
METEOROLOGY, LEVELS = "meteorology", "levels"
INPUT, CONFIGURATION, PROVENANCE = "input cache", "configuration", "provenance"
HYPER_THREADING, PLATFORM = "hyper-threading", "platform"
"""The two names of `Result.factors` that imply something or are implied."""

_HARDWARE = {THREADS, RANKS, VCPUS, CORES, CPU_MODEL, PLATFORM}
_IMPLIES: dict[str, set[str]] = {
    INSTANCE_TYPE: _HARDWARE,
    MACHINE: _HARDWARE,
    HYPER_THREADING: {THREADS, VCPUS},
    NODES: {RANKS},
}
"""Factor → what cannot but follow from it. Threads follow from the machine only where both sides
use the same share of its cores; otherwise, and on the same machine, they are a choice."""

_DESCRIBES = {VCPUS, CORES, CPU_MODEL, CONFIGURATION}
_SHOULD_BE_KNOWN = {MACHINE, THREADS}
_SHOULD_BE_KNOWN_OF_A_MODEL = {*_SHOULD_BE_KNOWN, MODEL_VERSION, COMPILER, METEOROLOGY, LEVELS}


class Difference(BaseModel):
    """One factor in which two setups differ. None: not known."""

    model_config = ConfigDict(frozen=True)

    factor: str
    baseline: str | None
    candidate: str | None
    implied_by: str | None = None
    """The difference that this one follows from; None for one that somebody chose."""


def differences_of(baseline: Sample, candidate: Sample) -> tuple[Difference, ...]:
    """Every factor in which the two differ, machine first.

    One side not known counts as different, both sides not known as equal: `unknown_of` tells.
    What only describes a machine or a configuration differs where both sides are known.
    """
    found = [(name, one, other) for name, one, other in _aspects(baseline, candidate)
             if one != other and not (name in _DESCRIBES and None in (one, other))]  # fmt: skip
    names = [name for name, _, _ in found]
    is_choice = not _use_the_same_share(baseline, candidate)
    return tuple(
        Difference(
            factor=name, baseline=one, candidate=other, implied_by=_cause(name, names, is_choice)
        )
        for name, one, other in found
    )


def chosen(differences: Sequence[Difference]) -> tuple[str, ...]:
    """Factors that differ by themselves: with more than one of them, none can be blamed."""
    return tuple(item.factor for item in differences if item.implied_by is None)


def unknown_of(baseline: Sample, candidate: Sample) -> tuple[str, ...]:
    """Factors of which neither side says anything: they may differ."""
    is_model = baseline.setup.simulation.workload == "model"
    wanted = _SHOULD_BE_KNOWN_OF_A_MODEL if is_model else _SHOULD_BE_KNOWN
    return tuple(name for name, one, other in _aspects(baseline, candidate)
                 if one is None and other is None and name in wanted)  # fmt: skip


def _use_the_same_share(baseline: Sample, candidate: Sample) -> bool:
    """Whether threads per physical core agree; True where they are not known."""
    shares = {
        run.threads / run.physical_cores
        for sample in (baseline, candidate)
        for run in sample.runs
        if run.threads and run.physical_cores
    }
    return len(shares) < 2


def _cause(name: str, names: Sequence[str], threads_are_a_choice: bool) -> str | None:
    for other in names:
        by_machine = other in (INSTANCE_TYPE, MACHINE)
        if name == THREADS and by_machine and threads_are_a_choice:
            continue
        if name in _IMPLIES.get(other, ()):
            return other
    # every configuration has its own checksum: alone, it stands for what results do not carry
    others = [other for other in names if other not in (CONFIGURATION, INPUT)]
    return others[0] if name == CONFIGURATION and others else None


def _aspects(baseline: Sample, candidate: Sample) -> list[tuple[str, str | None, str | None]]:
    one, other = baseline.setup, candidate.setup
    on_ec2 = one.instance_type is not None and other.instance_type is not None
    machine = INSTANCE_TYPE if on_ec2 else MACHINE
    factors = sorted({name for setup in (one, other) for name, _ in setup.factors})
    return [
        (PROVENANCE, one.provenance, other.provenance),
        (machine, one.machine, other.machine),
        (NODES, _text(one.nodes), _text(other.nodes)),
        (MODEL_VERSION, one.model_version, other.model_version),
        (COMPILER, one.compiler, other.compiler),
        (METEOROLOGY, one.meteorology, other.meteorology),
        (LEVELS, _text(one.levels), _text(other.levels)),
        *((name, dict(one.factors).get(name), dict(other.factors).get(name)) for name in factors),
        (THREADS, _text(one.threads), _text(other.threads)),
        (RANKS, _text(one.mpi_ranks), _text(other.mpi_ranks)),
        (VCPUS, *_of_runs(baseline, candidate, lambda run: run.vcpus)),
        (CORES, *_of_runs(baseline, candidate, lambda run: run.physical_cores)),
        (CPU_MODEL, *_of_runs(baseline, candidate, lambda run: run.cpu_model)),
        (INPUT, _input(baseline), _input(candidate)),
        (CONFIGURATION, one.config_sha256, other.config_sha256),
    ]


def _of_runs(
    baseline: Sample, candidate: Sample, field: Callable[[Result], object]
) -> tuple[str | None, str | None]:
    return _joined(baseline, field), _joined(candidate, field)


def _joined(sample: Sample, field: Callable[[Result], object]) -> str | None:
    """The runs of a sample share their setup, yet EC2 may give one type with two processors."""
    texts = sorted({str(value) for run in sample.runs if (value := field(run)) is not None})
    return " or ".join(texts) or None


def _input(sample: Sample) -> str | None:
    if sample.is_cold:
        return "cold"
    return "warm" if all(run.is_cold is False for run in sample.runs) else None


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
