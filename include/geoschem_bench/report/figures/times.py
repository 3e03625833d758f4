"""Seconds, or hours per simulated day: every repetition of every benchmark of one simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoschem_bench import units
from geoschem_bench.analysis import Analysis, Spread
from geoschem_bench.records import Result
from geoschem_bench.report.figures.canvas import INK, SERIES, drawing, finish, label_rows
from geoschem_bench.report.formats import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_INCHES = 0.52
SMALLEST_RANGE_PERCENT = 1.0
"""Half the width of the right panel: less would make noise of a clock look like a finding."""


def draw_times(results: Sequence[Result], analysis: Analysis, *, is_speed: bool, key: str) -> str:
    """Left: from 0 on, so that lengths can be compared. Right: distance from the median."""
    unit = "h" if is_speed else "s"
    with drawing(key, 0.75 + ROW_INCHES * len(results)) as (figure, svg):
        left, right = figure.subplots(1, 2, width_ratios=(3, 2), sharey=True)
        values = []
        for row, result in enumerate(results):
            measures = analysis.of(result)
            spread = measures.wall_seconds if measures else None
            if spread is None:
                values.append(f"failed: {result.reason or 'unknown'}")
                continue
            factor = units.hours_per_sim_day(result.simulated_days, 1.0) if is_speed else 1.0
            _draw_row(left, row, result, spread, factor)
            _draw_distances(right, row, result, spread)
            values.append(f"{number(spread.median * factor, 4)} {unit}")
        label_rows(left, [result.benchmark_id for result in results], values)
        left.set_xlim(left=0)
        left.set_xlabel("wall-clock hours per simulated day" if is_speed else "wall-clock seconds")
        _finish_distances(right)
    return finish(svg[0], key, "Wall-clock time of each repetition: the table has the numbers")


def _draw_row(axes: Axes, row: int, result: Result, spread: Spread, factor: float) -> None:
    blue = SERIES[0]
    axes.barh(row, spread.median * factor, height=0.44, color=blue, alpha=0.22, linewidth=0)
    if spread.ci_low is not None and spread.ci_high is not None:
        axes.barh(row, (spread.ci_high - spread.ci_low) * factor, left=spread.ci_low * factor,
                  height=0.44, color=blue, alpha=0.3, linewidth=0)  # fmt: skip
    axes.vlines(spread.median * factor, row - 0.22, row + 0.22, color=blue, linewidth=2)
    walls = [wall * factor for wall in result.wall_seconds]
    axes.plot(walls, [row] * len(walls), "o", color=INK, markersize=3.6, alpha=0.75,
              markeredgewidth=0)  # fmt: skip
    warm = [wall * factor for wall in result.warmup_wall_seconds]
    axes.plot(warm, [row] * len(warm), "D", markerfacecolor="none", markeredgecolor=INK,
              markersize=3.6, markeredgewidth=0.8)  # fmt: skip


def _draw_distances(axes: Axes, row: int, result: Result, spread: Spread) -> None:
    def percent(value: float) -> float:
        return 100 * (value / spread.median - 1) if spread.median else 0.0

    if spread.ci_low is not None and spread.ci_high is not None:
        low, high = percent(spread.ci_low), percent(spread.ci_high)
        axes.barh(row, high - low, left=low, height=0.44, color=SERIES[0], alpha=0.3, linewidth=0)
    axes.vlines(0, row - 0.22, row + 0.22, color=SERIES[0], linewidth=2)
    walls = [percent(wall) for wall in result.wall_seconds]
    axes.plot(walls, [row] * len(walls), "o", color=INK, markersize=3.6, alpha=0.75,
              markeredgewidth=0)  # fmt: skip


def _finish_distances(axes: Axes) -> None:
    axes.autoscale_view()
    low, high = axes.get_xlim()
    half = 1.05 * max(-low, high, SMALLEST_RANGE_PERCENT)
    axes.set_xlim(-half, half)
    axes.set_xlabel("distance from the median, %")
