"""`clean`: end stray jobs, let idle instances go, delete what is older than its suite keeps it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from geoschem_bench.cli.connection import connected
from geoschem_bench.cli.console import complain, out, say, show_json, table_of, tell
from geoschem_bench.errors import NotFoundError, UserError
from geoschem_bench.records.erasing import mark_address
from geoschem_bench.records.retention import KEEP_FILE, Decision
from geoschem_bench.records.strays import RunState
from geoschem_bench.wiring import Settings, object_store, suites_folder
from geoschem_bench.wiring.cleaning import cleaner, read_known_suites

if TYPE_CHECKING:
    from geoschem_bench.aws.cleaning import Cleaner
    from geoschem_bench.aws.leftovers import Found

_RUN = "A run's id, or its end."
End = Annotated[
    str | None, typer.Option("--run", help=f"End this run's jobs now, whatever it does. {_RUN}")
]
Delete = Annotated[
    str | None, typer.Option("--delete", help=f"Delete this run, whatever its age. {_RUN}")
]
Keep = Annotated[
    str | None, typer.Option("--keep", help=f"Never delete this run: a baseline. {_RUN}")
]
LetGo = Annotated[str | None, typer.Option("--let-go", help=f"Take --keep back. {_RUN}")]
_SHORTEST_END = 4
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Most runs deleted at one time.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List it; remove nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def clean(
    run: End = None,
    delete: Delete = None,
    keep: Keep = None,
    let_go: LetGo = None,
    limit: Limit = 50,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End stray jobs, let idle instances go, delete runs older than their suites keep them.

    Lists everything first, and asks. Touches what is of this system only.
    """
    if sum(each is not None for each in (run, delete, keep, let_go)) > 1:
        raise UserError("--run, --delete, --keep and --let-go are for one run each; give one")
    marked = keep if keep is not None else let_go
    with connected() as settings:
        if marked is not None:
            done = _mark(marked, settings, is_kept=keep is not None, dry_run=dry_run)
            if as_json:
                show_json(done)
            return
        cleaning = _cleaner(settings)
        found = _find(cleaning, settings, run, delete, limit)
        if as_json:
            show_json(document_of(found))
        else:
            _show(found)
        if not (found.is_clean or dry_run):
            _remove(cleaning, found, yes=yes)


def _remove(cleaning: Cleaner, found: Found, *, yes: bool) -> None:
    if not yes and not _agrees(found):
        say("Nothing was removed")
        raise typer.Exit(1)
    for said in cleaning.clean(found):
        say(said)
    if found.left:
        say(f"{found.left} more runs are due; say it again for the next")


def _cleaner(settings: Settings) -> Cleaner:
    known = read_known_suites(suites_folder())
    for name in known.unread:
        say(f"warning: {name} has mistakes; its runs are kept as long as their plans say")
    # Airflow is not at hand here, so nobody can tell whether a run goes on
    return cleaner(settings, known, lambda plan: RunState.UNKNOWN)


def _find(
    cleaning: Cleaner, settings: Settings, run: str | None, delete: str | None, limit: int
) -> Found:
    if run is not None:
        return cleaning.find_run(_run_id(run, settings))
    if delete is not None:
        return cleaning.find_deletion(_run_id(delete, settings))
    return cleaning.find(limit)


def _run_id(given: str, settings: Settings) -> str:
    """The one run of that id or end, also where it has no plan."""
    if len(given) < _SHORTEST_END:  # a letter would be the end of some run, too
        raise UserError(f"'{given}' is too short for a run's id; give it, or its last "
                        f"{_SHORTEST_END} characters and more")  # fmt: skip
    known = list(object_store(settings).folders(f"s3://{settings.bucket}/runs/"))
    found = [given] if given in known else [each for each in known if each.endswith(given)]
    if len(found) != 1:
        what = "several runs end" if found else "no run ends"
        raise NotFoundError(f"{what} in '{given}'; `geoschem-bench status` lists the latest")
    return found[0]


def _mark(given: str, settings: Settings, *, is_kept: bool, dry_run: bool) -> dict[str, object]:
    """Whether the run is kept then, for a program."""
    objects, run_id = object_store(settings), _run_id(given, settings)
    address = f"s3://{settings.bucket}/runs/{run_id}/{KEEP_FILE}"
    if dry_run:
        say(f"A dry run: {run_id} stays as it is")
    elif is_kept:
        objects.put(address, b"", "text/plain")
        objects.delete([mark_address(settings.bucket, run_id)])  # a deletion that was begun is over
        say(f"{run_id} is kept for good; take that back: geoschem-bench clean --let-go {run_id}")
    else:
        objects.delete([address])
        say(f"{run_id} is kept as long as its suite or its plan says, whichever is longer")
    return {"run": run_id, "is_kept": objects.exists(address)}


def _show(found: Found) -> None:
    rows = list(_rows(found))
    if rows:
        out.print(table_of(("what is done", "to what", "why"), rows, "To clean up"))
    else:
        tell("Nothing to clean up")
    spared = [each for each in found.jobs if not each.judgement.is_stray]
    for job in spared:
        tell(f"left alone: job {job.job.name}: {job.judgement.why}")
    if spared:
        say("A run's jobs are ended at once by: geoschem-bench clean --run ID")
    for decision in found.doubtful:
        tell(f"left alone: run {decision.run.run_id}: {decision.why}")


def _rows(found: Found) -> Iterator[tuple[str, str, str]]:
    for job in found.strays:
        yield "end", f"job {job.job.name}", f"{job.job.status}; {job.judgement.why}"
    for want in found.wants:
        size = "some" if want.vcpus is None else str(want.vcpus)
        yield "let go", f"environment {want.environment}", f"{size} vCPUs kept for {want.title}"
    for decision in found.runs:
        what = f"run {decision.run.run_id} of {decision.suite or 'an unknown suite'}"
        yield "delete", what, f"{decision.why}; objects: {decision.run.objects}, and its rows"


def _agrees(found: Found) -> bool:
    if not sys.stdin.isatty():
        complain("nobody is there to ask; say --yes, or --dry-run to list only")
        return False
    count = len(found.strays) + len(found.wants) + len(found.runs)
    return typer.confirm(f"Do these {count}?", default=False, err=True)


def document_of(found: Found) -> dict[str, object]:
    """What was found, for a program."""
    return {
        "jobs": [
            {
                "job_id": each.job.job_id,
                "name": each.job.name,
                "queue": each.job.queue,
                "status": each.job.status,
                "run": each.run_id,
                "is_stray": each.judgement.is_stray,
                "why": each.judgement.why,
            }
            for each in found.jobs
        ],
        "instances": [
            {"environment": each.environment, "for": each.who, "vcpus": each.vcpus}
            for each in found.wants
        ],
        "runs": [_run_document(each) for each in found.runs],
        "left": found.left,
        "doubtful": [_run_document(each) for each in found.doubtful],
    }


def _run_document(decision: Decision) -> dict[str, object]:
    return {
        "run": decision.run.run_id,
        "suite": decision.suite or None,
        "objects": decision.run.objects,
        "last_written": decision.run.last_written.isoformat(),
        "why": decision.why,
    }
