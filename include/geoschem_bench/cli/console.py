"""What the terminal shows: one console, messages without markup of their own."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

_PIPED_WIDTH = 160
"""Where there is no screen to fit, rows are better whole than folded at 80."""

out = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH)
err = Console(stderr=True, width=None if sys.stderr.isatty() else _PIPED_WIDTH)

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_STYLES = {
    "succeeded": "green",
    "SUCCEEDED": "green",
    "failed": "red",
    "FAILED": "red",
    "RUNNING": "cyan",
    "STARTING": "cyan",
}


def say(message: str) -> None:
    """One line for people, on stderr, so that stdout stays for what was asked for."""
    err.print(Text(_CONTROL.sub("", message)), soft_wrap=True)


def show_json(document: object) -> None:
    """For programs: as it is, on stdout, neither folded nor coloured."""
    print(json.dumps(document, indent=1))  # noqa: T201 - Rich would fold it


def tell(message: str, style: str = "") -> None:
    """One line of an answer, on stdout; what steers a terminal or Rich is text like any other."""
    out.print(Text(_CONTROL.sub("", message), style=style), soft_wrap=True)


def complain(message: str) -> None:
    """An error: one message, no traceback."""
    err.print(
        Text("error: ", style="bold red") + Text(_CONTROL.sub("", message), style="default"),
        soft_wrap=True,
    )


def show_text(text: str) -> None:
    """What a job printed, without the control characters that would steer the terminal."""
    out.print(Text(_CONTROL.sub("", text)), soft_wrap=True)


def table_of(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> Table:
    """A table whose cells are plain text, whatever is in them; None shows as a dash."""
    table = Table(
        title=Text(_CONTROL.sub("", title)) if title else None,
        title_justify="left",
        header_style="bold",
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _cell(value: object) -> Text:
    text = "–" if value is None else _CONTROL.sub("", str(value))
    return Text(text, style=_STYLES.get(text, ""))
