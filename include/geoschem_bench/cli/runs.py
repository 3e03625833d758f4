"""`status`, `logs`, `load`, `report`: what became of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from geoschem_bench import pipeline
from geoschem_bench.analysis import latest_submissions
from geoschem_bench.cli.connection import connected
from geoschem_bench.cli.console import complain, out, say, show_json, show_text, table_of
from geoschem_bench.cli.progress import ALIVE, RunProgress, latest_folder
from geoschem_bench.cli.study import is_study_asked, report_study
from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.pricing import load_prices
from geoschem_bench.records import (
    BudgetDecision,
    JobRecord,
    LoadSummary,
    Result,
    RunPlanFile,
)
from geoschem_bench.report import head_table
from geoschem_bench.selection import HELP
from geoschem_bench.wiring import Settings, batch_jobs, object_store, results_store

_SHOWN_RUNS = 10
_BUSY_BELOW = 0.8
"""The proxy waits for nothing but its own threads: on a quiet computer it computes 90 %."""
Run = Annotated[str | None, typer.Argument(help="A run's id, or its end; the latest if not given.")]
RunOption = Annotated[
    str | None, typer.Option("--run", help="A run's id, or its end; the latest if not given.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def find_run(given: str | None, settings: Settings) -> str:
    """The run meant by an id, by the end of one, or by nothing: the latest."""
    known = planned_runs(settings)
    if not known:
        raise NotFoundError(f"no run in s3://{settings.bucket}/runs/ yet; start one: "
                            "geoschem-bench run sandbox")  # fmt: skip
    if given is None:
        return _latest(known, settings)
    found = [run for run in known if run.endswith(given)]
    if len(found) != 1:
        latest = ", ".join(known[-3:])
        what = "several runs end" if found else "no run ends"
        raise NotFoundError(f"{what} in '{given}'; the latest are: {latest}")
    return found[-1]


def _latest(known: list[str], settings: Settings) -> str:
    """The last run that submitted anything; the last dry run where none did."""
    objects = object_store(settings)
    for run_id in reversed(known):
        if not pipeline.read_plan(run_id, settings.bucket, objects).dry_run:
            return run_id
    return known[-1]


def planned_runs(settings: Settings) -> list[str]:
    """Ids of the runs that have a plan, oldest first: jobs by hand may lie beside them."""
    objects = object_store(settings)
    root = f"s3://{settings.bucket}/runs/"
    found = sorted(objects.folders(root))
    return [run_id for run_id in found if objects.exists(f"{root}{run_id}/plan.json")]


def status(run: Run = None, as_json: AsJson = False) -> None:
    """Show the benchmarks of a run and their states; the latest runs before it."""
    with connected() as settings:
        run_id = find_run(run, settings)
        progress = RunProgress(run_id, settings)
        items = progress.benchmarks()
        if as_json:
            show_json([vars(item) for item in items])
            return
        if run is None:
            _show_runs(settings)
        rows = [
            (i.benchmark_id, i.state, None if i.seconds is None else f"{i.seconds:.0f}", i.detail)
            for i in items
        ]
        title = f"Run {run_id} of {progress.plan.suite}"
        out.print(table_of(("benchmark", "state", "seconds", "detail"), rows, title))


def _show_runs(settings: Settings) -> None:
    objects = object_store(settings)
    rows = []
    for run_id in planned_runs(settings)[-_SHOWN_RUNS:]:
        plan = pipeline.read_plan(run_id, settings.bucket, objects)
        rows.append((plan.benchmark_run_id, plan.suite, _kind(plan)))
    out.print(table_of(("run", "suite", "benchmarks"), rows, "Latest runs"))


def _kind(plan: RunPlanFile) -> str:
    return "dry run" if plan.dry_run else str(len(plan.benchmarks))


def logs(
    benchmark: Annotated[str, typer.Argument(help="Benchmark id.")], run: RunOption = None
) -> None:
    """Print a benchmark's log: of its last submission, whether it has ended or not."""
    with connected() as settings:
        objects, jobs = object_store(settings), batch_jobs(settings)
        plan = pipeline.read_plan(find_run(run, settings), settings.bucket, objects)
        planned = next((item for item in plan.benchmarks if item.id == benchmark), None)
        if planned is None:
            known = ", ".join(item.id for item in plan.benchmarks)
            raise NotFoundError(f"no benchmark '{benchmark}' in {plan.benchmark_run_id}; "
                                f"there are: {known}")  # fmt: skip
        prefix = f"gsb-{plan.benchmark_run_id}-{benchmark}-"
        live = [
            job
            for job in jobs.named([planned.job_queue], prefix)
            if job.name.removeprefix(prefix).isdigit()  # and not those of another id, longer
        ]
        live.sort(key=lambda job: str(job.created_at))
        folder = latest_folder(planned, plan, objects)
        stored = objects.get(folder + "run.log")
        if stored is not None:
            show_text(stored.decode(errors="replace"))
        elif live and live[-1].log_stream:
            show_text("\n".join(jobs.log_tail(live[-1], 10_000)))
        else:
            record = objects.get(folder + "job.json")
            why = JobRecord.model_validate_json(record).message if record else "not started yet"
            say(f"{benchmark} has no log: {why}")


