"""Comparisons in words: the same on the terminal, in Markdown and in a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from geoschem_bench.analysis import Change, Estimate, scope_of
from geoschem_bench.pricing import Price
from geoschem_bench.report.comparisons.pairs import Cost, Pair
from geoschem_bench.report.formats import DASH, number, plain

MARKED_PERCENT = 10.0
"""From this change on a timer is marked by `*`, as GCPy does."""


def line(text: str | None) -> str:
    """Text of others as one plain line."""
    return " ".join(plain(text).split())


def signed(percent: float | None, decimals: int = 1) -> str:
    """`+12.3 %`, with a true minus sign."""
    if percent is None:
        return DASH
    text = f"{percent:+.{decimals}f} %"
    return text.replace("-", "\N{MINUS SIGN}")


def summary(pairs: Sequence[Pair]) -> str:
    """The verdict on a single candidate; of several, how many are faster, slower and so on."""
    if len(pairs) == 1:
        return headline(pairs[0])
    counts = Counter(pair.comparison.verdict for pair in pairs)
    told = ", ".join(f"{n} {text}" for text, n in counts.most_common())
    return f"{len(pairs)} candidates against {line(pairs[0].baseline.sample.label)}: {told}"


def headline(pair: Pair) -> str:
    """The verdict on the candidate, by name."""
    names = f"{line(pair.candidate.sample.label)} against {line(pair.baseline.sample.label)}"
    return f"{names}: {verdict(pair)}"


def verdict(pair: Pair) -> str:
    """`faster: −25.0 % of the time (95 % interval −26.1 to −23.9 %)`."""
    found = pair.comparison
    change = f"{signed(found.percent_change)} of the time"
    if found.percent_interval is None:
        return f"{found.verdict}: {_why_not(pair)} (measured: {change})"
    low, high = (signed(end) for end in found.percent_interval)
    return f"{found.verdict}: {change} (95 % interval {low.removesuffix(' %')} to {high})"


def _why_not(pair: Pair) -> str:
    sides = (pair.baseline.seconds, pair.candidate.seconds)
    if any(side.clock_uncertainty >= side.value for side in sides):
        return "a clock may be as wrong as the time is long"
    counts = [count(side) for side in sides]
    runs = f"{counts[0]} each" if counts[0] == counts[1] else " and ".join(counts)
    if scope_of(pair.baseline.sample) != scope_of(pair.candidate.sample):
        return f"{runs}, of two versions or origins, which need three runs on either side"
    return f"{runs}, and no spread between such runs is known"


def count(estimate: Estimate) -> str:
    """`3 runs`, or `5 repetitions` of a single one."""
    kind = estimate.kind if estimate.n != 1 else "run"
    return f"{estimate.n} {kind}"


def mark(percent: float | None) -> str:
    """`*` where a timer changed by 10 % or more."""
    return "*" if percent is not None and abs(percent) >= MARKED_PERCENT else ""


def change_percent(change: Change) -> float | None:
    """By GCPy's arithmetic, so that both mark the same timers: 90 after 100 is −10 exactly."""
    if not change.baseline or change.candidate is None:
        return None
    return (change.candidate - change.baseline) / change.baseline * 100


def price_in_words(price: Price) -> str:
    """`1.53 USD/h, us-east-1, on demand, of 2026-07-20`."""
    when = f"of {price.as_of}" if price.as_of else "undated"
    zone = price.zone or price.region
    option = price.purchase_option.replace("_", " ")
    return f"{price.usd_per_hour:g} USD/h, {zone}, {option}, {when}"


def cost_in_words(cost: Cost) -> str:
    """USD per simulated month."""
    return number(cost.usd.value) if cost.usd else DASH
