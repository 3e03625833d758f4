"""`compare`: baseline against candidates, from logs, stored results or published runs."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from geoschem_bench import __version__
from geoschem_bench.cli.connection import lazy_stores
from geoschem_bench.cli.console import out, say, table_of
from geoschem_bench.cli.tariffs import asked_region, tariff_for
from geoschem_bench.errors import UserError
from geoschem_bench.records import LogFacts, Result
from geoschem_bench.report.comparisons import (
    Compared,
    Pair,
    compare_results,
    comparisons_json,
    gcpy_table,
    headline,
    hidden,
    line,
    markdown,
    notes,
    sections,
    summary,
    tidy_csv,
    tidy_parquet,
    title,
)
from geoschem_bench.selection import HELP, Stores, choose

_FILE_WIDTH = 160
_PART_HELP = (
    "Where BASELINE is the only word: a part of the name of the setup that the others are compared "
    "with; default: the first."
)
_POOL_HELP = "Learn the spread between runs from these as well; repeatable."
_CANNOT_TELL = ("cannot tell: run each side three times or more, or learn the spread between runs "
                "from repeated ones by --pool WORD")  # fmt: skip


class Format(StrEnum):
    """How a comparison is written."""

    TABLE = "table"
    JSON = "json"
    GCPY = "gcpy"
    MARKDOWN = "markdown"
    CSV = "csv"
    PARQUET = "parquet"


class FailOn(StrEnum):
    """What ends with exit code 1."""

    SLOWER = "slower"


_said = typer.Option
Baseline = Annotated[str, typer.Argument(metavar="BASELINE", help=f"{HELP[0].upper()}{HELP[1:]}.")]
Candidates = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CANDIDATE", help="The same; without one, the setups of BASELINE are compared."
    ),
]
Part = Annotated[str | None, _said("--baseline", metavar="PART", help=_PART_HELP)]
Pool = Annotated[list[str] | None, _said(metavar="WORD", help=_POOL_HELP)]
InstanceType = Annotated[str | None, _said(help="Of logs that are named here: what they ran on.")]
Threads = Annotated[int | None, _said(min=1, help="The same: OpenMP threads.")]
Nodes = Annotated[int | None, _said(min=1, help="The same: nodes of GCHP.")]
Region = Annotated[
    str | None, _said(help="Of the prices; default: the environment's, or where all ran.")
]
Spot = Annotated[bool, _said("--spot", help="Costs by spot prices.")]
Form = Annotated[Format, _said("--format", help="How to write it.")]
Output = Annotated[str | None, _said(metavar="FILE", help="Where to; default: the terminal.")]
Fail = Annotated[FailOn | None, _said(help="Exit 1 if shown to be so, its interval included.")]
Threshold = Annotated[float | None, _said(min=0, metavar="PERCENT", help="Of --fail-on.")]


def compare(
    baseline: Baseline,
    candidate: Candidates = None,
    part: Part = None,
    pool: Pool = None,
    instance_type: InstanceType = None,
    threads: Threads = None,
    nodes: Nodes = None,
    region: Region = None,
    spot: Spot = False,
    form: Form = Format.TABLE,
    output: Output = None,
    fail_on: Fail = None,
    threshold: Threshold = None,
) -> None:
    """Compare runs: which is faster, by how much, how sure, what else differs, what it costs."""
    if threshold is not None and fail_on is None:
        raise UserError("--threshold says from where on --fail-on fails: give --fail-on slower too")
    if form is Format.PARQUET and output in (None, "-"):
        raise UserError("--format parquet is no text for a terminal: give --output FILE")
    named = instance_type.lower() if instance_type else None
    facts = LogFacts(instance_type=named, threads=threads, nodes=nodes)
    words = [baseline, *(candidate or [])]
    found = _compared(words, part, pool or (), facts, region, spot)
    _write(_bytes_of(found, form), form, output, found)
    if any(pair.comparison.verdict == "cannot tell" for pair in found.pairs):
        say(_CANNOT_TELL)
    if fail_on is FailOn.SLOWER:
        _fail_for_slower(found.pairs, threshold or 0.0)


def _compared(
    words: Sequence[str],
    part: str | None,
    pool: Sequence[str],
    facts: LogFacts,
    region: str | None,
    spot: bool,
) -> Compared:
    """What the words mean, compared; what was left out of it is told."""
    asked = asked_region(region)
    with lazy_stores() as stores:
        chosen = [(word, _results_of(word, stores, facts)) for word in words]
        added = [result for word in pool for result in _results_of(word, stores, facts)]
    results = [result for _, side in chosen for result in side]
    tariff = tariff_for(results, asked, spot=spot)
    found = compare_results(chosen, tariff.price_of, part=part, pool=added)
    if found.left_out:
        say(f"Left out, as they did other work: {'; '.join(map(line, found.left_out))}")
    return found


def _results_of(word: str, stores: Callable[[], Stores], facts: LogFacts) -> tuple[Result, ...]:
    chosen = choose(word, stores, facts)
    for refused in chosen.refused:
        say(f"not read: {refused}")
    return chosen.results


def _bytes_of(found: Compared, form: Format) -> bytes:
    """Not for the table, whose width depends on where it is shown."""
    pairs, pooled = found.pairs, found.pooled
    match form:
        case Format.JSON:
            text = comparisons_json(pairs, pooled, __version__)
        case Format.GCPY:
            text = gcpy_table(pairs)
        case Format.MARKDOWN:
            text = markdown(pairs, pooled)
        case Format.CSV:
            return tidy_csv(pairs)
        case Format.PARQUET:
            return tidy_parquet(pairs)
        case Format.TABLE:
            return b""
    return text.encode("utf-8", "replace")


def _write(body: bytes, form: Format, output: str | None, found: Compared) -> None:
    if output in (None, "-"):
        if form is Format.TABLE:
            _show(found, out)
        else:
            print(body.decode(), end="")  # noqa: T201
        return
    if form is Format.TABLE:
        text = io.StringIO()
        _show(found, Console(file=text, width=_FILE_WIDTH))
        body = text.getvalue().encode("utf-8", "replace")
    path = Path(str(output))
    try:
        path.write_bytes(body)
    except OSError as error:
        raise UserError(f"--output {path}: {error.strerror or error}; name a file in a folder "
                        "that is there and can be written to") from error  # fmt: skip
    with suppress(ValueError):
        path = path.resolve().relative_to(Path.cwd())
    say(f"Written: {path}")


def _show(found: Compared, console: Console) -> None:
    def text(content: str, style: str = "") -> None:
        console.print(Text(content, style=style), soft_wrap=True)

    text(title(found.pairs), "bold")
    text(summary(found.pairs))
    for section in sections(found.pairs):
        console.print()
        console.print(table_of(section.columns, section.rows, section.title))
    console.print()
    for note in (*notes(found.pairs, found.pooled), *hidden(found.pairs)):
        text(f"- {note}")


def _fail_for_slower(pairs: Sequence[Pair], threshold: float) -> None:
    slower = [pair for pair in pairs if _is_slower(pair, threshold)]
    for pair in slower:
        say(f"slower by more than {threshold:g} %: {headline(pair)}")
    if slower:
        raise typer.Exit(1)


def _is_slower(pair: Pair, threshold: float) -> bool:
    """Even at the favourable end of the interval."""
    interval = pair.comparison.percent_interval
    return interval is not None and interval[0] > threshold
