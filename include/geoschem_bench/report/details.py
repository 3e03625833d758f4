"""Every metric of every benchmark, with each of its repetitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from geoschem_bench import units
from geoschem_bench.analysis import Analysis, Component, Measures, Spread
from geoschem_bench.recommendation import describe_simulation
from geoschem_bench.records import Result
from geoschem_bench.report.formats import DASH, moment, number, percent, plain, span, variation


@dataclass(frozen=True)
class MetricRow:
    """One metric over the repetitions."""

    name: str
    unit: str
    n: str
    median: str
    minimum: str
    maximum: str
    cv_percent: str
    interval: str
    repetitions: str
    why: str = ""
    """The reason where there is no number."""


@dataclass(frozen=True)
class Detail:
    """One benchmark."""

    result: Result
    simulation: str
    metrics: tuple[MetricRow, ...]
    components: tuple[Component, ...]
    components_overlap: bool
    facts: tuple[tuple[str, str], ...]
    earlier: tuple[str, ...]
    """Earlier submissions in words."""


def details(
    latest: Sequence[Result], earlier: Sequence[Result], analysis: Analysis
) -> Iterator[Detail]:
    """One for each benchmark, in the order of the results."""
    for result in latest:
        measures = analysis.of(result)
        if measures is None:
            continue
        before = [old for old in earlier if old.benchmark_id == result.benchmark_id
                  and old.benchmark_run_id == result.benchmark_run_id]  # fmt: skip
        yield Detail(
            result=result,
            simulation=describe_simulation(result),
            metrics=tuple(_metrics(result, measures)),
            components=measures.components,
            components_overlap=measures.components_overlap,
            facts=tuple(_facts(result)),
            earlier=tuple(_in_words(old) for old in before),
        )


def _metrics(result: Result, measures: Measures) -> Iterator[MetricRow]:
    failed = f"the benchmark failed: {result.reason}" if result.status == "failed" else ""
    no_speed = failed or result.null_reason or "not in the manifest"
    absent = failed or "not in the manifest"
    walls, days = result.wall_seconds, result.simulated_days
    if "proxy" not in (result.workload, result.application):
        hours = [units.hours_per_sim_day(days, wall) for wall in walls if days]
        yield _metric("Hours per simulated day", "h", measures.hours_per_sim_day, hours, no_speed)
    speeds = [units.throughput_days_per_day(days, wall) for wall in walls if wall]
    yield _metric(
        "Throughput", "sim days / day", measures.throughput_days_per_day, speeds, no_speed
    )
    yield _metric("Wall clock", "s", measures.wall_seconds, walls, absent)
    yield _metric("CPU time", "s", measures.cpu_seconds, result.cpu_seconds, absent)
    pairs = zip(result.cpu_seconds, walls, strict=False)
    efficiency = [cpu / wall / (result.threads or 1) for cpu, wall in pairs if wall]
    yield _metric("CPU efficiency", "%", measures.cpu_efficiency, efficiency, absent, scale=100)
    yield _metric("Peak memory", "GiB", measures.peak_memory_gib, result.peak_memory_gib, absent)
    warmups = result.warmup_wall_seconds
    yield _unsummed("Warm-ups, not counted", "s", len(warmups), _list(warmups) or "none")


def _metric(
    name: str,
    unit: str,
    spread: Spread | None,
    repetitions: Sequence[float],
    why: str,
    scale: float = 1.0,
) -> MetricRow:
    if spread is None:
        return _unsummed(name, unit, 0, DASH, why)
    return MetricRow(
        name=name,
        unit=unit,
        n=str(spread.n),
        median=number(spread.median * scale, 4),
        minimum=number(spread.minimum * scale, 4),
        maximum=number(spread.maximum * scale, 4),
        cv_percent=variation(spread.cv_percent),
        interval=span(spread.ci_low, spread.ci_high, scale),
        repetitions=_list(value * scale for value in repetitions),
    )


def _unsummed(name: str, unit: str, n: int, repetitions: str, why: str = "") -> MetricRow:
    return MetricRow(name, unit, str(n), DASH, DASH, DASH, DASH, DASH, repetitions, why)


def _list(values: Iterable[float]) -> str:
    return " · ".join(number(value, 4) for value in values)


def _facts(result: Result) -> Iterator[tuple[str, str]]:
    """What identifies the result and may explain its numbers."""
    if result.description:
        yield "Description", plain(result.description)
    yield "Workload", result.workload or "nothing ran"
    threads = f"{result.threads or DASH} in use, {result.threads_requested or DASH} asked for"
    yield "OpenMP threads", threads
    if result.mpi_ranks:
        yield "MPI ranks", str(result.mpi_ranks)
    if result.started_at:
        yield "Started", moment(result.started_at)
    waited = f"{number(result.queue_seconds)} s" if result.queue_seconds is not None else DASH
    yield "Queue, boot and image pull", waited
    yield "Submission", str(result.submission)
    if result.memory_method:
        yield "Memory measured by", plain(result.memory_method)
    yield "Final field, sha256", result.field_sha256 or DASH
    yield "Configuration, sha256", result.config_sha256 or DASH
    yield "Manifest, sha256", result.manifest_sha256 or "no manifest"
    yield "Objects", plain(result.output_path)


def _in_words(old: Result) -> str:
    if old.status == "failed":
        return f"Submission {old.submission} failed ({old.reason}): {plain(old.message)}"
    return f"Submission {old.submission} succeeded: {_list(old.wall_seconds)} s"


def share(component: Component) -> str:
    """Of the wall clock, percent."""
    return percent(component.share, 1)
