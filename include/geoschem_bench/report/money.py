"""What the run was to cost at most, what it was allowed, and what it has cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from geoschem_bench.pricing import Estimate, Price, beside_budget, headline, usd
from geoschem_bench.records import BudgetDecision, RunCosts, RunPlanFile, SubmissionCost
from geoschem_bench.report.formats import DASH, number
from geoschem_bench.units import SECONDS_PER_HOUR


@dataclass(frozen=True)
class SpentRow:
    """One submission of one benchmark."""

    benchmark_id: str
    submission: str
    where: str
    came_of_it: str
    hours: str
    price: str
    usd: str
    why: str


@dataclass(frozen=True)
class Money:
    """The section on the run's cost."""

    facts: tuple[tuple[str, str], ...]
    rows: tuple[SpentRow, ...]


def money_of(
    plan: RunPlanFile | None, costs: RunCosts | None, decision: BudgetDecision | None
) -> Money | None:
    """The section; None where neither plan nor loading knows of money."""
    estimate = plan.estimate if plan else None
    if estimate is None and costs is None:
        return None
    facts = []
    if costs:
        facts.append(("Spent", _plain(costs.headline())))
    if estimate:
        facts += [("Planned", _plain(headline(estimate))), ("Budget", beside_budget(estimate))]
    facts += [("Price", _price(price)) for price in _prices(estimate, costs)]
    if decision and decision.outcome != "within":
        facts.append(("Decision", decision.message))
    billed = costs.submissions if costs and not costs.is_free else ()
    return Money(tuple(facts), tuple(_row(each) for each in billed))


def refusal_of(decision: BudgetDecision | None) -> str | None:
    """The verdict on a run that was not let to spend; None where it was."""
    if decision is None or decision.may_spend:
        return None
    said = {"stopped": "Over budget", "waiting": "Not approved yet"}
    return f"{said.get(decision.outcome, 'Not approved')}: nothing was submitted"


def _plain(words: str) -> str:
    """Without what the row's name says already."""
    return words.split(": ", 1)[1]


def _prices(estimate: Estimate | None, costs: RunCosts | None) -> Iterable[Price]:
    """Each once, those of the plan first."""
    planned = estimate.prices if estimate else ()
    paid = [each.price for each in costs.submissions if each.price] if costs else []
    return dict.fromkeys([*planned, *paid])


def _price(price: Price) -> str:
    option, day = price.purchase_option.replace("_", "-"), price.as_of or "undated"
    return (
        f"{price.instance_type} {option}, {price.region}: {price.usd_per_hour} USD per hour, "
        f"{day}; {price.source}"
    )


def _row(cost: SubmissionCost) -> SpentRow:
    nodes = f"{cost.nodes} × " if cost.nodes > 1 else ""
    return SpentRow(
        benchmark_id=cost.benchmark_id,
        submission=str(cost.submission),
        where=f"{nodes}{cost.instance_type}, {cost.purchase_option.replace('_', '-')}",
        came_of_it=str(cost.reason or cost.status.lower()),
        hours=DASH if cost.seconds is None else number(cost.seconds / SECONDS_PER_HOUR),
        price=number(cost.price.usd_per_hour) if cost.price else DASH,
        usd=DASH if cost.usd is None else usd(cost.usd).removeprefix("USD "),
        why=cost.why or "",
    )
