"""Page → HTML: one file, no network, no script that runs."""

from __future__ import annotations

import functools
from importlib import resources

import jinja2
from markupsafe import Markup

from geoschem_bench.records import cure_of
from geoschem_bench.report import details, formats
from geoschem_bench.report.advice import measured
from geoschem_bench.report.head import DAYS_PER_MONTH
from geoschem_bench.report.view import Page

_TEMPLATES = "geoschem_bench.report"
# `</script>` and `<!--` would end or bend the element that holds the JSON; as escapes they are
# the same JSON
_IN_SCRIPT = str.maketrans({
    "<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029",
})  # fmt: skip


@functools.cache
def _environment() -> jinja2.Environment:
    folder = resources.files(_TEMPLATES) / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "number": formats.number,
        "percent": formats.percent,
        "plain": formats.plain,
        "moment": formats.moment,
        "share": details.share,
        "cure": cure_of,
        "capitalize_first": lambda text: text[:1].upper() + text[1:],
    }
    environment.globals |= {
        "span": formats.span,
        "measured": measured,
        "days_per_month": DAYS_PER_MONTH,
    }
    return environment


def render(page: Page, data: bytes) -> bytes:
    """The page as HTML.

    Args:
        page: What it shows.
        data: `results.json`, embedded for programs that get only the page.
    """
    return render_template("report.html", page, data)


def render_template(name: str, page: object, data: bytes) -> bytes:
    """The same for any template of this folder: `page` is what it shows."""
    embedded = Markup(data.decode().translate(_IN_SCRIPT))  # noqa: S704 escaped just here
    text = _environment().get_template(name).render(page=page, data=embedded)
    return text.encode("utf-8", "replace")
