"""The pages of the index: all runs, those of each suite, and what leads to the latest report."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pydantic import BaseModel, ConfigDict, ValidationError

from geoschem_bench.report.index.entry import RunEntry
from geoschem_bench.report.index.page import index_page, latest_page
from geoschem_bench.report.page import render_template

SCHEMA_VERSION = "1.0"
_FOLDER = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""A suite's name as a suite file may have it; one that a manifest made up gets no pages."""


class IndexedRun(BaseModel):
    """An entry, and which version of its object it is."""

    model_config = ConfigDict(frozen=True)

    etag: str
    entry: RunEntry


@dataclass(frozen=True)
class Index:
    """The files, by their names below `reports/`."""

    files: dict[str, bytes]

    @staticmethod
    def runs_in(raw: bytes) -> list[IndexedRun]:
        """What an `index.json` held; nothing of one that cannot be read, or of another schema."""
        try:
            document = json.loads(raw)
            if document["schema_version"] != SCHEMA_VERSION:
                return []
            return [IndexedRun.model_validate(run) for run in document["runs"]]
        except (ValueError, KeyError, TypeError, ValidationError):
            return []


def build_index(
    runs: Sequence[IndexedRun],
    unreadable: Sequence[str] = (),
    *,
    before: Sequence[IndexedRun] = (),
    suites: Collection[str] | None = None,
    made_at: datetime,
    version: str,
) -> Index:
    """The pages; the same bytes for the same input.

    Args:
        runs: Every run, in any order.
        unreadable: Runs whose entry cannot be read.
        before: Of the last index: a suite of it that has no run any more gets empty pages.
        suites: Whose own pages are made; None: of all.
        made_at: Now, with zone.
        version: Of this package.
    """
    newest = sorted(runs, key=lambda run: run.entry.order, reverse=True)
    entries = [run.entry for run in newest]
    known, gone = _suites_of(runs), _suites_of(before) - _suites_of(runs)
    link = "../runs/{}/report.html"
    page_of = partial(index_page, made_at=made_at, version=version)
    page = page_of(entries, link, suites=sorted(known), unreadable=unreadable)
    files = {
        "index.html": render_template("index.html", page, b""),
        "latest.html": _latest(entries, link),
    }
    for suite in sorted((known if suites is None else known & set(suites)) | gone):
        own = [entry for entry in entries if entry.suite == suite]
        page = page_of(own, f"../{link}", suite=suite)
        files[f"{suite}/index.html"] = render_template("index.html", page, b"")
        files[f"{suite}/latest.html"] = _latest(own, f"../{link}", suite)
    # last: until it is written, whoever makes the pages next knows which suites had some
    files["index.json"] = _data(newest, made_at, version)
    return Index(files)


def build_local_index(
    entries: Sequence[RunEntry], known: int, *, made_at: datetime, version: str
) -> bytes:
    """The page of runs whose reports lie in folders beside it.

    Args:
        entries: Those that were copied, the newest first.
        known: How many there are.
        made_at: Now, with zone.
        version: Of this package.
    """
    page = index_page(
        entries, "{}/report.html", left_out=known - len(entries), is_copy=True,
        made_at=made_at, version=version,
    )  # fmt: skip
    return render_template("index.html", page, b"")


def _suites_of(runs: Sequence[IndexedRun]) -> set[str]:
    names = {run.entry.suite for run in runs}
    return {name for name in names if name and _FOLDER.fullmatch(name)}


def _latest(entries: Sequence[RunEntry], link: str, suite: str = "") -> bytes:
    """To the newest run that has ended, to the newest at all where none has, or to none."""
    published = [entry for entry in entries if entry.published_at]
    ended = [entry for entry in published if entry.state != "running"]
    latest = next(iter(ended or published), None)
    return render_template("latest.html", latest_page(latest, link, suite), b"")


def _data(runs: Sequence[IndexedRun], made_at: datetime, version: str) -> bytes:
    document = {
        "schema_version": SCHEMA_VERSION,
        "made_at": made_at.isoformat(),
        "geoschem_bench_version": version,
        "runs": [run.model_dump(mode="json") for run in runs],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8", "replace")