def load(
    prefix: Annotated[
        str | None, typer.Argument(help="s3://bucket/prefix/, or a run's id; the latest run.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """File manifests in the table, and make their runs' reports. Twice changes nothing."""
    with connected() as settings:
        objects, store = object_store(settings), results_store(settings)
        if prefix and "/" in prefix:
            loaded = pipeline.load_prefix_by_hand(
                prefix, settings.bucket, objects, store, load_prices()
            )
            summary, run_ids = loaded.summary, loaded.run_ids
        else:
            run_ids = (find_run(prefix, settings),)
            _check_ended(run_ids[0], settings)
            summary = pipeline.load_run(run_ids[0], settings.bucket, objects, store, load_prices())
        for run_id in run_ids:
            if pipeline.refresh_run(run_id, settings.bucket, objects, store):
                say(f"report: s3://{settings.bucket}/runs/{run_id}/report.html")
        if as_json:
            print(summary.to_json().decode())  # noqa: T201
        _tell(summary)
    raise typer.Exit(1 if summary.rejected or summary.conflicts else 0)


def _tell(summary: LoadSummary) -> None:
    say(f"{len(summary.stored)} new, {len(summary.unchanged)} unchanged, "
        f"{len(summary.rejected)} rejected, {len(summary.conflicts)} in conflict")  # fmt: skip
    for rejected in summary.rejected:
        say(f"rejected: {rejected.address}: {rejected.why}")
    for folder in summary.unfinished:
        say(f"no manifest yet: {folder}: its job still runs, or ended without a word")
    for key in summary.conflicts:
        say(f"conflict: {key}: another manifest is filed under this run and id; it was kept")


def report(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"A run's id, or its end; the latest if not given. Or several: {HELP}."
        ),
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Folder for a report of several.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a run's report anew and show its head; or one of several runs, logs, published runs."""
    if words and is_study_asked(words):
        report_study(words, to, as_json=as_json)
        return
    with connected() as settings:
        run_id = find_run(words[0] if words else None, settings)
        _check_ended(run_id, settings)
        objects, store = object_store(settings), results_store(settings)
        pipeline.load_run(run_id, settings.bucket, objects, store, load_prices())
        pipeline.analyse_run(run_id, settings.bucket, objects, store)
        pipeline.recommend_run(run_id, settings.bucket, objects, store)
        files = pipeline.publish_run(run_id, settings.bucket, objects, store)
        if as_json:
            print(files["results.json"].decode())  # noqa: T201 - Rich would fold it
        else:
            show_report(run_id, settings)


def _check_ended(run_id: str, settings: Settings) -> None:
    """A job that still runs must not be filed as a failure."""
    states = {item.benchmark_id: item.state for item in RunProgress(run_id, settings).benchmarks()}
    alive = [f"{name} ({state})" for name, state in states.items() if state in ALIVE]
    if alive:
        raise UserError(f"{run_id} still runs: {', '.join(alive)}; follow it by "
                        f"`geoschem-bench status {run_id}`")  # fmt: skip


def show_report(run_id: str, settings: Settings) -> None:
    """Copy the run's report to this computer and print its head."""
    objects, store = object_store(settings), results_store(settings)
    folder = settings.state / "reports" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    for name in pipeline.REPORT_FILES:
        body = objects.get(f"s3://{settings.bucket}/runs/{run_id}/{name}")
        if body is None:
            raise NotFoundError(f"the run {run_id} has no {name}; make it: geoschem-bench report")
        (folder / name).write_bytes(body)
    results = store.of_run(run_id)
    columns, rows = head_table(results, pipeline.analysis_of(run_id, settings.bucket, objects,
                                                             results))  # fmt: skip
    out.print(table_of(columns, rows, f"Run {run_id}"))
    if any(result.workload == "proxy" for result in results):
        say("The proxy ran: its seconds are not GEOS-Chem's and rank no instance type.")
    for result in latest_submissions(results)[0]:
        share = result.cpu_efficiency
        if result.workload == "proxy" and share is not None and share < _BUSY_BELOW:
            say(f"{result.benchmark_id}: its threads computed {share:.0%} of the time only; was "
                "the computer busy with something else?")  # fmt: skip
    _tell_failures(results, pipeline.decision_of(run_id, settings.bucket, objects))
    for words in pipeline.closing_words(run_id, settings.bucket, objects):
        say(words)
    out.print(f"Report: {folder / 'report.html'}", markup=False, highlight=False, soft_wrap=True)


def _tell_failures(results: Sequence[Result], decision: BudgetDecision | None) -> None:
    """Of last submissions only; what the budget held back is said once, not for each."""
    for result in latest_submissions(results)[0]:
        if result.status == "failed" and (decision is None or decision.message != result.message):
            complain(f"{result.benchmark_id}: {result.reason}: {result.message}")
