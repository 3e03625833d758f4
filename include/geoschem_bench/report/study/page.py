"""What the page of a study shows, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from geoschem_bench.analysis import Group, Study, parts_of
from geoschem_bench.recommendation import Recommendation, describe_simulation
from geoschem_bench.records import Result
from geoschem_bench.report.advice import Advice, advice_of
from geoschem_bench.report.figures import Bar, Point, draw_bars, draw_costs
from geoschem_bench.report.formats import moment, number
from geoschem_bench.report.head import Cell
from geoschem_bench.report.places import SMOKE_BANNER
from geoschem_bench.report.simulations import Figure
from geoschem_bench.report.study.findings import Finding, findings_of, spread_in_words
from geoschem_bench.report.study.methods import methods_of
from geoschem_bench.report.study.table import CostColumn, footnotes_of, study_table

_PUBLISHED = "Measured and published by others, not by this project"
_SMOKE = SMOKE_BANNER
_OVERLAP = 1.02


@dataclass(frozen=True)
class GroupView:
    """One simulation of one model version."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    footnotes: tuple[str, ...]
    figures: tuple[Figure, ...]
    key: str
    """Of its anchors."""


@dataclass(frozen=True)
class RunRow:
    """One run."""

    setup: str
    run: str
    seconds: str
    hours: str
    input_seconds: str
    state: str
    source: str


@dataclass(frozen=True)
class StudyPage:
    """The whole page."""

    title: str
    question: str
    made_at: str
    version: str
    banners: tuple[str, ...]
    recommendations: tuple[Advice, ...]
    groups: tuple[GroupView, ...]
    findings: tuple[Finding, ...]
    spread: str
    runs: tuple[RunRow, ...]
    sources: tuple[str, ...]
    methods: tuple[tuple[str, str], ...]


def study_page(
    title: str,
    question: str,
    study: Study,
    costs: Sequence[CostColumn],
    recommendations: Sequence[Recommendation],
    *,
    made_at: datetime,
    version: str,
) -> StudyPage:
    """Everything that is to be said."""
    return StudyPage(
        title=title,
        question=question,
        made_at=moment(made_at),
        version=version,
        banners=tuple(_banners(study.results)),
        recommendations=advice_of(_most_evidence_first(recommendations)),
        groups=tuple(_group(g, costs, f"g{i}") for i, g in enumerate(study.groups)),
        findings=tuple(findings_of(study)),
        spread=spread_in_words(study.pooled),
        runs=tuple(_runs(study)),
        sources=tuple(dict.fromkeys(r.source for r in study.results if r.source)),
        methods=tuple(methods_of(study, costs, made_at)),
    )


def _most_evidence_first(items: Sequence[Recommendation]) -> list[Recommendation]:
    """Those of a single type compare nothing, and are left to the tables below."""
    compared = [item for item in items if len(item.evidence) > 1]
    return sorted(compared or items, key=lambda item: -len(item.evidence))


def _banners(results: Sequence[Result]) -> Iterator[str]:
    published = sorted({r.model_version or "" for r in results if r.origin == "published"})
    if published:
        yield f"{_PUBLISHED}: GEOS-Chem Classic {', '.join(published)}. Sources are below."
    if any(result.is_smoke for result in results):
        yield SMOKE_BANNER


def _group(group: Group, costs: Sequence[CostColumn], key: str) -> GroupView:
    columns, rows = study_table(group, costs)
    return GroupView(
        title=describe_simulation(group.timed[0].sample.runs[0]),
        columns=columns,
        rows=tuple(rows),
        footnotes=footnotes_of(rows),
        figures=tuple(_figures(group, costs, key)),
        key=key,
    )


def _figures(group: Group, costs: Sequence[CostColumn], key: str) -> Iterator[Figure]:
    last = costs[-1] if costs else None
    points = [
        Point(timed.sample.label, timed.hours_per_sim_day, usd)
        for timed in group.timed
        if last and timed.hours_per_sim_day and (usd := last.usd(timed)[0])
    ]
    if last and len(points) > 1:
        yield Figure(
            "Time against cost",
            draw_costs(points, last.title, key=f"{key}-costs"),
            "Down and left is better. Blue: no other setup is shown to be both faster and cheaper. "
            "Lines are 95 % intervals.",
        )
    bars = [
        bar for timed in group.timed if (bar := _bar(timed.sample.label, timed.sample.runs[-1]))
    ]
    if len(bars) > 1:
        yield Figure(
            "Where the time goes",
            draw_bars(bars, "seconds of one run", key=f"{key}-parts"),
            "Timers that contain others, or are counted in others, are left out; grey is what no "
            "timer covers.",
        )


def _bar(label: str, run: Result) -> Bar | None:
    """None where its timers cannot be stacked."""
    parts, wall = parts_of(run.timers), run.wall_seconds[0]
    if not parts or sum(parts.values()) > wall * _OVERLAP:
        return None
    return Bar(label, parts, wall)


def _runs(study: Study) -> Iterator[RunRow]:
    for group in study.groups:
        for timed in group.timed:
            for run in timed.sample.all_runs:
                yield _run_row(timed.sample.label, run)
    for result in study.results:
        if result.status == "failed":
            yield _run_row(result.benchmark_id, result)


def _run_row(label: str, run: Result) -> RunRow:
    states = {True: "cold input", False: "warm", None: "–"}
    state = f"failed: {run.reason}" if run.status == "failed" else states[run.is_cold]
    seconds = run.wall_seconds
    return RunRow(
        setup=label,
        run=run.benchmark_run_id,
        seconds=" · ".join(number(wall, 6) for wall in seconds) or "–",
        hours=number(run.hours_per_sim_day, 4),
        input_seconds=number(run.timers.get("Input"), 4),
        state=state,
        source=run.source or run.output_path,
    )
