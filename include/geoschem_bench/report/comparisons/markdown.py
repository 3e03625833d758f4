"""A comparison as GitHub shows it in a comment; nothing in it is taken for markup but our own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from geoschem_bench.analysis import PooledSpread
from geoschem_bench.report.comparisons.notes import notes
from geoschem_bench.report.comparisons.pairs import Pair
from geoschem_bench.report.comparisons.sections import Section, hidden, sections, title
from geoschem_bench.report.comparisons.wording import line, summary
from geoschem_bench.report.formats import DASH

_MARKUP = re.compile(r"[\\`*\[\]<>#|~!&$]|(?<![^\W_])_|_(?![^\W_])")
"""What GitHub reads as markup within a line; an underscore inside a word is none."""

_NUMBER = re.compile(rf"([-+\N{{MINUS SIGN}}]?\d[\d,.]*({DASH}| to | %|$)|{DASH}?$)")


def markdown(pairs: Sequence[Pair], pooled: PooledSpread | None) -> str:
    """A summary line, tables, and what a reader must know."""
    return "\n".join(_lines(pairs, pooled))


def _lines(pairs: Sequence[Pair], pooled: PooledSpread | None) -> Iterator[str]:
    yield f"### {escaped(title(pairs))}"
    yield ""
    yield f"**{escaped(summary(pairs))}**"
    for section in sections(pairs):
        yield ""
        yield f"**{escaped(section.title)}**"
        yield ""
        yield from _table(section)
    yield ""
    yield "Notes"
    yield ""
    for note in (*notes(pairs, pooled), *hidden(pairs)):
        yield f"- {escaped(note)}"
    yield ""


def _table(section: Section) -> Iterator[str]:
    yield _row(section.columns)
    columns = range(len(section.columns))
    rulers = ["---:" if _is_numeric([row[i] for row in section.rows]) else "---" for i in columns]
    yield f"| {' | '.join(rulers)} |"
    yield from map(_row, section.rows)


def _is_numeric(cells: Sequence[str]) -> bool:
    """Numbers stand right; blanks and dashes among them too."""
    return any(cells) and all(_NUMBER.match(cell) for cell in cells)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"


def escaped(text: str) -> str:
    """One line in which nothing is markup, and nobody is mentioned."""
    plain = _MARKUP.sub(lambda sign: f"\\{sign[0]}", line(text))
    return plain.replace("@", "@\N{ZERO WIDTH SPACE}")
