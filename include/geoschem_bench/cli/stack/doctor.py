"""`stack doctor`: whether benchmarks can run, and what to do where they cannot."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from geoschem_bench.cli.connection import find_suite, use_connection
from geoschem_bench.cli.console import out, say, show_json, table_of, tell
from geoschem_bench.cli.stack.local_images import local_images
from geoschem_bench.cli.stack.options import AsJson, Profile, Region, account_of
from geoschem_bench.errors import SettingsError
from geoschem_bench.planning import PlannedBenchmark, plan_suite
from geoschem_bench.planning.placement import (
    DEFAULT_ENVIRONMENTS,
    JOB_DEFINITION,
)
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring import routes_of, state_folder
from geoschem_bench.wiring.connection import Connection, read_connection
from geoschem_bench.wiring.notifiers import read_notifiers
from geoschem_bench.wiring.settings import DEFAULT_TABLE

if TYPE_CHECKING:
    from geoschem_bench.aws.account import Account
    from geoschem_bench.aws.doctor import Finding, Patient


def doctor(
    suite: Annotated[
        str | None, typer.Argument(help="Name or path: examine what this suite needs.")
    ] = None,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Ask AWS whether benchmarks can run: each failure with its command and its cure."""
    connection = _connection()
    loaded = load_suite(find_suite(suite)) if suite else None
    planned = plan_suite(loaded, routes=routes_of()) if loaded else ()
    stack = connection.stack if connection else ""
    account = account_of(profile, region, tell=False)
    if loaded and loaded.header.region != account.region:
        say(f"The suite is for {loaded.header.region} (suite.region), examined is "
            f"{account.region}")  # fmt: skip
    patient = _patient(account, stack, planned)
    findings = _examined(patient, tell_each=not as_json)
    if as_json:
        show_json([asdict(finding) for finding in findings])
    else:
        _show(findings)
    raise typer.Exit(1 if _bad(findings) else 0)


def _connection() -> Connection | None:
    """What is to be examined; the sandbox's stack needs the sandbox's key."""
    known = read_connection(state_folder())
    if known and not known.is_reached_from(os.environ):
        raise SettingsError(
            f"this folder is connected to {known.title} of the sandbox; take its environment: "
            'eval "$(geoschem-bench sandbox up --env)", or forget it: geoschem-bench stack '
            "disconnect"
        )
    return use_connection()


def _patient(account: Account, stack: str, planned: Sequence[PlannedBenchmark]) -> Patient:
    from geoschem_bench.aws.doctor import Patient

    routes = routes_of()
    if planned:
        placed = [item for item in planned if not item.unavailable]
        queues = [item.job_queue for item in placed]
        definitions = [item.job_definition for item in placed]
    else:
        usual = [
            f"{name}{s}-queue" for name in DEFAULT_ENVIRONMENTS.values() for s in ("", "-spot")
        ]
        queues = list(routes.queues.values()) or usual
        definitions = list(routes.job_definitions.values()) or [JOB_DEFINITION]
    return Patient(
        account=account,
        bucket=os.environ.get("GEOSCHEM_BENCH_BUCKET", ""),
        table=os.environ.get("GEOSCHEM_BENCH_TABLE") or DEFAULT_TABLE,
        queue_names=tuple(dict.fromkeys(queues)),
        definition_names=tuple(dict.fromkeys(definitions)),
        stack=stack,
        topic=_topic(),
        planned=planned,
        routes=routes,
        local_image=local_images(account.endpoint_url),
    )


def _topic() -> str:
    """Of the messages of runs. SettingsError where their settings cannot be read."""
    return next((each.topic for each in read_notifiers() if each.topic), "")


def _examined(patient: Patient, *, tell_each: bool) -> list[Finding]:
    from geoschem_bench.aws.doctor import examine

    if not (tell_each and out.is_terminal):
        return list(examine(patient))
    with out.status("Asking AWS …"):
        return list(examine(patient))


def _show(findings: Sequence[Finding]) -> None:
    rows = [(finding.state.value, finding.check, finding.detail) for finding in findings]
    out.print(table_of(("", "check", "what was found"), rows))
    for finding in _bad(findings):
        tell(f"{finding.check}: {finding.detail}")
        if finding.command:
            tell(f"  shows it: {finding.command}")
        tell(f"  cure:     {finding.cure}")
    counts = Counter(finding.state.value for finding in findings)
    say(", ".join(f"{count} {state}" for state, count in counts.items()))


def _bad(findings: Sequence[Finding]) -> list[Finding]:
    """Unknown is never fine."""
    return [finding for finding in findings if finding.state.value in ("failed", "unknown")]
