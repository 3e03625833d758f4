"""Many rounds in one table, and what a draw without a violation says of the next fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmarks.chaos.invariants import NAMES, Violation
from benchmarks.chaos.plan import Kind
from benchmarks.chaos.play import Round

_CONFIDENCE = 0.95


def upper_bound(faults: int) -> float:
    """Of the share of faults that break something, 95 % sure, when none of so many did.

    The exact form of the rule of three, 3/n.
    """
    return 1.0 - (1.0 - _CONFIDENCE) ** (1.0 / faults) if faults else 1.0


def table(rounds: Sequence[Round], planned: int, seed: int, runs: int) -> str:
    """Markdown: each kind of fault, then what was found; says if rounds of the plan are missing."""
    blows = [blow for each in rounds for blow in each.blows]
    found = [violation for each in rounds for violation in each.violations]
    struck = Counter(blow.strike.kind for blow in blows if not blow.missed)
    missed = Counter(blow.strike.kind for blow in blows if blow.missed)
    fell = sum(each.fell for each in rounds)
    minutes = sum(each.seconds for each in rounds) / 60
    lines = ["| fault | struck | missed |", "|---|---|---|"]
    lines += [f"| {kind} | {struck[kind]} | {missed[kind]} |" for kind in Kind]
    lines += [
        f"| all | {struck.total()} | {missed.total()} |",
        "",
        f"Seed {seed}: {len(rounds)} of {planned} rounds{_unless(len(rounds) == planned)}, "
        f"{runs} runs at once, {minutes:.0f} minutes. A fault "
        "that found nothing to hit, such as no task with a process, is missed and not counted. "
        f"{fell} times a component ended by itself, through a fault in another, and was started "
        "again.",
        "",
        verdict(found, struck.total()),
    ]
    return "\n".join(lines)


def _unless(is_whole: bool) -> str:
    return "" if is_whole else " (the draw was not finished)"


def verdict(found: Sequence[Violation], struck: int) -> str:
    """How many of each violation; without any, the bound."""
    counts = Counter(violation.name for violation in found)
    said = ", ".join(f"{name} {counts[name]}" for name in NAMES)
    if found:
        return f"Violations: {said}."
    return (
        f"Violations: {said}. None in {struck} faults: with 95 % confidence fewer than "
        f"{upper_bound(struck):.2%} of such faults cause one."
    )
