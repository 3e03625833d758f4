"""The figures of each simulation, and the words beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geoschem_bench.analysis import Analysis, ScalingSeries, ordered_groups
from geoschem_bench.recommendation import describe_simulation
from geoschem_bench.records import Result
from geoschem_bench.report.figures import draw_components, draw_scaling, draw_times
from geoschem_bench.report.formats import number

_ANSWERS = {
    True: "the same answer, since the final fields are identical.",
    False: "different answers, since the final fields are not identical.",
    None: "whether the answer is the same is not known, as a checksum of the field is missing.",
}


@dataclass(frozen=True)
class Figure:
    """One drawing."""

    title: str
    svg: str
    """Inline SVG, without script or external address."""
    caption: str


@dataclass(frozen=True)
class SimulationView:
    """One simulation."""

    title: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]


def simulation_views(latest: Sequence[Result], analysis: Analysis) -> Iterator[SimulationView]:
    """One for each simulation that has something to draw."""
    for index, group in enumerate(ordered_groups(latest).values()):
        figures = tuple(_figures(group, analysis, f"s{index}"))
        if figures:
            notes = tuple(_notes(group, analysis))
            yield SimulationView(describe_simulation(group[0]), figures, notes)


def _figures(group: Sequence[Result], analysis: Analysis, key: str) -> Iterator[Figure]:
    measured = [result for result in group if result.wall_seconds]
    if not measured:
        return
    is_speed = all(_has_hours(result, analysis) for result in measured)
    yield Figure(
        "Hours per simulated day" if is_speed else "Seconds",
        draw_times(group, analysis, is_speed=is_speed, key=f"{key}-times"),
        "Each dot is one timed repetition, the bar ends at the median, the band is its 95 % "
        "interval; hollow diamonds are warm-ups, which do not count. Right: the same "
        "repetitions, as distance from their median.",
    )
    parts = [r for r in measured if (m := analysis.of(r)) and m.components
             and not m.components_overlap]  # fmt: skip
    if parts:
        yield Figure(
            "Time by component",
            draw_components(parts, analysis, key=f"{key}-components"),
            "Median seconds of each component over the timed repetitions. Grey is what no timer "
            "covers.",
        )
    series = _series(group, analysis)
    if series:
        yield Figure(
            "Thread scaling",
            draw_scaling(series, group, key=f"{key}-scaling"),
            " ".join(_baseline(one) for one in series) + " Dashed: ideal, were all of it parallel.",
        )


def _has_hours(result: Result, analysis: Analysis) -> bool:
    measures = analysis.of(result)
    return measures is not None and measures.hours_per_sim_day is not None


def _series(group: Sequence[Result], analysis: Analysis) -> list[ScalingSeries]:
    names = {(result.benchmark_run_id, result.benchmark_id) for result in group}
    return [s for s in analysis.scaling if (s.benchmark_run_id, s.points[0].benchmark_id) in names]


def _baseline(series: ScalingSeries) -> str:
    threads = series.baseline_threads
    return (
        f"{series.machine_class}: speed-up is relative to {threads} "
        f"thread{'' if threads == 1 else 's'}, {number(series.baseline_seconds, 4)} s."
    )


def _notes(group: Sequence[Result], analysis: Analysis) -> Iterator[str]:
    for result in group:
        measures = analysis.of(result)
        if measures and measures.components_overlap:
            yield (
                f"{result.benchmark_id}: its timers add up to more than the wall clock, so some "
                "contain others; they are listed below and not stacked here."
            )
    for series in _series(group, analysis):
        counts = " and ".join(str(point.threads) for point in series.points)
        where = f"{series.machine_class}, {counts} threads"
        yield f"{where}: {_ANSWERS[series.fields_agree]}"
        yield from series.notes
