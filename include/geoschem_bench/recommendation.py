"""Which instance type for a simulation: an answer with its evidence, or what is missing for one.

No answer is better than a wrong one: proxy and smoke runs are shown elsewhere and never rank
here, two types whose intervals overlap are called equal, and no price means no cheapest.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis import FEWEST_FOR_INTERVAL, Analysis, Spread, ordered_groups
from geoschem_bench.results import Result

FEWEST_TYPES = 2

_ONE_JOB = (
    "The intervals are of repetitions within one job on one instance. Between instances and "
    "between days times differ more: Abedi and Brecht (ICPE'17, doi 10.1145/3030207.3030229) "
    "were shown a difference of 38 % between identical EC2 systems."
)
_NOT_CHECKED = (
    "Model version, compiler flags, meteorology and diagnostics are taken to be the same on "
    "every instance type: the stored results do not carry them."
)
_MODEL_RUNS = (
    "runs of the model itself: GC-Classic over at least 7 simulated days or GCHP over at least 1, "
    "with at least 60 s timed"
)


class Evidence(BaseModel):
    """One benchmark that an answer rests on."""

    model_config = ConfigDict(frozen=True)

    benchmark_id: str
    benchmark_run_id: str
    instance_type: str
    """As observed; with nodes in front where there were more than one."""
    threads: int | None
    mpi_ranks: int | None
    n: int
    """Timed repetitions."""
    hours_per_sim_day: float
    """Median."""
    hours_low: float | None
    """95 % confidence interval of the median."""
    hours_high: float | None
    cost_usd_per_sim_day: float | None
    measured_at: str | None
    """ISO 8601: the job's start."""


class Recommendation(BaseModel):
    """The answer for one simulation."""

    model_config = ConfigDict(frozen=True)

    simulation: str
    """In words: `fullchem at 4x5, 7 simulated days (gc-classic)`."""
    answer: str | None
    """The fastest instance type; None where there is none to name."""
    reason: str
    """The rule that gave the answer, or why there is none."""
    cheapest: str | None
    cheapest_reason: str
    missing: tuple[str, ...] = ()
    """What would have to be measured or known."""
    evidence: tuple[Evidence, ...] = ()
    """Best benchmark of each instance type, fastest first."""
    caveats: tuple[str, ...] = ()


class _Candidate(BaseModel):
    """The best benchmark of one instance type."""

    model_config = ConfigDict(frozen=True)

    name: str
    result: Result
    hours: Spread


def recommend(analysis: Analysis, results: Sequence[Result]) -> list[Recommendation]:
    """One recommendation for each simulation among the results."""
    latest = analysis.latest(results)
    return [_recommend(group, analysis) for group in ordered_groups(latest).values()]


def describe_simulation(result: Result) -> str:
    """`fullchem at 4x5, 7 simulated days (gc-classic)`."""
    days = f"{result.simulated_days:g} simulated day{'' if result.simulated_days == 1 else 's'}"
    region = f" over {result.region}" if result.region else ""
    where = f"{result.simulation_type} at {result.resolution}{region}"
    return f"{where}, {days} ({result.application})"


def _recommend(group: Sequence[Result], analysis: Analysis) -> Recommendation:
    simulation = describe_simulation(group[0])
    succeeded = [result for result in group if result.status == "succeeded"]
    ranked = [result for result in succeeded if result.workload == "model" and not result.is_smoke]
    candidates = _best_of_each_type(ranked, analysis)
    if len(candidates) < FEWEST_TYPES:
        return _not_enough(simulation, succeeded, candidates)
    answer, reason = _fastest(candidates)
    cheapest, cheapest_reason = _cheapest(candidates)
    too_few = [c for c in candidates if c.hours.ci_low is None]
    missing = [f"at least {FEWEST_FOR_INTERVAL} timed repetitions of {c.result.benchmark_id} "
               f"(it has {c.hours.n})" for c in too_few]  # fmt: skip
    return Recommendation(
        simulation=simulation,
        answer=answer,
        reason=reason,
        cheapest=cheapest,
        cheapest_reason=cheapest_reason,
        missing=tuple(missing),
        evidence=tuple(_evidence(c) for c in candidates),
        caveats=(_ONE_JOB, _NOT_CHECKED),
    )


