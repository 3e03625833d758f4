"""`import`: logs that people already have become results, with their provenance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import Progress

from geoschem_bench.cli.connection import connected
from geoschem_bench.cli.console import err
from geoschem_bench.cli.imported import Outcome, show_outcomes
from geoschem_bench.errors import UserError
from geoschem_bench.model_logs import LogError
from geoschem_bench.pricing import load_prices
from geoschem_bench.records import LogFacts, LogFiler, ObjectStore, result_of_log
from geoschem_bench.records.logs import instance_of
from geoschem_bench.selection import LogFile, logs_at, read
from geoschem_bench.wiring import Settings, object_store, results_store

MOST_DAYS = 100_000
_PARALLEL = 8

Logs = Annotated[
    list[str], typer.Argument(help="Files, folders (searched for logs), s3:// prefixes; .gz too.")
]
_said = typer.Option
InstanceType = Annotated[str | None, _said(help="EC2 instance type that it ran on.")]
Region = Annotated[str | None, _said(help="AWS region that it ran in, for its cost.")]
Spot = Annotated[bool | None, _said("--spot/--on-demand", help="How it was bought, for its cost.")]
Threads = Annotated[int | None, _said(min=1, help="OpenMP threads.")]
Nodes = Annotated[int | None, _said(min=1, help="Nodes.")]
Compiler = Annotated[str | None, _said(help="Compiler and version.")]
Id = Annotated[str | None, _said("--id", help="Benchmark id; by default made of the simulation.")]
Cold = Annotated[bool | None, _said("--cold/--warm", help="Input was read for the first time?")]
Synthetic = Annotated[bool, _said("--synthetic-input", help="Made-up input: never ranked.")]
Factor = Annotated[list[str] | None, _said(help="Any other difference: container=singularity.")]
Simulation = Annotated[str | None, _said(help="Where the log is silent (timers without a log).")]
Resolution = Annotated[str | None, _said(help="The same: 4x5.")]
Days = Annotated[float | None, _said(help="The same: simulated days.")]
Version = Annotated[str | None, _said(help="The same: 14.7.0.")]
DryRun = Annotated[bool, _said("--dry-run", help="Read and show, store nothing.")]
AsJson = Annotated[bool, _said("--json", help="Print JSON, for programs.")]


def import_logs(
    logs: Logs,
    instance_type: InstanceType = None,
    region: Region = None,
    spot: Spot = None,
    threads: Threads = None,
    nodes: Nodes = None,
    compiler: Compiler = None,
    benchmark_id: Id = None,
    cold: Cold = None,
    synthetic: Synthetic = False,
    factor: Factor = None,
    simulation: Simulation = None,
    resolution: Resolution = None,
    days: Days = None,
    model_version: Version = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Read logs of GC-Classic and GCHP into the store: what they cannot say stays empty."""
    facts = LogFacts(
        benchmark_id=_checked_id(benchmark_id),
        simulation_type=simulation,
        resolution=resolution,
        simulated_days=_checked_days(days),
        model_version=model_version,
        instance_type=instance_type.lower() if instance_type else None,
        aws_region=region,
        purchase_option=None if spot is None else "spot" if spot else "on_demand",
        threads=threads,
        nodes=nodes,
        compiler=compiler,
        is_cold=cold,
        is_synthetic_input=True if synthetic else None,
        factors=_factors(factor or []),
    )
    instance_of(facts)
    _import(logs, facts, dry_run=dry_run, as_json=as_json)


def _import(words: Sequence[str], facts: LogFacts, *, dry_run: bool, as_json: bool) -> None:
    in_s3 = [word for word in words if word.startswith("s3://")]
    absent: list[UserError] | None = [] if len(words) > 1 else None
    found, others = logs_at([word for word in words if word not in in_s3], None, absent)
    with _store_of(not dry_run or bool(in_s3)) as settings:
        if settings and in_s3:
            more, beside = logs_at(in_s3, object_store(settings), absent)
            found, others = found + more, others + beside
        outcomes = _import_all(found, facts, settings, dry_run)
    outcomes += [_of_no_log(error) for error in absent or ()]
    show_outcomes(outcomes, others, facts, as_json=as_json)
    if any(outcome.state != "succeeded" for outcome in outcomes):
        raise typer.Exit(1)


def _of_no_log(error: UserError) -> Outcome:
    """Of a word that means nothing: the message begins with it."""
    word, _, why = str(error).partition(": ")
    return Outcome(LogFile(word), refused=why)


def _factors(given: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    wrong = [text for text, (name, _, value) in zip(given, pairs, strict=True)
             if not name or not value]  # fmt: skip
    if wrong:
        raise UserError(f"--factor {wrong[0]}: write name=value, such as container=singularity")
    factors = {name.strip(): value.strip() for name, _, value in pairs}
    twice = len(factors) < len(pairs)
    taken = sorted(factors.keys() & LogFacts.model_fields.keys())
    if twice or taken:
        raise UserError(f"--factor {taken[0]}: has an option of its own" if taken else
                        "--factor: one value for each name")  # fmt: skip
    return factors


def _checked_days(given: float | None) -> float | None:
    if given is not None and not 0 < given < MOST_DAYS:
        raise UserError(f"--days {given:g}: a number of days above 0 and below {MOST_DAYS}")
    return given


def _checked_id(given: str | None) -> str | None:
    if given is not None and not re.fullmatch(r"[A-Za-z0-9-]{1,64}", given):
        raise UserError(f"--id {given}: at most 64 letters, digits and hyphens")
    return given


@contextmanager
def _store_of(needed: bool) -> Iterator[Settings | None]:
    if not needed:
        yield None
        return
    with connected() as settings:
        yield settings


def _import_all(
    logs: Sequence[LogFile], facts: LogFacts, settings: Settings | None, dry_run: bool
) -> list[Outcome]:
    """Each log for itself: a broken one stops no other."""
    objects = object_store(settings) if settings else None
    filer = None
    if settings and objects and not dry_run:
        filer = LogFiler(settings.bucket, objects, results_store(settings), load_prices())
    with Progress(console=err, transient=True) as progress, ThreadPoolExecutor(_PARALLEL) as pool:
        task = progress.add_task("Reading logs", total=len(logs))
        outcomes = []
        try:
            for outcome in pool.map(lambda log: _import_one(log, facts, objects, filer), logs):
                outcomes.append(outcome)
                progress.advance(task)
        except BaseException:
            pool.shutdown(cancel_futures=True)  # Ctrl-C is not to wait for thousands of logs
            raise
        return outcomes


def _import_one(
    log: LogFile,
    facts: LogFacts,
    objects: ObjectStore | None,
    filer: LogFiler | None,
) -> Outcome:
    try:
        run = read(log, objects)
        if filer is None:
            return Outcome(log, result_of_log(run, log.file_name, facts))
        filed = filer.file(run, log.file_name, facts)
        return Outcome(log, filed.result, filed.stored)
    except LogError as error:
        return Outcome(log, refused=error.why)
