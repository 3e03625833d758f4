"""A matplotlib figure that is the same bytes every time and takes its colours from the page.

Colours are drawn in stand-ins and replaced by CSS variables, so that one drawing serves the light
and the dark page. Text stays text: it is read aloud, found and printed sharp, in the page's font.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from geoschem_bench.report.formats import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES = 8.6

INK, SOFT, GRID, PAPER = "#010101", "#020202", "#030303", "#040404"
SERIES = ("#0a0101", "#0a0102", "#0a0103", "#0a0104", "#0a0105", "#0a0106", "#0a0107")
"""Stand-ins of the page's palette (Okabe and Ito's, safe for the colour-blind)."""
REST = "#0a0108"

_VARIABLES = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    GRID: "var(--line)",
    PAPER: "var(--card)",
    REST: "var(--rest)",
} | {colour: f"var(--c{number})" for number, colour in enumerate(SERIES, 1)}

_STYLE: dict[Any, object] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same widths on every computer
    "font.size": 9.0,
    "text.color": INK,
    "text.parse_math": False,  # a `$` in somebody's text is a dollar
    "text.usetex": False,
    "axes.edgecolor": GRID,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 9.0,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.titlecolor": SOFT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "path.simplify": False,
}


@contextmanager
def drawing(key: str, height_inches: float) -> Iterator[tuple[Figure, list[str]]]:
    """A figure to draw on, and a list that holds its SVG afterwards.

    Args:
        key: Unlike any other figure's on the page: ids within the SVG are made of it.
        height_inches: Of the figure; its width is the same for all.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    svg: list[str] = []
    with mpl.rc_context({**_STYLE, "svg.hashsalt": key}), warnings.catch_warnings():
        # our font is for measuring only: the browser has the others
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
        FigureCanvasSVG(figure)
        yield figure, svg
        out = io.StringIO()
        none = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(out, format="svg", metadata=none)
        svg.append(out.getvalue())


def finish(raw: str, key: str, label: str) -> str:
    """Matplotlib's file → what stands in a page.

    Without prolog, metadata and style sheet, which name outside addresses or would style the
    whole page; with ids of its own and the page's colours.
    """
    text = raw[raw.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{key}-", text)
    text = re.sub("#0[0-9a-f]{5}", lambda m: _VARIABLES.get(m[0], m[0]), text)
    text = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font-size: \1", text)
    head = f'<svg role="img" aria-label="{escape(label)}"'
    return re.sub(r'<svg\b(.*?) width="[^"]*"', rf"{head}\1", text, count=1, flags=re.DOTALL)


def legend_text(text: str) -> str:
    """Short, and shown even where it begins with `_`, which matplotlib takes for "no entry"."""
    line = short(text)
    return f" {line}" if line.startswith("_") else line


def label_rows(axes: Axes, labels: list[str], values: list[str]) -> None:
    """Name above each row at the left, its number at the right: names may be 64 letters long."""
    from matplotlib.transforms import blended_transform_factory

    across = blended_transform_factory(axes.transAxes, axes.transData)
    for row, (label, value) in enumerate(zip(labels, values, strict=True)):
        axes.text(0, row - 0.3, label, transform=across, va="bottom", fontsize=9)
        axes.text(1, row - 0.3, value, transform=across, va="bottom", ha="right", fontsize=9,
                  color=SOFT)  # fmt: skip
    axes.set_ylim(len(labels) - 0.55, -0.75)
    axes.set_yticks([])
