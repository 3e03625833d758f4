"""Thread scaling: absolute seconds beside speed-up, each with its ideal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from geoschem_bench.analysis import ScalingSeries
from geoschem_bench.records import Result
from geoschem_bench.report.figures.canvas import INK, SERIES, SOFT, drawing, finish, legend_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HEIGHT_INCHES = 2.8
_DOTS: dict[str, Any] = {
    "color": INK, "markersize": 3.2, "alpha": 0.6, "markeredgewidth": 0, "zorder": 4,
}  # fmt: skip
LOG_FROM = 8
"""Ratio of most to fewest threads from which on both axes double instead of add."""


def draw_scaling(series: Sequence[ScalingSeries], results: Sequence[Result], *, key: str) -> str:
    """All series of one simulation; small dots are repetitions, large markers medians."""
    with drawing(key, HEIGHT_INCHES) as (figure, svg):
        seconds, speedups = figure.subplots(1, 2, gridspec_kw={"wspace": 0.08})
        counts = sorted({point.threads for one in series for point in one.points})
        is_log = counts[-1] / counts[0] >= LOG_FROM
        for number, one in enumerate(series):
            style = SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)]
            walls = {r.benchmark_id: r.wall_seconds for r in results
                     if r.benchmark_run_id == one.benchmark_run_id}  # fmt: skip
            _draw_series(seconds, speedups, one, walls, style)
        for axes in (seconds, speedups):
            _finish(axes, counts, is_log)
        seconds.set_ylabel("wall-clock seconds")
        speedups.set_ylabel("speed-up over the fewest threads")
        if len(series) > 1:
            figure.legend(handles=seconds.get_legend_handles_labels()[0],
                          loc="outside upper left", ncols=3)  # fmt: skip
    return finish(svg[0], key, "Seconds and speed-up by number of threads")


def _draw_series(
    seconds: Axes,
    speedups: Axes,
    series: ScalingSeries,
    walls: dict[str, tuple[float, ...]],
    style: tuple[str, str],
) -> None:
    colour, marker = style
    base, base_seconds = series.baseline_threads, series.baseline_seconds
    most = series.points[-1].threads
    steps = [base + (most - base) * step / 50 for step in range(51)]
    ideal: dict[str, Any] = {"color": SOFT, "linestyle": (0, (4, 3)), "linewidth": 1.0, "zorder": 1}
    seconds.plot(steps, [base_seconds * base / step for step in steps], **ideal)
    speedups.plot([base, most], [1, most / base], **ideal)
    for point in series.points:
        repetitions = walls.get(point.benchmark_id, ())
        across = [point.threads] * len(repetitions)
        seconds.plot(across, repetitions, "o", **_DOTS)
        speedups.plot(across, [base_seconds / wall for wall in repetitions], "o", **_DOTS)
        if point.speedup_low is not None and point.speedup_high is not None:
            speedups.vlines(point.threads, point.speedup_low, point.speedup_high, color=colour,
                            linewidth=2, zorder=2)  # fmt: skip
    counts = [point.threads for point in series.points]
    big: dict[str, Any] = {"color": colour, "markersize": 8, "alpha": 0.8, "linestyle": "none",
           "marker": marker, "markeredgewidth": 0, "zorder": 3}  # fmt: skip
    medians = [point.median_seconds for point in series.points]
    seconds.plot(counts, medians, label=legend_text(series.machine_class), **big)
    speedups.plot(counts, [point.speedup for point in series.points], **big)


def _finish(axes: Axes, counts: list[int], is_log: bool) -> None:
    from matplotlib.ticker import NullLocator, ScalarFormatter

    if is_log:
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter(ScalarFormatter())
    else:
        axes.set_ylim(bottom=0)
        axes.locator_params(axis="y", nbins=5)
        axes.margins(x=0.12)
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(visible=True, axis="both")
    axes.set_xlabel("threads")