def _best_of_each_type(results: Sequence[Result], analysis: Analysis) -> list[_Candidate]:
    best: dict[str, _Candidate] = {}
    for result in results:
        measures, instance = analysis.of(result), result.observed_instance_type
        if measures is None or measures.hours_per_sim_day is None or instance is None:
            continue
        name = f"{result.nodes} x {instance}" if result.nodes > 1 else instance
        candidate = _Candidate(name=name, result=result, hours=measures.hours_per_sim_day)
        if name not in best or candidate.hours.median < best[name].hours.median:
            best[name] = candidate
    return sorted(best.values(), key=lambda c: (c.hours.median, c.name))


def _not_enough(
    simulation: str, succeeded: Sequence[Result], candidates: Sequence[_Candidate]
) -> Recommendation:
    if not succeeded:
        why, missing = "nothing succeeded", ["a run that succeeds", _MODEL_RUNS]
    elif all(result.workload == "proxy" for result in succeeded):
        why = "only the proxy workload ran, whose seconds are not GEOS-Chem's"
        missing = [_MODEL_RUNS, "at least two instance types"]
    elif not candidates:
        why = "no run is long enough to rank (class smoke), or none was on a known instance type"
        missing = [_MODEL_RUNS, "at least two instance types"]
    else:
        why = f"{candidates[0].name} is the only instance type measured"
        missing = ["the same simulation on at least one other instance type"]
    no_price = any(candidate.result.cost_usd_per_sim_day is None for candidate in candidates)
    return Recommendation(
        simulation=simulation,
        answer=None,
        reason=f"not enough data: {why}",
        cheapest=None,
        cheapest_reason=f"not enough data: {why}",
        missing=(*missing, "prices of the instance types") if no_price else tuple(missing),
        evidence=tuple(_evidence(candidate) for candidate in candidates),
    )


def _fastest(candidates: Sequence[_Candidate]) -> tuple[str | None, str]:
    first, *rest = candidates
    few = [c.name for c in candidates if c.hours.ci_low is None]
    if few:
        return None, (
            f"not enough data: {', '.join(few)} has fewer than {FEWEST_FOR_INTERVAL} timed "
            "repetitions, so that no interval can be given"
        )
    tied = [c.name for c in rest if first.hours.overlaps(c.hours)]
    if tied:
        names = ", ".join([first.name, *tied])
        return None, f"no difference shown: the 95 % intervals of {names} overlap"
    ratio = rest[0].hours.median / first.hours.median
    return first.name, (
        f"fewest hours per simulated day, {ratio:.2f} times as fast as {rest[0].name}; its 95 % "
        "interval overlaps no other"
    )


def _cheapest(candidates: Sequence[_Candidate]) -> tuple[str | None, str]:
    unpriced = [c.name for c in candidates if c.result.cost_usd_per_sim_day is None]
    if unpriced:
        return None, f"not enough data: no price is known for {', '.join(unpriced)}"
    ranges = {c.name: _cost_range(c) for c in candidates}
    first, *rest = sorted(candidates, key=lambda c: c.result.cost_usd_per_sim_day or 0.0)
    top = ranges[first.name]
    tied = [c.name for c in rest if top is None or _meets(top, ranges[c.name])]
    if tied:
        return None, f"no difference in cost shown between {', '.join([first.name, *tied])}"
    return first.name, "least cost per simulated day; the 95 % interval of its time overlaps none"


def _cost_range(candidate: _Candidate) -> tuple[float, float] | None:
    """Cost is price times hours, so that it varies as the hours do."""
    hours, cost = candidate.hours, candidate.result.cost_usd_per_sim_day
    if cost is None or hours.ci_low is None or hours.ci_high is None:
        return None
    return cost * hours.ci_low / hours.median, cost * hours.ci_high / hours.median


def _meets(one: tuple[float, float], other: tuple[float, float] | None) -> bool:
    return other is None or (one[0] <= other[1] and other[0] <= one[1])


def _evidence(candidate: _Candidate) -> Evidence:
    result, hours = candidate.result, candidate.hours
    return Evidence(
        benchmark_id=result.benchmark_id,
        benchmark_run_id=result.benchmark_run_id,
        instance_type=candidate.name,
        threads=result.threads,
        mpi_ranks=result.mpi_ranks,
        n=hours.n,
        hours_per_sim_day=hours.median,
        hours_low=hours.ci_low,
        hours_high=hours.ci_high,
        cost_usd_per_sim_day=result.cost_usd_per_sim_day,
        measured_at=result.started_at,
    )
