"""Time by component, stacked: a change in one component is what a developer can act on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geoschem_bench.analysis import Analysis
from geoschem_bench.records import Result
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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_INCHES = 0.52
SMALLEST_LABEL = 0.09
"""Share of the longest row from which on a segment has room for its percentage."""
PER_LINE = 5
OTHERS = "other timers"
UNTIMED = "no timer"


@dataclass(frozen=True)
class Bar:
    """One row: parts of a whole."""

    label: str
    parts: Mapping[str, float]
    """Seconds by name."""
    whole: float
    """Seconds; what the parts leave is drawn grey."""

    @property
    def length(self) -> float:
        """Of the drawn bar, seconds."""
        return max(self.whole, sum(self.parts.values()))


def draw_components(results: Sequence[Result], analysis: Analysis, *, key: str) -> str:
    """One row for each result; all must have components that do not overlap."""
    measured = [(r, m) for r in results if (m := analysis.of(r))]
    bars = [
        Bar(result.benchmark_id, {c.name: c.seconds for c in m.components}, m.wall_seconds.median)
        for result, m in measured
        if m.wall_seconds
    ]
    return draw_bars(bars, "seconds, median of the timed repetitions", key=key)


def draw_bars(bars: Sequence[Bar], unit: str, *, key: str) -> str:
    """One stacked bar for each row, the same colour for a part in all of them."""
    colours = _colours(bars)
    lines = -(-len(colours) // PER_LINE)
    with drawing(key, 0.85 + ROW_INCHES * len(bars) + 0.18 * lines) as (figure, svg):
        axes = figure.subplots()
        longest = max(bar.length for bar in bars)
        for row, bar in enumerate(bars):
            _draw_row(axes, row, bar, colours, longest)
        label_rows(axes, [bar.label for bar in bars], [f"{number(b.whole, 4)} s" for b in bars])
        axes.set_xlim(0, longest * 1.02)
        axes.set_xlabel(unit)
        _legend(figure, colours)
    return finish(svg[0], key, "Seconds by component: the details have the numbers")


def _colours(bars: Sequence[Bar]) -> dict[str, str]:
    """The same colour for a component in every row, the largest first; the least share grey."""
    totals: dict[str, float] = {}
    for bar in bars:
        for name, seconds in bar.parts.items():
            totals[name] = totals.get(name, 0.0) + seconds
    names = sorted(totals, key=lambda name: (-totals[name], name))
    colours = dict(zip(names, SERIES, strict=False))
    if len(names) > len(SERIES):
        colours = dict(zip(names[:-1], SERIES[:-1], strict=False)) | {OTHERS: SERIES[-1]}
    return colours | {UNTIMED: REST}


def _segments(bar: Bar, colours: dict[str, str]) -> dict[str, float]:
    seconds = dict.fromkeys(colours, 0.0)
    for name, value in bar.parts.items():
        seconds[name if name in colours else OTHERS] += value
    seconds[UNTIMED] = max(0.0, bar.whole - sum(seconds.values()))
    return seconds


def _draw_row(axes: Axes, row: int, bar: Bar, colours: dict[str, str], longest: float) -> None:
    start = 0.0
    for name, seconds in _segments(bar, colours).items():
        if seconds <= 0:
            continue
        axes.barh(row, seconds, left=start, height=0.44, color=colours[name], edgecolor=PAPER,
                  linewidth=0.8)  # fmt: skip
        if seconds >= SMALLEST_LABEL * longest:
            axes.text(start + seconds / 2, row, f"{100 * seconds / bar.length:.0f} %", ha="center",
                      va="center", fontsize=8.5, color=INK)  # fmt: skip
        start += seconds


def _legend(figure: Figure, colours: dict[str, str]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=colour, label=legend_text(name)) for name, colour in colours.items()]
    figure.legend(handles=handles, loc="outside upper left", ncols=PER_LINE)
