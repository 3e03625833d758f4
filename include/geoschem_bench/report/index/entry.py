"""One run in the index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from geoschem_bench.analysis import latest_submissions
from geoschem_bench.records import BudgetDecision, Rejected, Result, RunCosts, RunPlanFile
from geoschem_bench.report.verdict import is_all_well, verdict_of


class RunEntry(BaseModel):
    """`reports/runs/<run>.json`: what the index says of a run."""

    model_config = ConfigDict(frozen=True)

    benchmark_run_id: str
    suite: str | None
    """None where its jobs were submitted by hand."""
    due: str | None
    """When the run was due, ISO 8601 with zone; of a run by hand when its first job started."""
    state: Literal["running", "succeeded", "failed"]
    """Running: when last heard of, at `made_at`."""
    verdict: str
    """In the words of its report."""
    succeeded: int
    """Benchmarks, by their last submission."""
    failed: int
    without_result: int
    cost_usd: float | None
    """Of what is known; None where nothing is, and where nothing is billed."""
    is_cost_complete: bool
    is_sandbox: bool
    """Ran on somebody's computer, whatever instance it named."""
    is_proxy: bool
    """The proxy ran in place of the model: its seconds are not GEOS-Chem's."""
    made_at: str
    published_at: str | None = None
    """When its report was made last; None: there is none yet."""
    is_due: bool = True
    """It was loaded after that."""
    fingerprint: str | None = None
    """Of what this was made from."""

    @property
    def order(self) -> tuple[str, str]:
        """For sorting by time; a run of which nobody knows when it was is the oldest."""
        when = datetime.fromisoformat(self.due).astimezone(UTC).isoformat() if self.due else ""
        return when, self.benchmark_run_id

    def to_json(self) -> bytes:
        """As it is stored."""
        return self.model_dump_json(indent=1).encode()


def entry_of(
    run_id: str,
    plan: RunPlanFile | None,
    results: Sequence[Result],
    rejected: Sequence[Rejected],
    *,
    costs: RunCosts | None,
    decision: BudgetDecision | None,
    is_going_on: bool,
    made_at: datetime,
) -> RunEntry:
    """What the index says of a run; the arguments are those of `build_report`."""
    latest, _ = latest_submissions(results)
    succeeded = sum(result.status == "succeeded" for result in latest)
    ended: Literal["succeeded", "failed"] = (
        "succeeded" if is_all_well(latest, rejected) else "failed"
    )
    return RunEntry(
        benchmark_run_id=run_id,
        suite=plan.suite if plan else _suite_of(latest),
        due=plan.run_after if plan else _start_of(latest),
        state="running" if is_going_on else ended,
        verdict=verdict_of(plan, latest, rejected, decision, is_going_on=is_going_on),
        succeeded=succeeded,
        failed=len(latest) - succeeded,
        without_result=max(0, len(plan.benchmarks) - len(latest)) if plan else 0,
        cost_usd=costs.usd if costs else None,
        is_cost_complete=bool(costs and costs.is_complete),
        is_sandbox=bool(plan and plan.in_sandbox) or any(r.platform == "sandbox" for r in latest),
        is_proxy=any(result.workload == "proxy" for result in latest),
        made_at=made_at.isoformat(),
    )


def _suite_of(results: Sequence[Result]) -> str | None:
    """What their jobs were told, where that is one suite."""
    suites = {result.suite for result in results if result.suite}
    return suites.pop() if len(suites) == 1 else None


def _start_of(results: Sequence[Result]) -> str | None:
    starts = [result.started_at for result in results if result.started_at]
    return min(starts, key=datetime.fromisoformat, default=None)
