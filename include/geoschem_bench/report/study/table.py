"""One row for each sample: how fast, what it costs by which price, on how many runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geoschem_bench.analysis import Estimate, Group, Timed
from geoschem_bench.pricing import Price, usd_of_run, usd_per_sim_month
from geoschem_bench.recommendation import Tariff
from geoschem_bench.records import SMOKE
from geoschem_bench.report.formats import number, span
from geoschem_bench.report.head import Cell, dash


@dataclass(frozen=True)
class CostColumn:
    """What a simulated month costs by one price list."""

    title: str
    """Of which prices: `2019`."""
    tariff: Tariff

    def usd(self, timed: Timed) -> tuple[Estimate | None, Price | None, str]:
        """USD per simulated month with its price, or why there is none."""
        hours = timed.hours_per_sim_day
        if timed.sample.is_smoke and hours is not None:
            return None, None, SMOKE
        price, missing = self.tariff.price_of(timed.sample)
        if hours is None:
            return None, None, "proxy workload: its seconds are not GEOS-Chem's"
        if price is None:
            return None, None, missing or "no price is known"
        month = usd_per_sim_month(price, 1.0, timed.sample.setup.node_count)
        return hours.times(month), price, ""


def study_table(
    group: Group, costs: Sequence[CostColumn]
) -> tuple[tuple[str, ...], list[tuple[Cell, ...]]]:
    """Columns and rows, fastest first."""
    columns = (
        "setup",
        "h / sim day",
        *(f"USD / sim month, {cost.title}" for cost in costs),
        "runs",
    )
    return columns, [_row(timed, costs) for timed in group.timed]


def _row(timed: Timed, costs: Sequence[CostColumn]) -> tuple[Cell, ...]:
    return (
        Cell(timed.sample.label, is_number=False),
        _hours(timed.hours_per_sim_day),
        *(_cost(timed, cost) for cost in costs),
        _runs(timed),
    )


def _hours(hours: Estimate | None) -> Cell:
    if hours is None:
        return dash("proxy workload: its seconds are not GEOS-Chem's")
    return cell_of_hours(hours.value, hours.low, hours.high)


def cell_of_hours(value: float, low: float | None, high: float | None) -> Cell:
    """A time with its interval, or with the word that there is none."""
    return Cell(number(value), span(low, high, digits=3) if low is not None else "no interval")


def _cost(timed: Timed, cost: CostColumn) -> Cell:
    usd, price, why = cost.usd(timed)
    if usd is None or price is None:
        return dash(why)
    run = usd_of_run(price, timed.seconds.value, timed.sample.setup.node_count)
    return Cell(f"{usd.value:,.2f}", f"{run:.2f} a run, {price.usd_per_hour:g} USD/h")


def _runs(timed: Timed) -> Cell:
    sample = timed.sample
    counts = {"cold": len(sample.left_out_as_cold), "smoke": len(sample.left_out_as_smoke)}
    detail = ", ".join(f"{count} {kind} left out" for kind, count in counts.items() if count)
    if timed.seconds.kind == "repetitions" and timed.seconds.n > 1:
        return Cell("1", f"{timed.seconds.n} repetitions")
    return Cell(str(len(sample.runs)), detail)


def footnotes_of(rows: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
    """Reasons of the dashes, each once."""
    return tuple(dict.fromkeys(cell.why for row in rows for cell in row if cell.why))
