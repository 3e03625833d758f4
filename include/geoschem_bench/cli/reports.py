"""`reports`: the index of all runs, with the reports that it leads to, on this computer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from geoschem_bench import __version__, pipeline
from geoschem_bench.cli.connection import connected
from geoschem_bench.cli.console import out, say, show_json, table_of
from geoschem_bench.errors import NotFoundError
from geoschem_bench.records import ObjectStore
from geoschem_bench.report import RunEntry, build_local_index
from geoschem_bench.wiring import Settings, object_store, results_store

_LAST = 30
_SHOWN = 10


def reports(
    suite: Annotated[str | None, typer.Option(help="Runs of this suite only.")] = None,
    last: Annotated[int, typer.Option(min=1, help="The newest so many.")] = _LAST,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make every report and the index in S3 anew first.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, copy nothing.")] = False,
) -> None:
    """Copy the index of all runs and their reports to this computer."""
    with connected() as settings:
        objects = object_store(settings)
        if rebuild:
            for run_id in pipeline.rebuild_reports(
                settings.bucket, objects, results_store(settings)
            ):
                say(f"report: s3://{settings.bucket}/runs/{run_id}/report.html")
        entries = _chosen(suite, settings, objects)
        if as_json:
            show_json([entry.model_dump(mode="json") for entry in entries[:last]])
            return
        folder = settings.state / "reports"
        _copy(entries[:last], folder, settings, objects)
        page = folder / "index.html"
        page.write_bytes(
            build_local_index(
                entries[:last], len(entries), made_at=datetime.now(UTC), version=__version__
            )
        )
    rows = [(e.benchmark_run_id, e.suite or "by hand", e.state, e.verdict) for e in entries]
    out.print(table_of(("run", "suite", "state", "said"), rows[:_SHOWN], "Latest runs"))
    out.print(f"Index: {page}", markup=False, highlight=False, soft_wrap=True)


def _chosen(suite: str | None, settings: Settings, objects: ObjectStore) -> Sequence[RunEntry]:
    entries = pipeline.read_index(settings.bucket, objects)
    if not entries:
        raise NotFoundError(
            f"no report in s3://{settings.bucket}/reports/ yet; start a run: geoschem-bench run "
            "sandbox; or, if there are runs of an earlier version: geoschem-bench reports --rebuild"
        )
    chosen = [entry for entry in entries if suite in (None, entry.suite)]
    if not chosen:
        known = ", ".join(sorted({entry.suite for entry in entries if entry.suite}))
        raise NotFoundError(f"no run of '{suite}'; there are runs of: {known}")
    return chosen


def _copy(
    entries: Sequence[RunEntry], folder: Path, settings: Settings, objects: ObjectStore
) -> None:
    """The files of each report, into a folder named like its run."""
    for entry in entries:
        run_id = entry.benchmark_run_id
        for name in pipeline.REPORT_FILES if entry.published_at else ():
            body = objects.get(f"s3://{settings.bucket}/runs/{run_id}/{name}")
            if body is None:
                say(f"{run_id} has no {name} any more; make it: geoschem-bench report {run_id}")
                continue
            (folder / run_id).mkdir(parents=True, exist_ok=True)
            (folder / run_id / name).write_bytes(body)
    folder.mkdir(parents=True, exist_ok=True)
