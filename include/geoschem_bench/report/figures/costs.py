"""Time against cost: what is down and left of everything else is worth choosing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geoschem_bench.analysis import Estimate
from geoschem_bench.report.figures.canvas import INK, SERIES, SOFT, drawing, finish, legend_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT_INCHES = 4.2
LINE_POINTS = 10
_BLUE, _GREY = SERIES[0], SOFT


@dataclass(frozen=True)
class Point:
    """One setup."""

    label: str
    hours: Estimate
    """Wall-clock hours per simulated day."""
    usd: Estimate
    """Per simulated month."""


def draw_costs(points: Sequence[Point], price: str, *, key: str) -> str:
    """A point for each setup with its 95 % intervals; full where none is faster and cheaper.

    Points are not joined: there is no setup between two instance types.
    """
    with drawing(key, HEIGHT_INCHES) as (figure, svg):
        axes = figure.subplots()
        axes.grid(visible=True, axis="both")
        ordered = sorted(points, key=lambda point: point.usd.value)
        for place, point in enumerate(ordered):
            crowd = [below for below in ordered[:place] if _is_near(below, point, points)]
            is_best = not any(_beats(other, point) for other in points)
            _draw_point(axes, point, lines_up=len(crowd), is_best=is_best)
        axes.set_xlim(0, 1.25 * max(point.hours.value for point in points))
        axes.set_ylim(0, 1.15 * max(point.usd.value for point in points))
        axes.set_xlabel("wall-clock hours per simulated day")
        axes.set_ylabel(f"USD per simulated month, {price}")
    return finish(svg[0], key, "Time against cost: the table has the numbers")


def _beats(other: Point, point: Point) -> bool:
    """Faster and cheaper, both beyond their intervals."""
    return _is_less(other.hours, point.hours) and _is_less(other.usd, point.usd)


def _is_less(one: Estimate, other: Estimate) -> bool:
    if one.high is None or other.low is None:
        return one.value < other.value
    return one.high < other.low


def _is_near(one: Point, other: Point, points: Sequence[Point]) -> bool:
    """So near that their names would lie on each other."""
    width = max(point.hours.value for point in points)
    height = max(point.usd.value for point in points)
    across = abs(one.hours.value - other.hours.value) / width
    return across < 0.2 and abs(one.usd.value - other.usd.value) / height < 0.04


def _draw_point(axes: Axes, point: Point, *, lines_up: int, is_best: bool) -> None:
    hours, usd = point.hours, point.usd
    colour = _BLUE if is_best else _GREY
    if hours.low is not None and hours.high is not None:
        axes.hlines(usd.value, hours.low, hours.high, color=colour, linewidth=1.6)
    if usd.low is not None and usd.high is not None:
        axes.vlines(hours.value, usd.low, usd.high, color=colour, linewidth=1.6)
    axes.plot([hours.value], [usd.value], "o", markersize=6.5, color=colour,
              markerfacecolor=colour if is_best else "none")  # fmt: skip
    axes.annotate(
        legend_text(point.label), (hours.value, usd.value), xytext=(9, -3 + LINE_POINTS * lines_up),
        textcoords="offset points", fontsize=8.5, color=INK if is_best else _GREY,
    )  # fmt: skip
