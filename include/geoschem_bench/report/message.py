"""A run in the few lines that fit a mail or a chat: what became of it, its table, its link."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from geoschem_bench.analysis import Analysis, latest_submissions
from geoschem_bench.records import Result
from geoschem_bench.report.head import head_table

SUBJECT_MOST = 100
"""Characters, all of them ASCII: as Amazon SNS takes a subject."""
_ROWS_MOST = 20
_FAILURES_MOST = 10
_REASON_MOST = 300
"""Characters of what a failed benchmark said of itself."""
_SHOWN = ("benchmark", "state", "h / sim day", "USD / sim month")
_SHOWN_OF_PROXY = ("benchmark", "state", "seconds")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


@dataclass(frozen=True)
class RunFacts:
    """What is to be said of a run. Nothing is computed here."""

    suite: str
    run_id: str
    state: str
    """In one or two words: `succeeded`, `failed`, `still running`."""
    results: Sequence[Result] = ()
    analysis: Analysis | None = None
    """None where nothing was measured."""
    planned: int | None = None
    """How many benchmarks the run was to do; None where it has no plan."""
    duration: str = ""
    """Since the run began: `2 h 13 min`."""
    note: str = ""
    """A sentence on what comes next."""
    troubles: Sequence[str] = ()
    """What went wrong besides benchmarks."""
    money: Sequence[str] = ()
    """What it has cost, and what the budget said."""
    links: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """(what, address)."""


@dataclass(frozen=True)
class Message:
    """As it is sent."""

    subject: str
    """ASCII, one line, at most 100 characters."""
    text: str


def compose(facts: RunFacts) -> Message:
    """The message of a run."""
    latest, _ = latest_submissions(facts.results)
    failed = [result for result in latest if result.status == "failed"]
    count = _count(latest, failed, facts.planned)
    blocks = [
        _opening(facts, count),
        _block([*map(_failure, failed[:_FAILURES_MOST]), *_rest(failed), *facts.troubles]),
        _table(facts),
        "\n".join(_line(words) for words in facts.money),
        "\n".join(f"{what}: {address}" for what, address in facts.links),
    ]
    return Message(
        subject=_subject(f"{facts.suite}: {facts.state}{', ' if count else ''}{count}"),
        text="\n\n".join(filter(None, blocks)) + "\n",
    )


def _opening(facts: RunFacts, count: str) -> str:
    state = ", ".join(filter(None, (_line(facts.state), count)))
    after = f", after {facts.duration}" if facts.duration else ""
    lines = [f"Suite {_line(facts.suite)}: {state}", f"Run {facts.run_id}{after}", facts.note]
    return "\n".join(filter(None, lines))


def _count(latest: Sequence[Result], failed: Sequence[Result], planned: int | None) -> str:
    """`3 of 4 benchmarks ok`; of those that were planned, since a missing one is not ok."""
    total = max(len(latest), planned or 0)
    if not total:
        return ""
    noun = "benchmark" if total == 1 else "benchmarks"
    return f"{len(latest) - len(failed)} of {total} {noun} ok"


def _failure(result: Result) -> str:
    message = _line(result.message or "")
    cut = f"{message[:_REASON_MOST]}…" if len(message) > _REASON_MOST else message
    return f"{result.reason or 'unknown'}: {result.benchmark_id}{': ' if cut else ''}{cut}"


def _rest(failed: Sequence[Result]) -> list[str]:
    more = len(failed) - _FAILURES_MOST
    return [f"and {more} more failed, see the report"] if more > 0 else []


def _block(lines: Sequence[str]) -> str:
    return "\n".join(["What went wrong:", *(f"- {_line(line)}" for line in lines)]) if lines else ""


def _table(facts: RunFacts) -> str:
    """The head of the results table in plain columns."""
    if not facts.results or facts.analysis is None:
        return ""
    columns, rows = head_table(facts.results, facts.analysis)
    wanted = _SHOWN if _SHOWN[2] in columns else _SHOWN_OF_PROXY
    at = [columns.index(name) for name in wanted]
    shown = [list(wanted), *([_line(row[n]) for n in at] for row in rows[:_ROWS_MOST])]
    widths = [max(len(row[n]) for row in shown) for n in range(len(wanted))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]
    if any(result.workload == "proxy" for result in facts.results):
        lines.append("The proxy ran: its seconds are not GEOS-Chem's.")
    if len(rows) > _ROWS_MOST:
        lines.append(f"and {len(rows) - _ROWS_MOST} more, see the report")
    return "\n".join(lines)


def _line(text: str) -> str:
    """One line without what steers a terminal or turns text around."""
    return _CONTROL.sub(" ", text).strip()


def _subject(text: str) -> str:
    plain = _line(text).encode("ascii", "replace").decode()
    subject = f"GEOS-Chem benchmarks: {plain}"
    return subject if len(subject) <= SUBJECT_MOST else f"{subject[: SUBJECT_MOST - 3]}..."
