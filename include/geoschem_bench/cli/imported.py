"""What `import` shows: the runs that it read, those that failed, and what it refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from typing import Any

from geoschem_bench.cli.console import out, say, show_json, table_of
from geoschem_bench.records import LogFacts, Result, Stored
from geoschem_bench.report import number, short
from geoschem_bench.selection import LogFile

_SHOWN = 40
"""Of each kind: 10,000 logs are counted, not listed."""
_LONGEST_REASON = 200
_NAMED = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one log."""

    log: LogFile
    result: Result | None = None
    stored: Stored | None = None
    """None: not stored, since nobody asked for it."""
    refused: str | None = None

    @property
    def state(self) -> str:
        """In a word, for the count."""
        if self.result is None or self.stored in (Stored.CONFLICT, Stored.REFUSED):
            return "refused"
        return "failed run" if self.result.status == "failed" else "succeeded"


def show_outcomes(
    outcomes: Sequence[Outcome], others: int, facts: LogFacts, *, as_json: bool
) -> None:
    """Runs as a table, failures and refusals as lines with their reasons, and the count."""
    if as_json:
        show_json([_as_json(outcome) for outcome in outcomes])
    else:
        _show_runs([o for o in outcomes if o.state == "succeeded"])
        failed = [(o, f"{o.result.reason}: {o.result.message}") for o in outcomes
                  if o.result and o.state == "failed run"]  # fmt: skip
        _show_lines("Runs that failed (kept as failures, without a speed):", failed)
        _show_refused([outcome for outcome in outcomes if outcome.state == "refused"])
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.said().items())
    say(f"Said of all of them: {said or 'nothing'}")
    say(_count(outcomes, others))


def _show_runs(outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    columns = ("log", "benchmark", "model", "simulation", "on", "seconds", "h / sim day", "clock")
    rows = [_row(o.log.file_name, o.result) for o in outcomes[:_SHOWN] if o.result]
    out.print(table_of(columns, rows))
    _say_more(outcomes)


def _row(name: str, result: Result) -> tuple[object, ...]:
    days = f"{result.simulated_days:g} d" + (", smoke" if result.is_smoke else "")
    return (
        name,
        result.benchmark_id,
        f"{result.application} {result.model_version or ''}".strip(),
        f"{result.simulation_type} {result.resolution}, {days}",
        result.observed_instance_type,
        number(result.wall_seconds[0], 6) if result.wall_seconds else None,
        number(result.hours_per_sim_day, 4) if result.hours_per_sim_day else None,
        result.wall_clock,
    )


def _show_lines(title: str, reasons: Sequence[tuple[Outcome, str]]) -> None:
    if not reasons:
        return
    say(title)
    for outcome, reason in reasons[:_SHOWN]:
        say(f"  {outcome.log.name}: {short(reason, _LONGEST_REASON)}")
    _say_more(reasons)


def _show_refused(outcomes: Sequence[Outcome]) -> None:
    """By reason: a folder may hold hundreds of files of one other kind."""
    by_reason: dict[str, list[str]] = {}
    for outcome in outcomes:
        stored = _STORED[outcome.stored] if outcome.stored else ""
        by_reason.setdefault(outcome.refused or stored, []).append(outcome.log.name)
    if by_reason:
        say("Refused:")
    for reason, names in list(by_reason.items())[:_SHOWN]:
        shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more"
                                             if len(names) > _NAMED else "")  # fmt: skip
        say(f"  {shown}: {short(reason, _LONGEST_REASON)}")
    _say_more(by_reason)


def _say_more(items: Sized) -> None:
    if len(items) > _SHOWN:
        say(f"  … and {len(items) - _SHOWN} more; --json prints all")


def _count(outcomes: Sequence[Outcome], others: int) -> str:
    states = Counter(outcome.state for outcome in outcomes)
    stored = Counter(outcome.stored for outcome in outcomes if outcome.stored)
    text = (f"{len(outcomes)} log{'' if len(outcomes) == 1 else 's'}: "
             f"{states['succeeded']} of runs that succeeded, {states['failed run']} of runs that "
             f"failed, {states['refused']} refused")  # fmt: skip
    counts = [f"{stored[how]} {words}" for how, words in _STORED.items() if stored[how]]
    text += f"; {', '.join(counts) or 'nothing stored'}"
    return text + (f"; {others} other files passed over" if others else "")


_STORED = {
    Stored.NEW: "stored",
    Stored.SAME: "stored before",
    Stored.CONFLICT: "in conflict with what is stored",
    Stored.REFUSED: "too large for the table",
}


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "log": outcome.log.name,
        "state": outcome.state,
        "stored": outcome.stored,
        "refused": outcome.refused,
        "result": outcome.result.model_dump(mode="json") if outcome.result else None,
    }
