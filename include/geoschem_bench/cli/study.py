"""`report` of anything but one run: logs, published runs, several runs side by side."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from geoschem_bench import __version__
from geoschem_bench.analysis import study_of
from geoschem_bench.cli.connection import lazy_stores
from geoschem_bench.cli.console import out, say, table_of, tell
from geoschem_bench.cli.tariffs import asked_region, tariff_for
from geoschem_bench.recommendation import recommend
from geoschem_bench.records import Result
from geoschem_bench.report import CostColumn, Report, build_study, sayings, study_table
from geoschem_bench.selection import choose, is_study
from geoschem_bench.wiring import state_folder

REPORT = "report.html"
_LONGEST_NAME = 100


def is_study_asked(words: Sequence[str]) -> bool:
    """Whether the words mean more than one run of ours."""
    return len(words) > 1 or any(is_study(word) for word in words)


def report_study(words: Sequence[str], to: Path | None, *, as_json: bool = False) -> None:
    """Make the report of all that the words mean."""
    results: list[Result] = []
    asked = asked_region(None)
    with lazy_stores() as stores:
        for word in words:
            chosen = choose(word, stores)
            results += chosen.results
            for refused in chosen.refused:
                say(f"passed over: {refused}")
    study = study_of(results)
    tariff = tariff_for(results, asked)
    costs = [CostColumn(f"{tariff.region} on demand", tariff)]
    report = build_study(
        "Runs side by side", ", ".join(words), study, costs, recommend(results, tariff),
        made_at=datetime.now(UTC), version=__version__,
    )  # fmt: skip
    if as_json:
        print(report.json.decode())  # noqa: T201 - Rich would fold it
        if to:
            _write_files(report, to)
        return
    for group in study.groups:
        columns, rows = study_table(group, costs)
        out.print(table_of(columns, [[str(cell) for cell in row] for row in rows]))
    for item in recommend(results, tariff):
        for said in sayings(item):
            tell(f"{item.simulation}: {said.headline}: {said.reason}")
    write_report(report, to or state_folder() / "reports" / _folder_of(words))


def _folder_of(words: Sequence[str]) -> str:
    """Of its words, so that one report does not take the place of another."""
    text = re.sub(r"[^A-Za-z0-9.]+", "-", " ".join(Path(word).name for word in words)).strip("-.")
    digest = hashlib.sha256("\n".join(map(_resolved, words)).encode(errors="replace")).hexdigest()
    return f"{text[:_LONGEST_NAME]}-{digest[:6]}"


def _resolved(word: str) -> str:
    return str(Path(word).resolve()) if Path(word).exists() else word


def write_report(report: Report, folder: Path) -> None:
    """The three files, and where they are."""
    _write_files(report, folder)
    out.print(f"Report: {folder / REPORT}", markup=False, highlight=False, soft_wrap=True)


def _write_files(report: Report, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    files = {REPORT: report.html, "results.csv": report.csv, "results.json": report.json}
    for name, body in files.items():
        (folder / name).write_bytes(body)
