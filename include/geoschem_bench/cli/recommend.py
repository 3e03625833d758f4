"""`recommend`: fastest, cheapest, within a deadline or a budget, with the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from geoschem_bench.cli.connection import LazyStores, lazy_stores
from geoschem_bench.cli.console import out, say, show_json, table_of, tell
from geoschem_bench.cli.tariffs import asked_region, tariff_for
from geoschem_bench.errors import UserError
from geoschem_bench.pricing import DAYS_PER_SIM_MONTH, DAYS_PER_SIM_YEAR
from geoschem_bench.recommendation import Evidence, Goal, Recommendation, recommend
from geoschem_bench.records import LogFacts, Result, result_of_log
from geoschem_bench.report import cell_of_hours, measured, number, sayings
from geoschem_bench.selection import HELP, choose, everything, logs_at, read

Words = Annotated[list[str] | None, typer.Argument(
    help=f"Results to judge by: {HELP}. By default all that is stored, and what is published."
)]  # fmt: skip
_Option = typer.Option


def recommend_types(
    words: Words = None,
    from_log: Annotated[
        str | None, _Option(help="Take the simulation, version and length from this log.")
    ] = None,
    region: Annotated[str | None, _Option(help="AWS region of the prices.")] = None,
    spot: Annotated[bool, _Option("--spot", help="Spot prices instead of on-demand.")] = False,
    days: Annotated[float | None, _Option(help="Simulated days of each simulation.")] = None,
    simulations: Annotated[int, _Option(help="Simulations alike: a campaign.")] = 1,
    deadline_hours: Annotated[
        float | None, _Option(help="Wall-clock hours within which all must be done.")
    ] = None,
    budget_usd: Annotated[float | None, _Option(help="USD for all of them.")] = None,
    instances: Annotated[int | None, _Option(help="The most instances at a time.")] = None,
    as_json: Annotated[bool, _Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say which instance type is fastest and cheapest for a simulation, and how sure that is."""
    note, asked = None, asked_region(region)
    with lazy_stores() as stores:
        results = list(_results(words or [], stores))
        if from_log:
            wanted = _simulation_of(from_log, stores)
            days = wanted.simulated_days if days is None else days
            results, note = _alike(results, wanted)
    goal = _goal(simulations=simulations, days=days, deadline_hours=deadline_hours,
                 budget_usd=budget_usd, instances=instances)  # fmt: skip
    tariff = tariff_for(results, asked, spot=spot)
    found = recommend(results, tariff, goal)
    if note:
        found = [item.model_copy(update={"caveats": (note, *item.caveats)}) for item in found]
        say(note)
    if not from_log:
        found.sort(key=lambda item: -len(item.evidence))
    if as_json:
        show_json([item.model_dump(mode="json") for item in found])
        return
    say(f"Prices of {tariff.region}, {tariff.purchase_option.replace('_', ' ')}")
    for item in found:
        _show(item)


def _results(words: Sequence[str], stores: LazyStores) -> Iterator[Result]:
    if not words:
        yield from everything(stores())
        yield from choose("published", stores).results
    for word in words:
        chosen = choose(word, stores)
        for refused in chosen.refused:
            say(f"passed over: {refused}")
        yield from chosen.results


def _simulation_of(log: str, stores: LazyStores) -> Result:
    objects = stores().objects if log.startswith("s3://") else None
    files, _ = logs_at([log], objects)
    if len(files) != 1:
        raise UserError(f"--from-log {log}: {len(files)} logs are there; name one")
    return result_of_log(read(files[0], objects), files[0].file_name, LogFacts())


def _alike(results: Sequence[Result], wanted: Result) -> tuple[list[Result], str | None]:
    """Results of the same simulation, that version first; a note where nobody measured that.

    Other versions and lengths follow, each answered for itself.
    """
    what = f"{wanted.simulation_type} at {wanted.resolution}"
    where = f"{what} ({wanted.application} {wanted.model_version or 'of unknown version'})"
    alike = [r for r in results if _what(r) == _what(wanted)]
    if not alike:
        known = {f"{r.simulation_type} at {r.resolution} ({r.application})" for r in results
                 if r.workload == "model"}  # fmt: skip
        measured = "; ".join(sorted(known)) or "none"
        raise UserError(f"not enough data: nobody measured {where}; measured were: {measured}. "
                        "Import logs of it: geoschem-bench import")  # fmt: skip
    note = None
    if wanted.model_version not in {r.model_version for r in alike if r.status == "succeeded"}:
        note = (f"Nobody measured {where}. These are other versions of the model, whose speed may "
                "differ by tens of percent.")  # fmt: skip
    return sorted(alike, key=lambda r: r.model_version != wanted.model_version), note


def _what(result: Result) -> tuple[str | None, ...]:
    return result.application, result.simulation_type, result.resolution, result.region


def _goal(**asked: float | None) -> Goal:
    for name, value in asked.items():
        if value is not None and not 0 < value < float("inf"):
            raise UserError(f"--{name.replace('_', '-')} {value:g}: a number above 0 is needed")
    if asked["instances"] and not asked["deadline_hours"]:
        raise UserError("--instances matters only with --deadline-hours: give that too")
    return Goal.model_validate(asked)


def _show(item: Recommendation) -> None:
    tell("")
    tell(item.simulation + (", published by others" if item.is_published else ""), "bold")
    if len(item.evidence) < 2:
        tell("; ".join(dict.fromkeys(said.reason for said in sayings(item))))
        return
    columns, rows = _table(item)
    out.print(table_of(columns, rows))
    for said in sayings(item):
        tell(f"{said.headline}: {said.reason}")
    notes = [*(f"missing: {what}" for what in item.missing), item.not_tested, *item.caveats]
    for note in filter(None, notes):
        tell(f"· {note}", "dim")


def _table(item: Recommendation) -> tuple[list[str], list[list[object]]]:
    goal = item.goal
    whole = "USD of it" if goal.simulations == 1 else f"USD of all {goal.simulations}"
    columns = ["setup", "h / sim day", "USD / sim month", "USD / sim year", "h of one", whole,
               "USD / h", "n", "measured"]  # fmt: skip
    rows = [_row(proof) for proof in item.evidence]
    if goal.deadline_hours:
        columns.insert(6, "at a time")
        for row, proof in zip(rows, item.evidence, strict=True):
            row.insert(6, proof.instances_for_deadline or "not shown")
    return columns, rows


def _row(proof: Evidence) -> list[object]:
    price, day = proof.price, proof.cost_usd_per_sim_day
    return [
        proof.label,
        cell_of_hours(proof.hours_per_sim_day, proof.hours_low, proof.hours_high),
        _usd(day, DAYS_PER_SIM_MONTH),
        _usd(day, DAYS_PER_SIM_YEAR),
        number(proof.hours_of_one),
        _usd(proof.usd_of_all),
        f"{price.usd_per_hour:g} ({price.as_of or 'undated'})" if price else None,
        f"{proof.n} {proof.kind if proof.n > 1 else proof.kind.removesuffix('s')}",
        measured(proof),
    ]


def _usd(value: float | None, times: float = 1.0) -> str | None:
    return None if value is None else f"{value * times:,.2f}"
