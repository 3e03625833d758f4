"""A price file's form: CSV whose first lines name the sources, so that rows need only a key.

Example:
    # source 1: AWS Price List, https://…
    instance_type,region,purchase_option,zone,usd_per_hour,as_of,source_key
    c7g.4xlarge,us-west-2,on_demand,,0.58,2026-11-22,1
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from geoschem_bench.pricing.price import Price

COLUMNS = (
    "instance_type",
    "region",
    "purchase_option",
    "zone",
    "usd_per_hour",
    "as_of",
    "source_key",
)

_SOURCE_LINE = re.compile(r"# source (\S+): (.*)")


def to_text(prices: Iterable[Price]) -> str:
    """The file's text; the same for the same prices in the same order."""
    prices = list(prices)
    keys = {source: str(number) for number, source in enumerate(_sources(prices), start=1)}
    out = io.StringIO()
    out.writelines(f"# source {key}: {source}\n" for source, key in keys.items())
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for price in prices:
        row = price.model_dump()
        writer.writerow([row.get(name) for name in COLUMNS[:-1]] + [keys[price.source]])
    return out.getvalue()


def from_text(text: str) -> list[Price]:
    """The prices in this text. Raises ValueError, naming the line, where it holds anything else."""
    lines = text.splitlines()
    head = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    sources = dict(_source(line, at) for at, line in enumerate(lines[:head], start=1))
    reader = csv.reader(lines[head:], strict=True)
    prices = []
    try:
        columns = _columns(next(reader, []), head + 1)
        for cells in reader:
            if cells:  # else a blank line
                prices.append(_price(columns, cells, sources, head + reader.line_num))
    except csv.Error as error:
        raise ValueError(f"line {head + reader.line_num}: {error}") from error
    return prices


def _sources(prices: Sequence[Price]) -> list[str]:
    """Each source once, in the order of first use."""
    return list(dict.fromkeys(price.source for price in prices))


def _source(line: str, at: int) -> tuple[str, str]:
    found = _SOURCE_LINE.fullmatch(line)
    if not found:
        raise ValueError(f"line {at}: '{line[:80]}' is not of the form '# source KEY: words'")
    return found[1], found[2]


def _columns(header: Sequence[str], at: int) -> list[str]:
    names = [name.strip() for name in header]
    if sorted(names) != sorted(COLUMNS):
        missing = ", ".join(name for name in COLUMNS if name not in names)
        what = f"the columns {missing} are missing" if missing else "there are columns too many"
        raise ValueError(f"line {at}: {what}; exactly these are needed: {','.join(COLUMNS)}")
    return names


def _price(columns: Sequence[str], cells: Sequence[str], sources: dict[str, str], at: int) -> Price:
    if len(cells) != len(columns):
        raise ValueError(f"line {at}: {len(cells)} cells where {len(columns)} are needed")
    row: dict[str, str | None] = {
        name: cell.strip() or None for name, cell in zip(columns, cells, strict=True)
    }
    key = row.pop("source_key")
    if key not in sources:
        raise ValueError(f"line {at}: source_key '{key or ''}' has no line '# source {key}: …'")
    try:
        return Price.model_validate(row | {"source": sources[key]})
    except ValidationError as error:
        raise ValueError(f"line {at}: {_words(error)}") from error


def _words(error: ValidationError) -> str:
    """The first mistake, in one line: which column, what was there, what is needed."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{where} is {first['input']!r:.60}: {message}" if where else message
