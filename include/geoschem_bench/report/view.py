"""What the page shows, in the page's own words; the template only lays it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geoschem_bench.analysis import Analysis, latest_submissions
from geoschem_bench.recommendation import Recommendation
from geoschem_bench.records import BudgetDecision, Rejected, Result, RunCosts, RunPlanFile
from geoschem_bench.report.advice import Advice, advice_of
from geoschem_bench.report.details import Detail, details
from geoschem_bench.report.formats import moment
from geoschem_bench.report.head import HeadRow, head_rows
from geoschem_bench.report.methods import methods
from geoschem_bench.report.money import Money, money_of
from geoschem_bench.report.places import Machine, Place, banners, machines, places
from geoschem_bench.report.planned import Planned, planned_of
from geoschem_bench.report.simulations import SimulationView, simulation_views
from geoschem_bench.report.verdict import is_all_well, verdict_of


@dataclass(frozen=True)
class Page:
    """The whole page."""

    title: str
    suite: str
    run_ids: tuple[str, ...]
    due: str
    """When the run was due."""
    made_at: str
    version: str
    verdict: str
    is_all_well: bool
    is_going_on: bool
    """What is shown is what has come in by now."""
    banners: tuple[str, ...]
    places: tuple[Place, ...]
    columns: tuple[str, ...]
    rows: tuple[HeadRow, ...]
    footnotes: tuple[str, ...]
    simulations: tuple[SimulationView, ...]
    recommendations: tuple[Advice, ...]
    failures: tuple[Result, ...]
    earlier: tuple[Result, ...]
    details: tuple[Detail, ...]
    machines: tuple[Machine, ...]
    rejected: tuple[Rejected, ...]
    planned: Planned | None
    money: Money | None
    methods: tuple[tuple[str, str], ...]

    @property
    def tone(self) -> str:
        """Of the verdict: what still runs is neither good nor bad until something failed."""
        if self.is_going_on and not self.failures:
            return ""
        return "good" if self.is_all_well and not self.is_going_on else "bad"


def page_of(
    plan: RunPlanFile | None,
    results: Sequence[Result],
    rejected: Sequence[Rejected],
    analysis: Analysis,
    recommendations: Sequence[Recommendation],
    *,
    costs: RunCosts | None = None,
    decision: BudgetDecision | None = None,
    is_going_on: bool = False,
    made_at: datetime,
    version: str,
) -> Page:
    """Everything that is to be said, in its order."""
    latest, (_, earlier) = analysis.latest(results), latest_submissions(results)
    columns, rows = head_rows(results, analysis)
    return Page(
        title="Performance benchmark",
        suite=", ".join(_suites(plan, latest)) or "no suite",
        run_ids=_run_ids(plan, latest),
        due=moment(plan.run_after) if plan else "",
        made_at=moment(made_at),
        version=version,
        verdict=verdict_of(plan, latest, rejected, decision, is_going_on=is_going_on),
        is_all_well=is_all_well(latest, rejected),
        is_going_on=is_going_on,
        banners=tuple(banners(plan, latest)),
        places=tuple(places(latest)),
        columns=columns, rows=tuple(rows), footnotes=_footnotes(rows),
        simulations=tuple(simulation_views(latest, analysis)),
        recommendations=advice_of(recommendations),
        failures=tuple(result for result in latest if result.status == "failed"),
        earlier=tuple(earlier),
        details=tuple(details(latest, earlier, analysis)),
        machines=tuple(machines(latest)),
        rejected=tuple(rejected),
        planned=planned_of(plan, latest, is_going_on=is_going_on),
        money=money_of(plan, costs, decision),
        methods=tuple(methods(latest, analysis)),
    )  # fmt: skip


def _suites(plan: RunPlanFile | None, latest: Sequence[Result]) -> list[str]:
    return sorted({plan.suite} if plan else {r.suite for r in latest if r.suite})


def _run_ids(plan: RunPlanFile | None, latest: Sequence[Result]) -> tuple[str, ...]:
    runs = {plan.benchmark_run_id} if plan else {r.benchmark_run_id for r in latest}
    return tuple(sorted(runs))


def _footnotes(rows: Sequence[HeadRow]) -> tuple[str, ...]:
    """Reasons of the dashes, each once, in the order in which they come up."""
    return tuple(dict.fromkeys(cell.why for row in rows for cell in row.cells if cell.why))
