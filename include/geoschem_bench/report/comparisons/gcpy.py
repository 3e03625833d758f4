"""Timers as GCPy prints them, for people and programs that know its `Benchmark_Timers` files.

As `display_timers` of gcpy/benchmark/modules/benchmark_scrape_gcclassic_timers.py does, but for
any timers: GCPy knows those of 14.x by name and stops at a log without one of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from geoschem_bench.analysis import Change
from geoschem_bench.report.comparisons.pairs import Pair
from geoschem_bench.report.comparisons.wording import change_percent, line, mark

_WIDTH = 79
_MODELS = {"gc-classic": "GEOS-Chem Classic", "gchp": "GCHP", "proxy": "Proxy (not GEOS-Chem)"}


def gcpy_table(pairs: Sequence[Pair]) -> str:
    """A table for each pair; Ref is the baseline and Dev the candidate."""
    return "\n\n".join("\n".join(_lines(pair)) + "\n" for pair in pairs)


def _lines(pair: Pair) -> Iterator[str]:
    application = pair.baseline.sample.setup.simulation.application
    yield "%" * _WIDTH
    yield f"%%% {_MODELS.get(application, line(application))} Benchmark Timing Information"
    yield "%%%"
    yield f"%%% Ref = {line(pair.baseline.sample.label)}"
    yield f"%%% Dev = {line(pair.candidate.sample.label)}"
    yield "%" * _WIDTH
    yield from ("", "")
    yield f"{'Timer':<22}  {'Ref [s]':>18}  {'Dev [s]':>18}   {'% Diff':>12}"
    yield "-" * _WIDTH
    yield from map(_row, pair.comparison.timers)


def _row(timer: Change) -> str:
    """`nan` where the timer did not run; longer names push the columns, as in GCPy."""
    percent = change_percent(timer)
    name = line(timer.name) or "(no name)"
    row = (f"{name:<22}  {_number(timer.baseline):>18.3f}  "
           f"{_number(timer.candidate):>18.3f}   {_number(percent):>12.3f}")  # fmt: skip
    return f"{row} {mark(percent)}".rstrip()


def _number(value: float | None) -> float:
    return math.nan if value is None else value
