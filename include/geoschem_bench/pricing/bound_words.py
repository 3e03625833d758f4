"""An estimate in words: for the plan, the budget's task and whoever is asked to approve."""

from __future__ import annotations

from collections.abc import Iterator

from geoschem_bench.pricing.upper_bound import COSTS_NOTHING, CostLine, Estimate
from geoschem_bench.units import SECONDS_PER_HOUR

_LISTED = 20
"""Benchmarks in the table of a request for approval; the rest is in plan.json."""


def usd(amount: float | None) -> str:
    """`USD 12.30`; small amounts keep their digits."""
    if amount is None:
        return "not known"
    return f"USD {amount:,.2f}" if amount >= 0.1 or amount == 0 else f"USD {amount:.2g}"


def headline(estimate: Estimate) -> str:
    """The bound in one sentence."""
    if estimate.is_free:
        return f"Cost: it {COSTS_NOTHING}."
    if estimate.usd is None:
        return f"Cost: cannot tell. {' '.join(estimate.missing)}"
    return (
        f"Cost: at most {usd(estimate.usd)}: each job to its time limit, submitted "
        f"{estimate.submissions} times; {usd(estimate.usd_once)} if none is submitted again. "
        "Instances only, without their boot, storage and transfer."
    )


def beside_budget(estimate: Estimate) -> str:
    """How bound and budget stand to each other, without a full stop."""
    if estimate.budget_usd is None:
        return "no budget is set (suite.budget_usd)"
    budget = f"the budget of {usd(estimate.budget_usd)} (suite.budget_usd)"
    if estimate.is_free:
        return f"nothing is billed, so {budget} is not touched"
    if estimate.usd is None:
        return f"it cannot be told whether it stays within {budget}: {' '.join(estimate.missing)}"
    if estimate.is_over:
        return f"it can cost up to {usd(estimate.usd)}, over {budget}"
    return f"it costs at most {usd(estimate.usd)}, within {budget}"


def over_budget(estimate: Estimate, cure: str) -> str:
    """Why nothing was submitted, what costs most, and what to do."""
    dearest = ", ".join(f"{each.benchmark_id} ({usd(each.usd)})" for each in estimate.dearest())
    costs_most = f" Dearest: {dearest}." if dearest else ""
    return f"nothing was submitted: {beside_budget(estimate)}.{costs_most} {cure}"


def table(estimate: Estimate) -> list[str]:
    """The dearest benchmarks as a table in Markdown."""
    shown = estimate.dearest(_LISTED)
    if not shown:
        return []
    rest = len(estimate.lines) - len(shown)
    head = [
        "| benchmark | instance | limit, h | USD per h | USD at most |",
        "|---|---|--:|--:|--:|",
    ]
    return [*head, *(_row(line) for line in shown), *([f"\n… and {rest} more"] if rest else [])]


def request_body(estimate: Estimate) -> str:
    """What is shown to whoever is asked to approve, in Markdown."""
    return "\n".join(_request(estimate))


def _request(estimate: Estimate) -> Iterator[str]:
    said = beside_budget(estimate)
    yield f"**{said[:1].upper()}{said[1:]}.**"
    yield ""
    yield headline(estimate)
    yield ""
    yield from table(estimate)
    yield ""
    yield from (f"- Warning: {warning}" for warning in estimate.warnings)
    yield "\nApprove: the jobs are submitted. Reject: the run ends failed, nothing is submitted."


def _row(line: CostLine) -> str:
    nodes = f"{line.nodes} × " if line.nodes > 1 else ""
    hours = line.limit_seconds / SECONDS_PER_HOUR
    return (
        f"| {line.benchmark_id} | {nodes}{line.instance_type} | {hours:.1f} | "
        f"{line.usd_per_hour} | {line.usd:,.2f} |"
    )
