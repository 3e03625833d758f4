"""What each factor does, in sentences with their uncertainty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from geoschem_bench.analysis import (
    ColdEffect,
    Combined,
    Comparison,
    Effect,
    PooledSpread,
    ScopeSpread,
    Study,
)
from geoschem_bench.report.formats import DASH, number, percent


@dataclass(frozen=True)
class FindingRow:
    """One pair of setups."""

    baseline: str
    candidate: str
    change: str
    """Of the time, percent."""
    change_interval: str
    speed: str
    """How many times as fast."""
    speed_interval: str
    verdict: str
    largest_timer: str
    """The part whose seconds changed most."""


@dataclass(frozen=True)
class Finding:
    """One factor."""

    title: str
    summary: str
    rows: tuple[FindingRow, ...]


def findings_of(study: Study) -> Iterator[Finding]:
    """One for each factor that was varied alone, then what cold input costs."""
    titles = Counter(map(_title, study.effects))
    for effect in study.effects:
        title = _title(effect)
        if titles[title] > 1:
            title = f"{title}; {effect.label}"
        yield Finding(title, _summary(effect), tuple(_row(pair) for pair in effect.pairs))
    for cold in study.cold:
        yield _cold(cold, f"; {cold.label}" if len(study.cold) > 1 else "")


def _title(effect: Effect) -> str:
    return f"{effect.factor}: {effect.baseline or 'not known'} → {effect.candidate or 'not known'}"


def spread_in_words(pooled: PooledSpread | None) -> str:
    """Where the intervals come from."""
    if pooled is None:
        return "No setup ran more than once, so that nothing is known of how much runs vary."
    return " ".join(_spread(spread, is_only=len(pooled.spreads) == 1) for spread in pooled.spreads)


def _spread(spread: ScopeSpread, *, is_only: bool) -> str:
    scope = "" if is_only else f" of {spread.label}"
    setups = f"{spread.samples} setup{'' if spread.samples == 1 else 's'}"
    degrees = f"{spread.degrees_of_freedom} degree{'' if spread.degrees_of_freedom == 1 else 's'}"
    return (
        f"Runs of one setup{scope} vary by {number(100 * spread.sigma, 2)} % (standard deviation, "
        f"pooled on the log scale over {setups} with {spread.runs} runs, "
        f"{degrees} of freedom; where one of the runs read cold input, "
        "the seconds of the timer Input are taken off both first)."
    )


def _row(pair: Comparison) -> FindingRow:
    interval, speeds = pair.percent_interval, pair.speedup_interval
    return FindingRow(
        baseline=pair.baseline,
        candidate=pair.candidate,
        change=signed(pair.percent_change),
        change_interval=f"{signed(interval[0])} to {signed(interval[1])}" if interval else "",
        speed=f"{pair.speedup:.2f} ×",
        speed_interval=f"{speeds[0]:.2f} to {speeds[1]:.2f}" if speeds else "",
        verdict=pair.verdict,
        largest_timer=_largest_timer(pair),
    )


def signed(value: float) -> str:
    """`+3.4 %`."""
    return f"{value:+.1f} %".replace("-", "−")


def _largest_timer(pair: Comparison) -> str:
    changed = [t for t in pair.timers if t.baseline and t.candidate]
    if not changed:
        return DASH
    most = max(changed, key=lambda t: abs((t.candidate or 0.0) - (t.baseline or 0.0))
               if t.name not in ("GEOS-Chem", "Timesteps") else 0.0)  # fmt: skip
    return f"{most.name}: {number(most.baseline, 4)} → {number(most.candidate, 4)} s"


def _summary(effect: Effect) -> str:
    combined = effect.combined
    if combined is None:
        return _one(effect.pairs[0])
    if combined.is_one_effect is False:
        low, high = signed(100 * (combined.smallest - 1)), signed(100 * (combined.largest - 1))
        return f"It depends on the rest: {low} to {high} of the time over {combined.n} pairs."
    return f"{_mean(combined)} over {combined.n} pairs: {combined.verdict}."


def _one(pair: Comparison) -> str:
    if pair.verdict == "cannot tell":
        return (f"{signed(pair.percent_change)} of the time, single runs: two numbers "
                "alone cannot tell an effect from chance.")  # fmt: skip
    low, high = pair.percent_interval or (0.0, 0.0)
    if pair.verdict == "no difference shown":
        return f"No difference shown ({signed(low)} to {signed(high)} of the time)."
    low_speed, high_speed = pair.speedup_interval or (0.0, 0.0)
    return (f"{signed(pair.percent_change)} of the time: {pair.speedup:.2f} times as fast "
            f"(95 %: {low_speed:.2f} to {high_speed:.2f}).")  # fmt: skip


def _mean(combined: Combined) -> str:
    if combined.ratio_low is None or combined.ratio_high is None:
        return f"{signed(combined.percent_change)} of the time"
    low, high = 100 * (combined.ratio_low - 1), 100 * (combined.ratio_high - 1)
    return f"{signed(combined.percent_change)} of the time ({signed(low)} to {signed(high)})"


def _cold(cold: ColdEffect, scope: str) -> Finding:
    interval = ""
    if cold.low is not None and cold.high is not None:
        interval = f" (95 %: {number(cold.low)} to {number(cold.high)} s)"
    pairs = f"{cold.n} pair{'' if cold.n == 1 else 's'}"
    return Finding(
        f"Cold input: read for the first time{scope}",
        f"{number(cold.mean_seconds)} s more in the timer Input{interval}, "
        f"{percent(cold.mean_share, 1)} % of a run, mean of {pairs}.",
        tuple(
            FindingRow(
                baseline=pair.label,
                candidate="the same, cold",
                change=f"+{number(pair.extra_seconds)} s",
                change_interval=f"{percent(pair.share, 1)} % of the run",
                speed=DASH,
                speed_interval="",
                verdict=DASH,
                largest_timer="Input",
            )
            for pair in cold.pairs
        ),
    )
