"""`run`: a suite through Airflow to its report, with its progress on the screen."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live

from geoschem_bench.cli import airflow_process
from geoschem_bench.cli.connection import connected, find_suite
from geoschem_bench.cli.console import complain, err, say, table_of
from geoschem_bench.cli.progress import BenchmarkProgress, RunProgress, queues_of
from geoschem_bench.cli.runs import show_report
from geoschem_bench.cli.suites import Phases, Repetitions, chosen_phases
from geoschem_bench.errors import GeosChemBenchError, LockedOutError, StorageError
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring import Settings, batch_jobs

_LOOK_SECONDS = 1.0
_LOOK_SECONDS_ON_AWS = 15.0
_SANDBOX_SILENCE_SECONDS = 60.0
_LOG_TAIL = 15
_CAUSE = re.compile(r"^geoschem_bench\.errors\.\w+: (.+)", re.M)
"""How Airflow's log names an error of ours."""


def run(
    suite: Annotated[str, typer.Argument(help="Name or path of a suite.")],
    phase: Phases = None,
    repetitions: Repetitions = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan only, submit nothing.")] = False,
) -> None:
    """Run a suite through Airflow to its report."""
    path = find_suite(suite)
    loaded = load_suite(path)  # a mistake in it is told before anything starts
    for warning in loaded.warnings:
        say(f"warning: {warning}")
    conf = {
        "phases": chosen_phases(phase),
        "dry_run": dry_run,
        "repetitions": repetitions,
        "max_concurrent": 1,  # `airflow dags test` runs one task after the other
    }
    with connected(path) as settings:
        _check_credentials(settings)
        ok, run_id = _run(path, conf, settings)
        if dry_run:
            say(f"Planned, nothing submitted: s3://{settings.bucket}/runs/{run_id}/plan.json")
        else:
            show_report(run_id, settings)
    raise typer.Exit(0 if ok else 1)


def _check_credentials(settings: Settings) -> None:
    """Say that AWS does not let us in before Airflow is started, not after half a minute.

    Raises:
        AccessError: with the cure.
    """
    if settings.endpoint_url or settings.aws_conn_id:
        return  # the sandbox has its own, and an Airflow connection's only Airflow knows
    from geoschem_bench.aws.account import Account

    Account(settings.region).identity()


def _run(path: Path, conf: dict[str, Any], settings: Settings) -> tuple[bool, str]:
    """Whether the run succeeded, and its id."""
    airflow = airflow_process.start(path, conf, settings.state)
    say(f"Airflow runs {path.stem}; its log: {airflow.log}")
    # as Ctrl-C: whoever ends us must not leave jobs behind that cost money
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        run_id = _wait_for_plan(airflow)
        if not conf["dry_run"]:
            _follow(airflow, run_id, settings)
        return airflow.process.wait() == 0, run_id
    except KeyboardInterrupt:
        _interrupted(airflow, settings)
        raise typer.Exit(130) from None
    finally:
        airflow.stop()


def _wait_for_plan(airflow: airflow_process.AirflowRun) -> str:
    with err.status("Airflow starts and plans the run …"):
        while True:
            ended = airflow.process.poll() is not None
            run_id = airflow.benchmark_run_id
            if run_id:
                return run_id
            if ended:
                raise GeosChemBenchError(_why_not_planned(airflow))
            time.sleep(_LOOK_SECONDS / 2)


def _why_not_planned(airflow: airflow_process.AirflowRun) -> str:
    text = airflow.log.read_text(errors="replace")
    causes = _CAUSE.findall(text)
    if causes:
        return f"the run could not be planned: {causes[0]}"
    tail = "\n".join(text.splitlines()[-_LOG_TAIL:])
    return f"Airflow ended before the run was planned. The end of its log ({airflow.log}):\n{tail}"


def _follow(airflow: airflow_process.AirflowRun, run_id: str, settings: Settings) -> None:
    """Show the benchmarks until Airflow is done, as a live table or (no screen) as lines."""
    seconds = _LOOK_SECONDS if settings.endpoint_url else _LOOK_SECONDS_ON_AWS
    with _display() as show:
        progress: RunProgress | None = None
        silent_since: float | None = None
        while True:
            ended = airflow.process.poll() is not None
            try:
                progress = progress or RunProgress(run_id, settings)
                show(progress.benchmarks())
                silent_since = None
            except StorageError as error:  # the run goes on all the same
                silent_since = _bear_silence(silent_since, error, settings)
            if ended:
                return
            time.sleep(seconds)


def _bear_silence(since: float | None, error: StorageError, settings: Settings) -> float:
    """AWS comes back; a sandbox that is gone for a minute was killed, and the run with it."""
    now = time.monotonic()
    if since is None:
        say(f"cannot look at the run just now: {error}")
        return now
    if isinstance(error, LockedOutError):
        return since  # somebody answers; what becomes of the run, its tasks decide
    if settings.endpoint_url and now - since > _SANDBOX_SILENCE_SECONDS:
        raise GeosChemBenchError(
            f"the sandbox at {settings.endpoint_url} does not answer any more; the run is stopped. "
            "What it has so far: geoschem-bench report"
        )
    return since


@contextmanager
def _display() -> Iterator[Any]:
    if err.is_terminal:
        with Live(console=err, refresh_per_second=4) as live:
            yield lambda items: live.update(table_of(_COLUMNS, [_row(item) for item in items]))
        return
    last: dict[str, str] = {}

    def print_changes(items: list[BenchmarkProgress]) -> None:
        for item in items:
            if last.get(item.benchmark_id, "WAITING") != item.state:
                last[item.benchmark_id] = item.state
                detail = f"  {item.detail}" if item.detail else ""
                say(f"{time.strftime('%H:%M:%S')}  {item.benchmark_id}  {item.state}{detail}")

    yield print_changes


_COLUMNS = ("benchmark", "state", "seconds", "last said")


def _row(item: BenchmarkProgress) -> list[object]:
    seconds = None if item.seconds is None else f"{item.seconds:.0f}"
    return [item.benchmark_id, item.state, seconds, item.detail or ""]


def _interrupted(airflow: airflow_process.AirflowRun, settings: Settings) -> None:
    """Leave nothing running that costs money."""
    complain("interrupted; stopping the run's jobs and Airflow")
    airflow.stop()
    run_id = airflow.benchmark_run_id
    if run_id is None:
        return
    progress = RunProgress(run_id, settings)
    queues = queues_of(progress.plan)
    jobs = batch_jobs(settings)
    jobs.terminate(jobs.named(queues, f"gsb-{run_id}-"), "Terminated by Ctrl-C")
    say(f"No job of the run is left; report what there is by: geoschem-bench report {run_id}")
