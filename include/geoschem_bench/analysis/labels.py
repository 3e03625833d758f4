"""Short names for setups, of what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from geoschem_bench.analysis.setups import Setup

Part = Callable[[Setup], str | None]
"""A setup's words on one aspect; None where it has none."""

_YES, _NO = ("on", "yes", "true"), ("off", "no", "false", "none")


def labels_of(setups: Iterable[Setup]) -> dict[Setup, str]:
    """A label for each setup, different from all others of its simulation.

    Always with the machine. Threads, nodes, ranks, model version and that it is published: for
    all setups of a simulation as soon as two differ in it, as leaving them out would mislead.
    The rest only for those that these do not tell apart.
    """
    by_simulation: dict[object, list[Setup]] = {}
    for setup in setups:
        by_simulation.setdefault(setup.simulation, []).append(setup)
    return {
        setup: label for group in by_simulation.values() for setup, label in _labels(group).items()
    }


def _labels(group: Sequence[Setup]) -> dict[Setup, str]:
    words: dict[Setup, list[str]] = {setup: [] for setup in group}
    _append([_machine, *_differing(_GENERAL, group)], group, words)
    names = sorted({name for setup in group for name, _ in setup.factors})
    special = (*_SPECIAL, *(_factor(name) for name in names))
    for parts in (special, (_clock,), (_lone_log,), (_configuration,), (_in_full,)):
        for alike in _alike(words):
            _append(_differing(parts, alike), alike, words)
    for alike in _alike(words):
        # last resort: values that read like our own words, checksums that begin alike
        for number, setup in enumerate(sorted(alike, key=repr), start=1):
            words[setup].append(f"setup {number}")
    return {setup: ", ".join(parts) for setup, parts in words.items()}


def _differing(parts: Sequence[Part], group: Sequence[Setup]) -> list[Part]:
    return [part for part in parts if len({part(setup) for setup in group}) > 1]


def _append(parts: Sequence[Part], group: Sequence[Setup], words: dict[Setup, list[str]]) -> None:
    for setup in group:
        words[setup] += [word for part in parts if (word := part(setup))]


def _alike(words: dict[Setup, list[str]]) -> list[list[Setup]]:
    """Setups with the same words so far, where there are two or more."""
    groups: dict[tuple[str, ...], list[Setup]] = {}
    for setup, parts in words.items():
        groups.setdefault(tuple(parts), []).append(setup)
    return [group for group in groups.values() if len(group) > 1]


def _machine(setup: Setup) -> str | None:
    return setup.machine or "machine not known"


def _nodes(setup: Setup) -> str | None:
    if setup.nodes is None:
        return "nodes not known"
    return f"{setup.nodes} node{'' if setup.nodes == 1 else 's'}"


def _threads(setup: Setup) -> str | None:
    if setup.threads is None:
        return None
    return f"{setup.threads} thread{'' if setup.threads == 1 else 's'}"


def _ranks(setup: Setup) -> str | None:
    if setup.mpi_ranks is None:
        return None
    return f"{setup.mpi_ranks} rank{'' if setup.mpi_ranks == 1 else 's'}"


def _version(setup: Setup) -> str | None:
    return f"version {setup.model_version}" if setup.model_version else None


def _published(setup: Setup) -> str | None:
    return "published" if setup.provenance == "published" else None


def _compiler(setup: Setup) -> str | None:
    return setup.compiler or "compiler not known"


def _meteorology(setup: Setup) -> str | None:
    return setup.meteorology or "meteorology not known"


def _levels(setup: Setup) -> str | None:
    return f"{setup.levels} levels" if setup.levels else "levels not known"


def _machine_class(setup: Setup) -> str | None:
    return setup.machine_class


def _factor(name: str) -> Part:
    def word(setup: Setup) -> str | None:
        value = dict(setup.factors).get(name)
        if value is None:
            return f"{name} not known"
        if value in _YES:
            return name
        return f"no {name}" if value in _NO else value

    return word


def _lone_log(setup: Setup) -> str | None:
    return setup.lone_log[0] if setup.lone_log else None


def _clock(setup: Setup) -> str | None:
    return f"by {setup.wall_clock or 'the runner'}"


def _configuration(setup: Setup) -> str | None:
    return f"configuration {setup.config_sha256[:8]}" if setup.config_sha256 else None


def _in_full(setup: Setup) -> str | None:
    """Two factors may have values of the same words."""
    return "; ".join(f"{name}: {value}" for name, value in setup.factors) or "not further known"


_GENERAL: tuple[Part, ...] = (_nodes, _threads, _ranks, _version, _published)
_SPECIAL: tuple[Part, ...] = (_compiler, _meteorology, _levels, _machine_class)
