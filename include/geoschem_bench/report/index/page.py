"""What the index shows, in its own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from geoschem_bench.pricing import usd
from geoschem_bench.report.formats import DASH, moment, plain
from geoschem_bench.report.index.entry import RunEntry

MOST_ROWS = 500
BY_HAND = "by hand"
_PROXY = "Runs marked proxy did not run GEOS-Chem: their seconds say nothing about instance types."
_TONES = {"succeeded": "good", "failed": "bad", "running": ""}


@dataclass(frozen=True)
class Row:
    """One run."""

    due: str
    run_id: str
    link: str
    """Empty where it has no report yet."""
    suite: str
    suite_link: str
    state: str
    tone: str
    verdict: str
    ok: str
    failed: str
    cost: str
    cost_note: str
    marks: tuple[str, ...]


@dataclass(frozen=True)
class IndexPage:
    """The whole page."""

    suite: str
    """Whose page it is; empty: of all."""
    rows: tuple[Row, ...]
    suites: tuple[str, ...]
    banners: tuple[str, ...]
    notes: tuple[str, ...]
    is_copy: bool
    has_latest: bool
    made_at: str
    version: str


@dataclass(frozen=True)
class LatestPage:
    """A page that leads on to a report, or says that there is none."""

    link: str
    """Empty where there is no report."""
    run_id: str
    suite: str


def index_page(
    entries: Sequence[RunEntry],
    link: str,
    *,
    suite: str = "",
    suites: Sequence[str] = (),
    unreadable: Sequence[str] = (),
    left_out: int = 0,
    is_copy: bool = False,
    made_at: datetime,
    version: str,
) -> IndexPage:
    """The page of these runs, the newest first.

    Args:
        entries: In the order in which they are shown.
        link: Of a report, from this page; its `{}` is the run's id.
        suite: Whose page it is; empty: of all.
        suites: Those that have pages of their own.
        unreadable: Runs whose entry cannot be read.
        left_out: How many more there are.
        is_copy: Without the other files of `reports/`.
        made_at: Now, with zone.
        version: Of this package.
    """
    return IndexPage(
        suite=suite,
        rows=tuple(_row(entry, link, suites) for entry in entries[:MOST_ROWS]),
        suites=tuple(suites),
        banners=(_PROXY,) if any(entry.is_proxy for entry in entries) else (),
        notes=tuple(_notes(len(entries), left_out, unreadable, is_copy=is_copy)),
        is_copy=is_copy,
        has_latest=not is_copy and any(entry.published_at for entry in entries),
        made_at=moment(made_at),
        version=version,
    )


def latest_page(entry: RunEntry | None, link: str, suite: str) -> LatestPage:
    """Leads to that run's report; where there is none, back to the list of a suite or of all."""
    if entry is None:
        return LatestPage("", "", suite or "all suites")
    return LatestPage(_link(entry, link), entry.benchmark_run_id, entry.suite or BY_HAND)


def _link(entry: RunEntry, link: str) -> str:
    return link.format(quote(entry.benchmark_run_id))


def _row(entry: RunEntry, link: str, suites: Sequence[str]) -> Row:
    cost, note = _cost(entry)
    return Row(
        due=moment(entry.due),
        run_id=entry.benchmark_run_id,
        link=_link(entry, link) if entry.published_at else "",
        suite=entry.suite or BY_HAND,
        suite_link=f"{entry.suite}/index.html" if entry.suite in suites else "",
        state=entry.state,
        tone=_TONES[entry.state],
        verdict=_verdict(entry),
        ok=str(entry.succeeded),
        failed=str(entry.failed),
        cost=cost,
        cost_note=note,
        marks=tuple(_marks(entry)),
    )


def _verdict(entry: RunEntry) -> str:
    if entry.state == "running":
        return f"{plain(entry.verdict)}; last heard of {moment(entry.made_at)}"
    return plain(entry.verdict)


def _cost(entry: RunEntry) -> tuple[str, str]:
    """USD, and what is to be known of it."""
    if entry.is_sandbox:
        return DASH, "nothing is billed"
    if entry.cost_usd is None:
        return DASH, "not known yet" if entry.state == "running" else "not known"
    amount = usd(entry.cost_usd).removeprefix("USD ")
    return amount, "" if entry.is_cost_complete else "at least"


def _marks(entry: RunEntry) -> list[str]:
    words = {"proxy": entry.is_proxy, "sandbox": entry.is_sandbox}
    return [word for word, is_so in words.items() if is_so]


def _notes(count: int, left_out: int, unreadable: Sequence[str], *, is_copy: bool) -> Iterator[str]:
    older = max(0, count - MOST_ROWS) + left_out
    if older:
        where = "geoschem-bench reports --last N copies more" if is_copy else "index.json has all"
        yield f"{older:,} older {'run is' if older == 1 else 'runs are'} not shown; {where}."
    if unreadable:
        yield (
            f"The entries of {', '.join(map(plain, unreadable))} cannot be read; make them anew: "
            "geoschem-bench reports --rebuild"
        )
