"""One benchmark as written → the same with every default filled in.

Used by the suite reader and by the runner, so that a job submitted by hand means what the same
text in a suite means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, ValidationError

from geoschem_bench.errors import Problem, SettingsError
from geoschem_bench.suite import names
from geoschem_bench.suite.messages import messages
from geoschem_bench.suite.models import Benchmark, Count, Name, Section
from geoschem_bench.suite.yaml_source import dotted

DEFAULTS: dict[str, Any] = {"warmups": 1, "repetitions": 3, "purchase_option": "on_demand"}


class RunPlan(Section):
    """What the planner adds to a benchmark for one run of it."""

    benchmark_run_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    phase: Name
    suite: Name
    submission: Count
    config_sha256: Name
    threads: Count
    mpi_ranks: Count | None = None
    warmups: Annotated[int, Field(ge=0)]
    repetitions: Count
    timeout_seconds: Count


@dataclass(frozen=True)
class CompletedBenchmark:
    """A benchmark ready to run."""

    benchmark: Benchmark
    plan: RunPlan | None
    filled: tuple[str, ...]
    """Dotted keys that were not given and got a default."""


def fill_defaults(
    raw: Mapping[str, Any], defaults: Mapping[str, Any] = DEFAULTS
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The benchmark with what can be left out filled in, and the dotted keys that were."""
    config: dict[str, Any] = dict(raw)
    if isinstance(config.get("domain"), dict):
        config["domain"] = dict(config["domain"])  # the one section that is filled in below
    filled = []
    for key, value in defaults.items():
        if config.get(key) is None:
            config[key] = value
            filled.append(key)
    domain = config.get("domain")
    if isinstance(domain, dict) and domain.get("type") is None:
        domain["type"] = "nested" if domain.get("region") else "global"
        filled.append("domain.type")
    if config.get("application") is None:
        resolution = domain.get("resolution") if isinstance(domain, dict) else None
        config["application"] = "gchp" if names.is_cubed_sphere(str(resolution)) else "gc-classic"
        filled.append("application")
    _name_simulation(config)
    return config, tuple(filled)


def _name_simulation(config: dict[str, Any]) -> None:
    """GEOS-Chem's name for the simulation in the version asked for (co2 → carbon from 14.7)."""
    given, source = config.get("simulation_type"), config.get("source")
    if isinstance(given, str):
        version = source.get("version") if isinstance(source, dict) else None
        config["simulation_type"] = names.normalise_simulation(given, version) or given


def complete_benchmark(raw: Mapping[str, Any]) -> CompletedBenchmark:
    """Read a job's configJson. Raises SettingsError that lists every mistake."""
    config, filled = fill_defaults({k: v for k, v in raw.items() if k != "plan"})
    problems, benchmark, plan = [], None, None
    try:
        benchmark = Benchmark.model_validate(config)
    except ValidationError as error:
        problems += [Problem("configJson", 0, dotted(w), m) for w, m in messages(error, Benchmark)]
    if raw.get("plan") is not None:
        try:
            plan = RunPlan.model_validate(raw["plan"])
        except ValidationError as error:
            problems += [
                Problem("configJson", 0, dotted(("plan", *w)), m)
                for w, m in messages(error, RunPlan)
            ]
    if benchmark is None or problems:
        raise SettingsError("\n".join(str(problem) for problem in sorted(problems)))
    return CompletedBenchmark(benchmark, plan, filled)
