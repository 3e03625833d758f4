"""`validate` and `plan`: what a suite says, before anything runs."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from geoschem_bench.cli.connection import find_suite, use_connection
from geoschem_bench.cli.console import complain, out, say, show_json, table_of, tell
from geoschem_bench.errors import NotFoundError, SuiteError, UserError
from geoschem_bench.planning import PlannedBenchmark, output_path, plan_suite
from geoschem_bench.pricing import (
    COSTS_NOTHING,
    CostLine,
    Estimate,
    beside_budget,
    estimate_of,
    headline,
)
from geoschem_bench.suite import PHASE_TITLES, PHASES, load_suite, suite_schema
from geoschem_bench.wiring import routes_of, suites_folder

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Phases = Annotated[
    list[str] | None, typer.Option("--phase", help="Only this phase (phase_1 …); repeatable.")
]
Repetitions = Annotated[int | None, typer.Option(min=1, max=100, help="In place of the suite's.")]


def chosen_phases(given: list[str] | None) -> list[str]:
    """All phases, or those given by name or number; UserError for one that is none."""
    by_number = {str(number): name for number, name in enumerate(PHASES, 1)}
    named = [by_number.get(name, name) for name in given or ()]
    for name in named:
        if name not in PHASES:
            raise UserError(
                f"--phase is '{name}'; allowed: {', '.join(PHASES)}, or {', '.join(by_number)}"
            )
    return named or list(PHASES)


def validate(
    suites: Annotated[
        list[str] | None, typer.Argument(help="Names or paths; all suites if none is given.")
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema for editors instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check suites; every mistake at once, with file, line and key."""
    if schema:
        show_json(suite_schema())
        return
    reports = [_check(name) for name in suites or _all_suites()]
    if as_json:
        show_json(reports)
    raise typer.Exit(2 if any(report["problems"] for report in reports) else 0)


def _all_suites() -> list[str]:
    found = sorted(str(path) for path in suites_folder().glob("*.yaml"))
    if not found:
        raise NotFoundError(f"no *.yaml in {suites_folder()}; name a suite, or set "
                            "GEOSCHEM_BENCH_SUITES")  # fmt: skip
    return found


def _check(name: str) -> dict[str, object]:
    path = find_suite(name)
    try:
        suite = load_suite(path)
    except SuiteError as error:
        complain(str(error))
        problems = [
            {"file": p.file, "line": p.line, "key": p.key, "message": p.message}
            for p in error.problems
        ]
        return {"suite": str(path), "problems": problems, "warnings": []}
    count = len(suite.benchmarks)
    say(f"{path}: {count} {'benchmark' if count == 1 else 'benchmarks'}, valid")
    for warning in suite.warnings:
        say(f"  warning: {warning}")
    return {"suite": str(path), "problems": [], "warnings": list(suite.warnings)}


def plan(
    suite: Annotated[str, typer.Argument(help="Name or path of a suite.")],
    phase: Phases = None,
    repetitions: Repetitions = None,
    as_json: AsJson = False,
) -> None:
    """Show where each benchmark would go, what it would ask for and cost. Submits nothing."""
    use_connection()
    loaded = load_suite(find_suite(suite))
    planned = [
        item.with_repetitions(repetitions)
        for item in plan_suite(loaded, routes=routes_of())
        if item.phase in chosen_phases(phase)
    ]
    estimate = estimate_of(loaded, planned)
    if as_json:
        items = [
            item.model_dump(mode="json", exclude_none=True)
            | {"output_prefix": output_path("<bucket>", "<run>", item.phase, item.id, 1)}
            for item in planned
        ]
        show_json({"suite": loaded.name, "benchmarks": items,
                   "estimate": estimate.model_dump(mode="json")})  # fmt: skip
        return
    rows = [_row(item, line) for item, line in zip(planned, estimate.lines, strict=True)]
    out.print(table_of(_COLUMNS, rows, f"Plan of {loaded.name}"))
    out.print("vCPU and MiB are what is requested of Batch; limit is when a job is stopped; USD is "
              "the most that it can cost.")  # fmt: skip
    for item in planned:
        for note in (item.unavailable, *item.notes):
            if note:
                say(f"{item.id}: {note}")
    _tell_cost(estimate)


_COLUMNS = (
    "phase", "benchmark", "instance", "arch", "queue", "vCPU", "MiB", "parallel", "limit", "USD",
)  # fmt: skip


def _tell_cost(estimate: Estimate) -> None:
    tell(headline(estimate))
    if estimate.budget_usd is not None:
        tell(f"Budget: {beside_budget(estimate)}.")
    for warning in estimate.warnings:
        say(f"warning: {warning}")
    in_sandbox = os.environ.get("AWS_ENDPOINT_URL") or not os.environ.get("GEOSCHEM_BENCH_BUCKET")
    if in_sandbox and not estimate.is_free:
        say(f"That is on AWS; in the sandbox, where it would run now, it {COSTS_NOTHING}, but a "
            "budget is held to as on AWS.")  # fmt: skip


def _row(item: PlannedBenchmark, line: CostLine) -> list[object]:
    hardware = item.benchmark.hardware
    nodes = f"{hardware.nodes} x " if hardware.nodes > 1 else ""
    parallel = f"{item.mpi_ranks} ranks" if item.mpi_ranks else f"{item.threads} threads"
    return [
        PHASE_TITLES[item.phase],
        item.id,
        nodes + hardware.instance_type,
        item.architecture,
        item.job_queue,
        item.vcpus,
        item.memory_mib,
        parallel,
        f"{item.timeout_seconds / 3600:.1f} h",
        None if line.usd is None else f"{line.usd:,.2f}",
    ]
