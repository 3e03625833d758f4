"""Results → what can be said of them: `analysis.json`, from which all later steps work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis.grouping import family_of, latest_submissions
from geoschem_bench.analysis.measures import Measures, measures_of
from geoschem_bench.analysis.scaling import ScalingSeries, thread_scaling
from geoschem_bench.records import Result, RunPlanFile

SCHEMA_VERSION = "1.0"


class Counts(BaseModel):
    """How many benchmarks ended how; each counted once, by its latest submission."""

    model_config = ConfigDict(frozen=True)

    benchmarks: int
    succeeded: int
    failed: int
    earlier_submissions: int
    failures_by_reason: dict[str, int]


class Analysis(BaseModel):
    """What a set of results says."""

    model_config = ConfigDict(frozen=True)

    schema_version: str = SCHEMA_VERSION
    counts: Counts
    measures: tuple[Measures, ...]
    """One for the latest submission of every benchmark; in the plan's order where there is one."""
    scaling: tuple[ScalingSeries, ...]

    def of(self, result: Result) -> Measures | None:
        """The measures of that submission; None for an earlier one."""
        wanted = (result.benchmark_run_id, result.benchmark_id, result.submission)
        for measures in self.measures:
            if measures.key == wanted:
                return measures
        return None

    def latest(self, results: Iterable[Result]) -> list[Result]:
        """Those of the results that are analysed here, in this order."""
        by_key = {(r.benchmark_run_id, r.benchmark_id, r.submission): r for r in results}
        return [by_key[m.key] for m in self.measures if m.key in by_key]

    def to_json(self) -> bytes:
        """As `analysis.json` beside a run."""
        return self.model_dump_json(indent=1).encode()

    @classmethod
    def from_json(cls, raw: bytes | str) -> Analysis:
        """What `to_json` wrote. Raises pydantic's ValidationError on anything else."""
        return cls.model_validate_json(raw)


def analyse(results: Sequence[Result], plan: RunPlanFile | None = None) -> Analysis:
    """Spreads, components and scaling of a run's results.

    Args:
        results: All submissions of all benchmarks, in any order.
        plan: Of the run. It tells apart configurations that differ in what a result does not
            carry, such as compiler flags; without it such results do not enter thread scaling.
    """
    latest, earlier = latest_submissions(results)
    if plan:
        places = {item.id: place for place, item in enumerate(plan.benchmarks)}
        latest.sort(key=lambda result: places.get(result.benchmark_id, len(places)))
    failed = [result for result in latest if result.status == "failed"]
    reasons = Counter(str(result.reason or "unknown") for result in failed)
    families = {p.id: family_of(p.benchmark) for p in plan.benchmarks} if plan else None
    return Analysis(
        counts=Counts(
            benchmarks=len(latest),
            succeeded=len(latest) - len(failed),
            failed=len(failed),
            earlier_submissions=len(earlier),
            failures_by_reason=dict(sorted(reasons.items())),
        ),
        measures=tuple(measures_of(result) for result in latest),
        scaling=tuple(thread_scaling(latest, families)),
    )
