"""Which results belong together: latest submissions, simulations, families."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

from geoschem_bench.records import Result
from geoschem_bench.suite import Benchmark

_NOT_MEASURED = ("id", "description", "metrics_focus")


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sorts `…-2T` before `…-10T`."""
    parts = re.findall(r"\d+|\D+", text)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def latest_submissions(results: Iterable[Result]) -> tuple[list[Result], list[Result]]:
    """The last submission of every (run, benchmark), and the earlier ones; each in natural order.

    A benchmark is submitted again when its task is cleared, so that the last one is what the
    person wanted to know. The earlier ones are kept, since what failed before is news too.
    """
    newest: dict[tuple[str, str], Result] = {}
    earlier: list[Result] = []
    for result in sorted(results, key=_place):
        key = (result.benchmark_run_id, result.benchmark_id)
        if key in newest:
            earlier.append(newest[key])
        newest[key] = result
    return sorted(newest.values(), key=_place), sorted(earlier, key=_place)


def _place(result: Result) -> tuple[str, list[tuple[int, int, str]], str, int]:
    name = natural_key(result.benchmark_id)
    return result.phase or "", name, result.benchmark_run_id, result.submission


SimulationKey = tuple[str, str, str, str, float, str | None]


def simulation_of(result: Result) -> SimulationKey:
    """What was simulated, whether or not it ran: a failed result knows its workload not.

    The model's version is part of it: between versions speed changes by tens of percent.
    """
    return (
        result.application,
        result.simulation_type,
        result.resolution,
        result.region or "global",
        result.simulated_days,
        result.model_version,
    )


def family_of(benchmark: Benchmark) -> str:
    """Identity of a configuration but for its threads: what a scaling series has in common."""
    config = {k: v for k, v in benchmark.as_config().items() if k not in _NOT_MEASURED}
    config["hardware"] = {k: v for k, v in config["hardware"].items() if k != "threads"}
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def ordered_groups(results: Sequence[Result]) -> dict[SimulationKey, list[Result]]:
    """Results by simulation, in the order in which each simulation first comes up."""
    groups: dict[SimulationKey, list[Result]] = {}
    for result in results:
        groups.setdefault(simulation_of(result), []).append(result)
    return groups
