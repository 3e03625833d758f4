"""Results → which instance type for each simulation among them, or what is missing for that.

No answer is better than a wrong one: proxy and smoke runs are shown elsewhere and never rank
here, two types whose intervals overlap are called equal, and no price means no cheapest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from geoschem_bench.analysis import FEWEST_FOR_INTERVAL, ordered_groups, samples_of
from geoschem_bench.analysis.estimates import POOLED
from geoschem_bench.recommendation.answers import CHEAPEST, FASTEST, answers_of
from geoschem_bench.recommendation.candidates import Candidate, candidates_of
from geoschem_bench.recommendation.models import Answer, Goal, Recommendation
from geoschem_bench.recommendation.tariff import Tariff, stored_price
from geoschem_bench.recommendation.untested import not_tested
from geoschem_bench.records import Result

FEWEST_TYPES = 2

_ONE_JOB = (
    "The intervals are of repetitions within one job on one instance. Between instances and "
    "between days times differ more: Abedi and Brecht (ICPE'17, doi 10.1145/3030207.3030229) "
    "were shown a difference of 38 % between identical EC2 systems."
)
_POOLED = (
    "Types that ran once or twice get the spread of all setups that ran more than once: it says "
    "how far runs of one setup differ, not how far instances or years do."
)
_NOT_CHECKED = (
    "Compiler flags, input storage and diagnostics are taken to be the same on every instance "
    "type: the results do not carry them."
)
_MODEL_TIME = (
    "Costs are of the model's own time: boot, image pull, input staging and idle time are not in "
    "them."
)
_SCALED = (
    "Scaled from {measured:g} to {asked:g} simulated days by hours per simulated day; the model's "
    "start-up is counted in every day, and seasons differ."
)
_PUBLISHED = "Measured and published by others, not by this project."
_MODEL_RUNS = (
    "runs of the model itself: GC-Classic over at least 7 simulated days or GCHP over at least 1, "
    "with at least 60 s timed"
)
_TWO_TYPES = "at least two instance types"


def recommend(
    results: Sequence[Result], tariff: Tariff | None = None, goal: Goal | None = None
) -> list[Recommendation]:
    """One recommendation for each simulation (and model version) among the results.

    Args:
        results: Of any runs; the latest submission of each counts. In their order are the answers.
        tariff: What it would cost there; by default each run's own stored price.
        goal: By default one simulation as long as the measured ones.
    """
    groups = [group for one in ordered_groups(results).values() for group in _by_provenance(one)]
    return [_recommend(group, tariff, goal or Goal()) for group in groups]


def describe_simulation(result: Result) -> str:
    """`fullchem at 4x5, 7 simulated days (gc-classic 14.7.0)`."""
    days = f"{result.simulated_days:g} simulated day{'' if result.simulated_days == 1 else 's'}"
    region = f" over {result.region}" if result.region else ""
    where = f"{result.simulation_type} at {result.resolution}{region}"
    version = f" {result.model_version}" if result.model_version else ""
    return f"{where}, {days} ({result.application}{version})"


def _by_provenance(group: Sequence[Result]) -> Iterator[list[Result]]:
    for is_published in (False, True):
        found = [result for result in group if (result.origin == "published") is is_published]
        if found:
            yield found


def _recommend(group: Sequence[Result], tariff: Tariff | None, goal: Goal) -> Recommendation:
    price_of = tariff.price_of if tariff else stored_price
    candidates = candidates_of(samples_of(group), price_of, goal)
    region = tariff.region if tariff else next((r.aws_region for r in group if r.aws_region), None)
    untested = not_tested(region, [c.name for c in candidates]) if region and candidates else ""
    said = Recommendation(
        simulation=describe_simulation(group[0]),
        is_published=group[0].origin == "published",
        goal=goal,
        answers=(),
        evidence=tuple(candidate.evidence() for candidate in candidates),
        not_tested=untested,
    )
    if len(candidates) < FEWEST_TYPES:
        return said.model_copy(update=_not_enough(group, candidates))
    return said.model_copy(
        update={
            "answers": tuple(answers_of(candidates, goal)),
            "missing": (*_too_few(candidates), *_no_prices(candidates)),
            "caveats": tuple(_caveats(candidates, goal)),
        }
    )


def _too_few(candidates: Sequence[Candidate]) -> Iterator[str]:
    for candidate in candidates:
        if candidate.hours.low is None:
            name, hours = candidate.sample.runs[0].benchmark_id, candidate.hours
            yield (f"at least {FEWEST_FOR_INTERVAL} timed {hours.kind} of {name} on "
                   f"{candidate.name} (it has {hours.n})")  # fmt: skip


def _no_prices(candidates: Sequence[Candidate]) -> Iterator[str]:
    """Each sentence once: four types of one family lack a price for one reason."""
    why = (c.price_missing.rstrip(".") for c in candidates if c.price_missing)
    yield from dict.fromkeys(why)


def _caveats(candidates: Sequence[Candidate], goal: Goal) -> Iterator[str]:
    runs = [run for candidate in candidates for run in candidate.sample.all_runs]
    if any(run.origin == "published" for run in runs):
        yield _PUBLISHED
    if any(c.hours.kind == "repetitions" and c.hours.method != POOLED for c in candidates):
        yield _ONE_JOB
    if any(c.hours.method == POOLED for c in candidates):
        yield _POOLED
    cold = [c.name for c in candidates if c.sample.is_cold]
    if cold:
        yield f"Measured with cold input only, so likely faster: {', '.join(cold)}."
    measured = candidates[0].sample.setup.simulation.simulated_days
    if goal.days and goal.days != measured:
        yield _SCALED.format(measured=measured, asked=goal.days)
    yield _NOT_CHECKED
    yield _MODEL_TIME


def _not_enough(group: Sequence[Result], candidates: Sequence[Candidate]) -> dict[str, object]:
    succeeded = [result for result in group if result.status == "succeeded"]
    if not succeeded:
        why, missing = "nothing succeeded", ["a run that succeeds", _MODEL_RUNS]
    elif all(result.workload == "proxy" for result in succeeded):
        why = "only the proxy workload ran, whose seconds are not GEOS-Chem's"
        missing = [_MODEL_RUNS, _TWO_TYPES]
    elif all(result.is_smoke for result in succeeded):
        why, missing = "no run is long enough to rank (class smoke)", [_MODEL_RUNS, _TWO_TYPES]
    elif not candidates:
        why = "of no run long enough to rank is the instance type known"
        missing = ["the instance type of each run (import: --instance-type)", _TWO_TYPES]
    else:
        why = f"{candidates[0].name} is the only instance type measured"
        missing = ["the same simulation on at least one other instance type"]
    if any(candidate.price is None for candidate in candidates):
        missing.append("prices of the instance types")
    answers = tuple(Answer(question=question, choice=None, reason=f"not enough data: {why}")
                    for question in (FASTEST, CHEAPEST))  # fmt: skip
    return {"answers": answers, "missing": tuple(missing)}
