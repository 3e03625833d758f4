"""Numbers and texts as a person reads them. A missing number is a dash, never a 0."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from geoschem_bench.analysis import Spread

DASH = "–"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def number(value: float | None, digits: int = 3) -> str:
    """`digits` significant ones, thousands set apart: `0.0123`, `12.3`, `12,345`."""
    if value is None:
        return DASH
    if value == 0:
        return "0"
    rounded = abs(float(f"{value:.{digits - 1}e}"))  # 9.999 has the decimals of 10.0
    decimals = digits - 1 - math.floor(math.log10(rounded))
    if decimals > 6:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(0, decimals)}f}"


def percent(share: float | None, decimals: int = 0) -> str:
    """`0.874` → `87`."""
    return DASH if share is None else f"{100 * share:.{decimals}f}"


def span(low: float | None, high: float | None, scale: float = 1.0, digits: int = 4) -> str:
    """`12.1–12.6`, or a dash where an end is missing."""
    if low is None or high is None:
        return DASH
    return f"{number(low * scale, digits)}{DASH}{number(high * scale, digits)}"


def extremes(spread: Spread, scale: float = 1.0) -> str:
    """`12.1–12.6`; a single value has none."""
    return span(spread.minimum, spread.maximum, scale) if spread.n > 1 else "one repetition"


def moment(text: str | datetime | None) -> str:
    """ISO 8601 or datetime → `2026-11-22 03:51 UTC`; text that is no date as it stands."""
    if text is None:
        return DASH
    if isinstance(text, str):
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            return plain(text)
    else:
        when = text
    if when.tzinfo is None:
        return when.strftime("%Y-%m-%d %H:%M")
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def plain(text: str | None) -> str:
    """Text of others without terminal escapes, control characters and half characters.

    Escaping for HTML is the template's work; this takes out what no page can hold.
    """
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", _ESCAPES.sub("", lines))


def variation(cv_percent: float | None) -> str:
    """A coefficient of variation, without the rounding noise of equal numbers."""
    if cv_percent is None:
        return DASH
    return number(cv_percent, 2) if cv_percent >= 0.01 else "< 0.01"


def short(text: str, most: int = 36) -> str:
    """One line of at most `most` characters, for a figure."""
    line = " ".join(plain(text).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def duration(seconds: float | None) -> str:
    """`45 s`, `12 min`, `3.4 h`."""
    if seconds is None:
        return DASH
    if seconds < 120:
        return f"{number(seconds)} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def days_of(moments: Sequence[str]) -> str:
    """`2026-11-22`, or `2026-01-10 … 2026-09-27 (60)` of many."""
    days = sorted(moment[:10] for moment in moments)
    if len(set(days)) < 2:
        return days[0] if days else ""
    return f"{days[0]} … {days[-1]} ({len(days)})"
