"""The tables of a comparison, as plain text: the terminal and Markdown draw the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geoschem_bench.analysis import Change, Difference, Estimate
from geoschem_bench.recommendation import describe_simulation
from geoschem_bench.report.comparisons.pairs import Pair, Side
from geoschem_bench.report.comparisons.wording import (
    change_percent,
    cost_in_words,
    count,
    line,
    mark,
    price_in_words,
    signed,
)
from geoschem_bench.report.formats import DASH, number, span

MOST_IN_FULL = 3
"""Candidates: with more, what differs and the timers would be screens long."""

_HIDDEN = "for what differs and the timers, compare fewer at a time, or take --format csv or json"


@dataclass(frozen=True)
class Section:
    """One table."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def title(pairs: Sequence[Pair]) -> str:
    """What was simulated; the version only where there is one."""
    runs = [pairs[0].baseline.sample.runs[0], *(pair.candidate.sample.runs[0] for pair in pairs)]
    versions = {run.model_version for run in runs}
    shown = runs[0] if len(versions) == 1 else runs[0].model_copy(update={"model_version": None})
    return line(describe_simulation(shown))


def sections(pairs: Sequence[Pair]) -> Iterator[Section]:
    """Times, cost, and for each of a few candidates what differs and the timers."""
    yield _times(pairs)
    cost = _cost(pairs)
    if any(cell != DASH for row in cost.rows for cell in row[1:]):
        yield cost
    if len(pairs) > MOST_IN_FULL:
        return
    for pair in pairs:
        about = f": {line(pair.candidate.sample.label)}" if len(pairs) > 1 else ""
        if pair.comparison.differences:
            yield _differences(f"What differs{about}", pair.comparison.differences)
        changes = [pair.comparison.peak_memory_gib, pair.comparison.cpu_efficiency]
        known = [change for change in changes if change]
        if known:
            yield _resources(f"Memory and CPU{about}", known)
        if pair.comparison.timers:
            yield _timers(f"Timers, seconds (* from ±10 % on){about}", pair.comparison.timers)


def hidden(pairs: Sequence[Pair]) -> list[str]:
    """What the tables leave out, in a sentence."""
    return [_HIDDEN] if len(pairs) > MOST_IN_FULL else []


def _sides(pairs: Sequence[Pair]) -> list[tuple[str, Side, Pair | None]]:
    return [
        ("baseline", pairs[0].baseline, None),
        *(("candidate", pair.candidate, pair) for pair in pairs),
    ]


def _times(pairs: Sequence[Pair]) -> Section:
    is_model = pairs[0].baseline.hours_per_sim_day is not None
    unit = "h / sim day" if is_model else "seconds"
    columns = ("", "setup", "n", unit, "95 % interval", "change", "95 % interval", "verdict")
    rows = []
    for role, side, pair in _sides(pairs):
        shown = side.hours_per_sim_day or side.seconds
        name = f"{role} (published)" if side.is_published else role
        rows.append((name, line(side.sample.label), count(side.seconds), number(shown.value, 4),
                     _interval(shown), *_change(pair)))  # fmt: skip
    return Section("Times", columns, tuple(rows))


def _interval(estimate: Estimate) -> str:
    return span(estimate.low, estimate.high)


def _change(pair: Pair | None) -> tuple[str, str, str]:
    if pair is None:
        return "", "", ""
    found = pair.comparison
    ends = found.percent_interval
    interval = f"{signed(ends[0]).removesuffix(' %')} to {signed(ends[1])}" if ends else DASH
    return signed(found.percent_change), interval, found.verdict


def _cost(pairs: Sequence[Pair]) -> Section:
    columns = ("setup", "USD / sim month", "95 % interval", "price", "SYPD", "CHSY", "ASYPD")
    rows = []
    for _, side, _ in _sides(pairs):
        cost, cpmip = side.cost, side.cpmip
        rows.append((
            line(side.sample.label),
            cost_in_words(cost),
            _interval(cost.usd) if cost.usd else DASH,
            price_in_words(cost.price) if cost.price else DASH,
            *(number(value) for value in
              ((cpmip.sypd, cpmip.chsy, cpmip.asypd) if cpmip else (None, None, None))),
        ))  # fmt: skip
    return Section("Cost and CPMIP's measures", columns, tuple(rows))


def _differences(title: str, differences: Sequence[Difference]) -> Section:
    rows = tuple(
        (line(item.factor), line(item.baseline) or "not known", line(item.candidate) or "not known",
         f"follows from {line(item.implied_by)}" if item.implied_by else "")
        for item in differences
    )  # fmt: skip
    return Section(title, ("factor", "baseline", "candidate", ""), rows)


def _resources(title: str, changes: Sequence[Change]) -> Section:
    rows = tuple(
        (item.name + (", GiB" if "memory" in item.name else ""), number(item.baseline),
         number(item.candidate), signed(item.percent))
        for item in changes
    )  # fmt: skip
    return Section(title, ("", "baseline", "candidate", "change"), rows)


def _timers(title: str, timers: Sequence[Change]) -> Section:
    rows = tuple(
        (line(item.name), _seconds(item.baseline), _seconds(item.candidate),
         signed(change_percent(item)), mark(change_percent(item)))
        for item in timers
    )  # fmt: skip
    return Section(title, ("timer", "baseline", "candidate", "change", ""), rows)


def _seconds(value: float | None) -> str:
    return DASH if value is None else f"{value:,.3f}"
