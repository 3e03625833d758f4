"""The short table: the same on the terminal and at the top of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geoschem_bench.analysis import Analysis, Measures, ScalingPoint, latest_submissions
from geoschem_bench.pricing import DAYS_PER_SIM_MONTH
from geoschem_bench.records import Result
from geoschem_bench.report.formats import DASH, extremes, number, percent
from geoschem_bench.report.tries import tries

DAYS_PER_MONTH = DAYS_PER_SIM_MONTH
"""Of a simulated month, for USD per simulated month: the page says so beside the number."""

NOT_SCALED = "no other number of threads ran the same work on the same machine"
NO_PRICE = "no price was loaded for this run"


@dataclass(frozen=True)
class Cell:
    """One entry. A dash says why it is one."""

    text: str
    detail: str = ""
    """Extremes or another second thought."""
    why: str = ""
    """The reason of a dash."""
    is_number: bool = True

    def __str__(self) -> str:
        return f"{self.text} ({self.detail})" if self.detail else self.text


@dataclass(frozen=True)
class HeadRow:
    """One benchmark."""

    result: Result
    cells: tuple[Cell, ...]


def head_rows(
    results: Sequence[Result], analysis: Analysis
) -> tuple[tuple[str, ...], list[HeadRow]]:
    """Columns and rows, the latest submission of every benchmark."""
    latest, (_, earlier) = analysis.latest(results), latest_submissions(results)
    with_model = any(result.workload == "model" for result in latest)
    speed = ("h / sim day", "USD / sim month") if with_model else ()
    columns = ("benchmark", "state", "threads", *speed,
               "seconds", "CPU %", "memory GiB", "speed-up")  # fmt: skip
    points = {
        (series.benchmark_run_id, point.benchmark_id): (point, series.baseline_threads)
        for series in analysis.scaling
        for point in series.points
    }
    rows = []
    for result in latest:
        measures = analysis.of(result)
        point = points.get((result.benchmark_run_id, result.benchmark_id))
        cells = [_name(result), _state(result, tries(result, earlier)), _threads(result)]
        if with_model:
            cells += [_hours(result, measures), _cost(result)]
        cells += [_seconds(result, measures), _cpu(result, measures), _memory(result, measures)]
        rows.append(HeadRow(result, (*cells, _speedup(result, point))))
    return columns, rows


def head_table(results: Sequence[Result], analysis: Analysis) -> tuple[list[str], list[list[str]]]:
    """`head_rows` as plain text, for the terminal."""
    columns, rows = head_rows(results, analysis)
    return list(columns), [[str(cell) for cell in row.cells] for row in rows]


def dash(why: str) -> Cell:
    """A missing number, and why."""
    return Cell(DASH, why=why)


def _dash(result: Result, why: str) -> Cell:
    if result.status == "failed":
        why = f"{result.benchmark_id} failed: {result.reason or 'unknown'}"
    return dash(why)


def _name(result: Result) -> Cell:
    return Cell(result.benchmark_id, is_number=False)


def _state(result: Result, before: str) -> Cell:
    if result.status == "failed":
        words = [str(result.reason or "unknown"), before]
        return Cell("failed", "; ".join(filter(None, words)), is_number=False)
    words = ["smoke" if result.is_smoke else "", before]
    return Cell("ok", "; ".join(filter(None, words)), is_number=False)


def _threads(result: Result) -> Cell:
    if result.threads is None:
        return _dash(result, "the number of threads was not recorded")
    asked = result.threads_requested
    return Cell(
        str(result.threads), f"asked {asked}" if asked not in (None, result.threads) else ""
    )


def _hours(result: Result, measures: Measures | None) -> Cell:
    hours = measures.hours_per_sim_day if measures else None
    if hours is None:
        return _dash(result, result.null_reason or _no_speed(result))
    return Cell(number(hours.median, 4), extremes(hours))


def _no_speed(result: Result) -> str:
    if result.workload == "proxy":
        return "proxy workload: its seconds are not GEOS-Chem's"
    return "the manifest gives no throughput"


def _cost(result: Result) -> Cell:
    cost = result.cost_usd_per_sim_day
    if cost is None:
        is_proxy = result.workload == "proxy"
        return _dash(
            result,
            _no_speed(result)
            if is_proxy
            else result.cost_null_reason or result.null_reason or NO_PRICE,
        )
    return Cell(number(cost * DAYS_PER_MONTH))


def _seconds(result: Result, measures: Measures | None) -> Cell:
    wall = measures.wall_seconds if measures else None
    if wall is None:
        return _dash(result, "no timed repetition is in the manifest")
    return Cell(number(wall.median, 4), extremes(wall))


def _cpu(result: Result, measures: Measures | None) -> Cell:
    efficiency = measures.cpu_efficiency if measures else None
    if efficiency is None:
        return _dash(result, "CPU efficiency is not in the manifest (it is left out where threads "
                             "that spin while they wait would count as work)")  # fmt: skip
    return Cell(percent(efficiency.median))


def _memory(result: Result, measures: Measures | None) -> Cell:
    memory = measures.peak_memory_gib if measures else None
    if memory is None:
        return _dash(result, "peak memory was not measured")
    return Cell(number(memory.maximum))


def _speedup(result: Result, found: tuple[ScalingPoint, int] | None) -> Cell:
    if found is None:
        return _dash(result, NOT_SCALED)
    point, baseline = found
    if point.threads == baseline:
        return Cell("1", "base")
    return Cell(f"{point.speedup:.2f}", f"of {point.threads / baseline:g}")
