"""`demo`: what the published runs say, in a minute: no account, no sandbox, no Airflow."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from geoschem_bench import __version__
from geoschem_bench.analysis import Group, Study, study_of
from geoschem_bench.cli.console import out, table_of, tell
from geoschem_bench.cli.study import write_report
from geoschem_bench.pricing import load_prices, prices_of_2019
from geoschem_bench.recommendation import Recommendation, Tariff, recommend
from geoschem_bench.reference import published_runs
from geoschem_bench.report import CostColumn, build_study, sayings, study_table
from geoschem_bench.wiring import state_folder

REGION = "us-east-1"
TITLE = "Which EC2 instance for GEOS-Chem Classic?"
QUESTION = (
    "Published runs of GEOS-Chem Classic 12.1.1 on AWS, at the prices of their time and at those "
    "of the snapshot"
)


def demo(
    to: Annotated[
        Path | None, typer.Option(help="Folder for the report; by default below .geoschem-bench.")
    ] = None,
    made_at: Annotated[
        datetime | None, typer.Option(help="Date of the report, to make the same one again.")
    ] = None,
) -> None:
    """Show what published runs of GEOS-Chem say of EC2: a table and a report, in seconds."""
    moment = (made_at or datetime.now(UTC)).replace(tzinfo=UTC)
    study = study_of(published_runs())
    today = Tariff(load_prices(), REGION)
    costs = (CostColumn("2019", Tariff(prices_of_2019(), REGION)),
             CostColumn(_dates(study, today), today))  # fmt: skip
    advice = recommend(study.results, today)
    report = build_study(TITLE, QUESTION, study, costs, advice, made_at=moment,
                         version=__version__)  # fmt: skip
    _show(study, costs, advice)
    write_report(report, to or state_folder() / "reports" / "demo")


def _dates(study: Study, tariff: Tariff) -> str:
    """Of the prices that are shown, from oldest to newest."""
    shown = (tariff.price_of(timed.sample)[0] for group in study.groups for timed in group.timed)
    days = sorted({price.as_of or "undated" for price in shown if price})
    return " … ".join(dict.fromkeys(days[:1] + days[-1:])) or "no prices"


def _show(study: Study, costs: tuple[CostColumn, ...], advice: list[Recommendation]) -> None:
    group = study.groups[0]
    (item,) = (found for found in advice if len(found.evidence) > 1)
    tell(f"{item.simulation}: published runs, by others (Zhuang et al., BAMS 2019)")
    columns, rows = study_table(group, _merged(group, costs))
    out.print(table_of(columns, [[str(cell) for cell in row] for row in rows]))
    for said in sayings(item):
        tell(f"{said.headline}: {said.reason}")
    tell(item.not_tested)


def _merged(group: Group, costs: tuple[CostColumn, ...]) -> tuple[CostColumn, ...]:
    """One column where all say the same: on the screen there is no room to say it twice."""
    if len({tuple(cost.usd(timed)[0] for timed in group.timed) for cost in costs}) > 1:
        return costs
    return (CostColumn(" and ".join(cost.title for cost in costs), costs[-1].tariff),)
