"""Time by component, stacked: a change in one component is what a developer can act on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoschem_bench.analysis import Analysis, Measures
from geoschem_bench.report.figures.canvas import (
    INK,
    PAPER,
    REST,
    SERIES,
    drawing,
    finish,
    label_rows,
    legend_text,
)
from geoschem_bench.report.formats import number
from geoschem_bench.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_INCHES = 0.52
SMALLEST_LABEL = 0.09
"""Share of the longest row from which on a segment has room for its percentage."""
PER_LINE = 5
OTHERS = "other timers"
UNTIMED = "no timer"


def draw_components(results: Sequence[Result], analysis: Analysis, *, key: str) -> str:
    """One row for each result; all must have components that do not overlap."""
    measured = [(r, m) for r in results if (m := analysis.of(r)) and m.wall_seconds]
    colours = _colours([measures for _, measures in measured])
    lines = -(-len(colours) // PER_LINE)
    with drawing(key, 0.85 + ROW_INCHES * len(measured) + 0.18 * lines) as (figure, svg):
        axes = figure.subplots()
        longest = max(_length(measures) for _, measures in measured)
        for row, (_, measures) in enumerate(measured):
            _draw_row(axes, row, measures, colours, longest)
        walls = [f"{number(m.wall_seconds.median, 4)} s" for _, m in measured if m.wall_seconds]
        label_rows(axes, [result.benchmark_id for result, _ in measured], walls)
        axes.set_xlim(0, longest * 1.02)
        axes.set_xlabel("seconds, median of the timed repetitions")
        _legend(figure, colours)
    return finish(svg[0], key, "Seconds by component: the details have the numbers")


def _colours(measured: Sequence[Measures]) -> dict[str, str]:
    """The same colour for a component in every row, the largest first; the least share grey."""
    totals: dict[str, float] = {}
    for measures in measured:
        for part in measures.components:
            totals[part.name] = totals.get(part.name, 0.0) + part.seconds
    names = sorted(totals, key=lambda name: (-totals[name], name))
    colours = dict(zip(names, SERIES, strict=False))
    if len(names) > len(SERIES):
        colours = dict(zip(names[:-1], SERIES[:-1], strict=False)) | {OTHERS: SERIES[-1]}
    return colours | {UNTIMED: REST}


def _segments(measures: Measures, colours: dict[str, str]) -> dict[str, float]:
    seconds = dict.fromkeys(colours, 0.0)
    for part in measures.components:
        seconds[part.name if part.name in colours else OTHERS] += part.seconds
    wall = measures.wall_seconds.median if measures.wall_seconds else 0.0
    seconds[UNTIMED] = max(0.0, wall - sum(seconds.values()))
    return seconds


def _length(measures: Measures) -> float:
    wall = measures.wall_seconds.median if measures.wall_seconds else 0.0
    return max(wall, sum(part.seconds for part in measures.components))


def _draw_row(
    axes: Axes, row: int, measures: Measures, colours: dict[str, str], longest: float
) -> None:
    start, whole = 0.0, _length(measures)
    for name, seconds in _segments(measures, colours).items():
        if seconds <= 0:
            continue
        axes.barh(row, seconds, left=start, height=0.44, color=colours[name], edgecolor=PAPER,
                  linewidth=0.8)  # fmt: skip
        if seconds >= SMALLEST_LABEL * longest:
            axes.text(start + seconds / 2, row, f"{100 * seconds / whole:.0f} %", ha="center",
                      va="center", fontsize=8.5, color=INK)  # fmt: skip
        start += seconds


def _legend(figure: Figure, colours: dict[str, str]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=colour, label=legend_text(name)) for name, colour in colours.items()]
    figure.legend(handles=handles, loc="outside upper left", ncols=PER_LINE)
