"""What became of a run, in a sentence: the same on its report and in the index."""

from __future__ import annotations

from collections.abc import Sequence

from geoschem_bench.records import BudgetDecision, Rejected, Result, RunPlanFile
from geoschem_bench.report.money import refusal_of


def verdict_of(
    plan: RunPlanFile | None,
    latest: Sequence[Result],
    rejected: Sequence[Rejected],
    decision: BudgetDecision | None,
    *,
    is_going_on: bool,
) -> str:
    """The sentence.

    Args:
        plan: Of the run; None where results came without one.
        latest: The last submission of each benchmark.
        rejected: Manifests that could not be read.
        decision: Whether it was let to spend.
        is_going_on: Planned, and not loaded as a whole yet.
    """
    if refused := refusal_of(decision):
        return refused
    said = _counts(plan, latest, rejected)
    if plan is not None and is_going_on:
        return f"Still running: {_where(plan, latest)}" + (f"; so far {said}" if latest else "")
    return said


def is_all_well(latest: Sequence[Result], rejected: Sequence[Rejected]) -> bool:
    """Whether nothing failed that counts."""
    failed = any(result.status == "failed" for result in latest)
    return bool(latest) and not failed and all(each.is_superseded for each in rejected)


def _counts(
    plan: RunPlanFile | None, latest: Sequence[Result], rejected: Sequence[Rejected]
) -> str:
    if not latest:
        return "Dry run: nothing was submitted" if plan and plan.dry_run else "No results"
    succeeded = sum(result.status == "succeeded" for result in latest)
    text = f"{succeeded} of {len(latest)} benchmarks succeeded"
    if rejected:
        text += f"; {len(rejected)} manifest{'s' if len(rejected) > 1 else ''} could not be read"
    return text


def _where(plan: RunPlanFile, latest: Sequence[Result]) -> str:
    """`phase_2 of 4`: the first of those that run anything whose results are not in."""
    phases = sorted({item.phase for item in plan.benchmarks})
    there = {result.phase for result in latest}
    for number, phase in enumerate(phases, 1):
        if phase not in there:
            return f"{phase} ({number} of {len(phases)})"
    return "all phases are in, its end is not"
