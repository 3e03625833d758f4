"""The rules by which candidates answer a question.

Two candidates are told apart only where their 95 % intervals have no value in common. That asks
for more than a test of their difference does, and is what a reader sees in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from geoschem_bench.analysis import Estimate
from geoschem_bench.recommendation.candidates import Candidate
from geoschem_bench.recommendation.models import Answer, Goal

FASTEST, CHEAPEST = "fastest", "cheapest"


def answers_of(candidates: Sequence[Candidate], goal: Goal) -> Iterator[Answer]:
    """Fastest, cheapest, and what deadline and budget ask."""
    yield fastest(candidates)
    yield cheapest(candidates)
    if goal.deadline_hours is not None:
        yield _within_deadline(candidates, goal)
    if goal.budget_usd is not None:
        yield _within_budget(candidates, goal)
    if goal.deadline_hours is not None and goal.budget_usd is not None:
        yield _within_both(candidates, goal)


def fastest(candidates: Sequence[Candidate], question: str = FASTEST) -> Answer:
    """Fewest hours per simulated day."""
    return _least(candidates, lambda c: c.hours, question, "hours per simulated day", "as fast as")


def cheapest(candidates: Sequence[Candidate], question: str = CHEAPEST) -> Answer:
    """Fewest USD per simulated day."""
    unpriced = ", ".join(c.name for c in candidates if c.price is None)
    priced = [c for c in candidates if c.price is not None]
    if not priced:
        why = f"not enough data: no price is known of {unpriced}"
        return Answer(question=question, choice=None, reason=why)
    answer = _least(priced, _usd, question, "USD per simulated day", "cheaper than")
    if unpriced:
        more = f"{answer.reason}. Left out, as no price is known: {unpriced}"
        answer = answer.model_copy(update={"reason": more})
    return answer


def _usd(candidate: Candidate) -> Estimate:
    found = candidate.usd_per_sim_day
    if found is None:
        raise ValueError(f"{candidate.name} has no price")
    return found


def _least(
    candidates: Sequence[Candidate],
    of: Callable[[Candidate], Estimate],
    question: str,
    unit: str,
    comparison: str,
) -> Answer:
    first, *rest = sorted(candidates, key=lambda c: (of(c).value, c.name))
    if not rest:
        only = f"the only one of the measured types that is left; fewest {unit}"
        return _named(first, question, only)
    single = [c.name for c in candidates if of(c).low is None]
    if single:
        names = ", ".join(single)
        why = (f"not enough data: {first.name} has the fewest {unit} of what was seen, but "
               f"{names} ran too few times for an interval")  # fmt: skip
        every = tuple(candidate.name for candidate in candidates)
        return Answer(question=question, choice=None, tied=every, reason=why)
    tied = [c.name for c in rest if _meet(of(first), of(c))]
    if tied:
        why = f"no difference shown: the 95 % intervals of {', '.join([first.name, *tied])} overlap"
        return Answer(question=question, choice=None, tied=(first.name, *tied), reason=why)
    ratio = of(rest[0]).value / of(first).value
    return _named(first, question, (
        f"fewest {unit}, {_times(ratio, comparison)} {rest[0].name}; its 95 % interval overlaps "
        "no other"))  # fmt: skip


def _named(candidate: Candidate, question: str, reason: str) -> Answer:
    setup = candidate.sample.label
    return Answer(question=question, choice=candidate.name, setup=setup, reason=reason)


def _times(ratio: float, comparison: str) -> str:
    if comparison == "as fast as":
        return f"{ratio:.2f} times as fast as"
    return f"{100 * (1 - 1 / ratio):.0f} % {comparison}"


def _meet(one: Estimate, other: Estimate) -> bool:
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return True
    return one.low <= other.high and other.low <= one.high


def _within_deadline(candidates: Sequence[Candidate], goal: Goal) -> Answer:
    question = f"cheapest within {goal.deadline_hours:g} h"
    in_time = [c for c in candidates if c.instances_for_deadline is not None]
    if not in_time:
        return Answer(question=question, choice=None, reason=_too_late(candidates, goal))
    answer = cheapest(in_time, question)
    chosen = next((c for c in in_time if c.name == answer.choice), None)
    if chosen is None:
        return answer
    count = chosen.instances_for_deadline
    at_a_time = f"{count} instance{'' if count == 1 else 's'} at a time"
    more = (f"{answer.reason}. Done in time on {at_a_time}: one simulation takes up to "
            f"{chosen.longest_hours_of_one:.3g} h")  # fmt: skip
    return answer.model_copy(update={"reason": more})


def _too_late(candidates: Sequence[Candidate], goal: Goal) -> str:
    known = [c for c in candidates if c.longest_hours_of_one is not None]
    if not known:
        return (
            f"not enough data: {_single(candidates)}, so that nothing says how long a run may take"
        )
    most = f" on at most {goal.instances} instances" if goal.instances else ""
    first = known[0]
    hours = f"{first.longest_hours_of_one:.3g} h for one simulation"
    return (f"none of the measured types is shown to be done in time{most}: {first.name}, the "
            f"fastest, takes up to {hours}")  # fmt: skip


def _single(candidates: Sequence[Candidate]) -> str:
    return f"{', '.join(c.name for c in candidates)} ran too few times for an interval"


def _within_budget(candidates: Sequence[Candidate], goal: Goal) -> Answer:
    question = f"fastest within {goal.budget_usd:g} USD"
    budget = goal.budget_usd or 0.0
    whole = {c.name: usd for c in candidates if (usd := c.usd_of_all)}
    most = {name: usd.high for name, usd in whole.items() if usd.high is not None}
    if not most:
        why = _single(candidates) if whole else "no price is known"
        return Answer(question=question, choice=None, reason=f"not enough data: {why}")
    affordable = [c for c in candidates if most.get(c.name, budget + 1) <= budget]
    if not affordable:
        name, least = min(most.items(), key=lambda pair: pair[1])
        return Answer(question=question, choice=None, reason=(
            f"none of the measured types is shown to do it for that: {name}, the cheapest, costs "
            f"up to {least:.2f} USD"))  # fmt: skip
    answer = fastest(affordable, question)
    unpriced = ", ".join(c.name for c in candidates if c.price is None)
    if unpriced:
        more = f"{answer.reason}. Left out, as no price is known: {unpriced}"
        answer = answer.model_copy(update={"reason": more})
    return answer


def _within_both(candidates: Sequence[Candidate], goal: Goal) -> Answer:
    """What meets deadline and budget: of those that do, the fastest."""
    question = f"fastest within {goal.deadline_hours:g} h and {goal.budget_usd:g} USD"
    in_time = [c for c in candidates if c.instances_for_deadline is not None]
    answer = _within_budget(in_time, goal) if in_time else _within_deadline(candidates, goal)
    return answer.model_copy(update={"question": question})
