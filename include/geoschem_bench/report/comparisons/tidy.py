"""Comparisons as rows, one for each metric and timer: for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from geoschem_bench.analysis import Change, Estimate
from geoschem_bench.errors import UserError
from geoschem_bench.report.comparisons.pairs import Pair, Side
from geoschem_bench.report.comparisons.wording import change_percent
from geoschem_bench.report.formats import plain
from geoschem_bench.report.tables import spreadsheet_safe

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

COLUMNS: dict[str, str] = {
    "comparison": "string",
    "application": "string",
    "simulation_type": "string",
    "resolution": "string",
    "region": "string",
    "simulated_days": "Float64",
    "metric": "string",
    "unit": "string",
    "baseline": "Float64",
    "baseline_low": "Float64",
    "baseline_high": "Float64",
    "candidate": "Float64",
    "candidate_low": "Float64",
    "candidate_high": "Float64",
    "ratio": "Float64",
    "low": "Float64",
    "high": "Float64",
    "percent": "Float64",
    "verdict": "string",
    "method": "string",
    "n_baseline": "Int64",
    "n_candidate": "Int64",
    "n_kind_baseline": "string",
    "n_kind_candidate": "string",
    "baseline_name": "string",
    "candidate_name": "string",
    "baseline_origin": "string",
    "candidate_origin": "string",
    "baseline_source": "string",
    "candidate_source": "string",
    "baseline_price": "string",
    "candidate_price": "string",
    "flags": "string",
}
"""Column → pandas' type. `low` and `high` are the 95 % interval of `ratio`, candidate over
baseline; `percent` is the change. What is missing is empty, never 0."""


def tidy_rows(pairs: Iterable[Pair]) -> list[Row]:
    """All metrics and timers of all pairs, with every column of COLUMNS."""
    return [dict.fromkeys(COLUMNS) | row for pair in pairs for row in _rows(pair)]


def tidy_csv(pairs: Iterable[Pair]) -> bytes:
    """Missing numbers empty, text safe from spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in tidy_rows(pairs):
        writer.writerow(spreadsheet_safe(row[name]) for name in COLUMNS)
    return out.getvalue().encode("utf-8", "replace")


def tidy_frame(pairs: Iterable[Pair]) -> pd.DataFrame:
    """With nullable types: what is missing is NA."""
    import pandas as pd

    return pd.DataFrame(tidy_rows(pairs), columns=list(COLUMNS)).astype(COLUMNS)  # type: ignore[arg-type, unused-ignore]


def tidy_parquet(pairs: Iterable[Pair]) -> bytes:
    """Raises UserError where pyarrow is not installed."""
    if find_spec("pyarrow") is None:
        raise UserError("Parquet needs pyarrow, which is not installed: "
                        "pip install 'geoschem-bench[parquet]'")  # fmt: skip
    out = io.BytesIO()
    tidy_frame(pairs).to_parquet(out, index=False, engine="pyarrow")
    return out.getvalue()


def _rows(pair: Pair) -> Iterator[Row]:
    common = _common(pair)
    for row in (*_times(pair), *_others(pair), *_timers(pair.comparison.timers)):
        yield common | row


def _common(pair: Pair) -> Row:
    found, simulation = pair.comparison, pair.baseline.sample.setup.simulation
    row: Row = {
        "comparison": plain(f"{found.candidate} against {found.baseline}"),
        "application": simulation.application,
        "simulation_type": plain(simulation.simulation_type),
        "resolution": simulation.resolution,
        "region": simulation.region,
        "simulated_days": simulation.simulated_days,
        "flags": plain("; ".join(found.flags)),
    }
    for name, side in (("baseline", pair.baseline), ("candidate", pair.candidate)):
        row |= {
            f"n_{name}": side.seconds.n,
            f"n_kind_{name}": side.seconds.kind,
            f"{name}_name": plain(side.sample.label),
            f"{name}_origin": "; ".join(sorted({run.origin for run in side.sample.runs})),
            f"{name}_source": plain("; ".join(side.sources)),
        }
    return row


def _times(pair: Pair) -> Iterator[Row]:
    """Seconds, hours and cost: one measurement in three units."""
    found = pair.comparison
    ratio = {"ratio": found.ratio, "low": found.ratio_low, "high": found.ratio_high,
             "percent": found.percent_change, "verdict": found.verdict,
             "method": found.method}  # fmt: skip
    ours, theirs = pair.baseline, pair.candidate
    yield _sides("wall_seconds", "s", ours.seconds, theirs.seconds) | ratio
    hours = (ours.hours_per_sim_day, theirs.hours_per_sim_day)
    if any(hours):
        yield _sides("hours_per_sim_day", "h", *hours) | ratio
    if ours.cost.usd or theirs.cost.usd:
        yield _cost(pair)


def _cost(pair: Pair) -> Row:
    ours, theirs = pair.baseline.cost, pair.candidate.cost
    row = _sides("usd_per_sim_month", "USD", ours.usd, theirs.usd)
    for name, cost in (("baseline", ours), ("candidate", theirs)):
        row[f"{name}_price"] = cost.price.model_dump_json() if cost.price else None
    factor, ratio, found = pair.price_ratio, pair.cost_ratio, pair.comparison
    if factor and ratio:
        row |= {
            "ratio": ratio,
            "low": None if found.ratio_low is None else found.ratio_low * factor,
            "high": None if found.ratio_high is None else found.ratio_high * factor,
            "percent": 100 * (ratio - 1),
            "method": found.method,
        }
    return row


def _sides(metric: str, unit: str, ours: Estimate | None, theirs: Estimate | None) -> Row:
    row: Row = {"metric": metric, "unit": unit}
    for name, side in (("baseline", ours), ("candidate", theirs)):
        if side:
            row |= {name: side.value, f"{name}_low": side.low, f"{name}_high": side.high}
    return row


def _others(pair: Pair) -> Iterator[Row]:
    for name, unit in (("sypd", "sim years / day"), ("asypd", "sim years / day"),
                       ("chsy", "core-h / sim year")):  # fmt: skip
        ours, theirs = (_cpmip(side, name) for side in (pair.baseline, pair.candidate))
        if ours is not None or theirs is not None:
            yield _change(name, unit, ours, theirs)
    found = pair.comparison
    for change, name, unit in ((found.peak_memory_gib, "peak_memory_gib", "GiB"),
                               (found.cpu_efficiency, "cpu_efficiency", "1")):  # fmt: skip
        if change:
            yield _change(name, unit, change.baseline, change.candidate)


def _cpmip(side: Side, name: str) -> float | None:
    value: float | None = getattr(side.cpmip, name, None)
    return value


def _timers(timers: Sequence[Change]) -> Iterator[Row]:
    for timer in timers:
        name = f"timer_seconds: {plain(timer.name)}"
        yield _change(name, "s", timer.baseline, timer.candidate)


def _change(metric: str, unit: str, ours: float | None, theirs: float | None) -> Row:
    change = Change(name=metric, baseline=ours, candidate=theirs, percent=None)
    percent = change_percent(change)
    return {
        "metric": metric,
        "unit": unit,
        "baseline": ours,
        "candidate": theirs,
        "ratio": theirs / ours if ours and theirs is not None else None,
        "percent": percent,
    }
