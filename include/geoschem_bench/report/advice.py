"""Recommendations as the page says them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geoschem_bench.recommendation import Answer, Evidence, Recommendation
from geoschem_bench.report.formats import DASH, days_of

_NONE = {
    "fastest": "No instance type is shown to be the fastest",
    "cheapest": "No instance type is shown to be the cheapest",
}


@dataclass(frozen=True)
class Said:
    """One or more answers with the same reason."""

    headline: str
    reason: str


@dataclass(frozen=True)
class Advice:
    """A recommendation, and every simulation of which the very same is to be said."""

    simulations: tuple[str, ...]
    item: Recommendation
    answers: tuple[Said, ...]


def advice_of(recommendations: Sequence[Recommendation]) -> tuple[Advice, ...]:
    """Six times the same "not enough data" is said once, with six names above it."""
    same: dict[str, list[Recommendation]] = {}
    for item in recommendations:
        same.setdefault(repr(item.model_dump(exclude={"simulation"})), []).append(item)
    return tuple(
        Advice(tuple(item.simulation for item in items), items[0], sayings(items[0]))
        for items in same.values()
    )


def sayings(item: Recommendation) -> tuple[Said, ...]:
    """Headline and reason of each answer; all of them once where they have the same reason."""
    if not any(answer.choice for answer in item.answers):
        reasons = dict.fromkeys(answer.reason for answer in item.answers)
        if len(reasons) == 1:
            return (Said("No instance type is recommended", *reasons),)
    return tuple(Said(headline_of(answer), answer.reason) for answer in item.answers)


def headline_of(answer: Answer) -> str:
    """`Fastest: c5.9xlarge, 36 threads`."""
    question = answer.question[:1].upper() + answer.question[1:]
    if answer.choice:
        machine = answer.choice.rsplit(" ", 1)[-1]
        return f"{question}: {answer.choice}{(answer.setup or machine).removeprefix(machine)}"
    return _NONE.get(answer.question, f"{question}: none can be named")


def measured(proof: Evidence) -> str:
    """When; or that others published it."""
    return days_of(proof.measured_at) or ("published" if proof.sources else DASH)
