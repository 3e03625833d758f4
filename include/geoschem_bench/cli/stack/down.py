"""`stack down`: take the stack away, after saying what goes and what stays."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from geoschem_bench.cli.connection import use_connection
from geoschem_bench.cli.console import complain, out, say, table_of
from geoschem_bench.cli.stack.options import Profile, Region, Yes, account_of
from geoschem_bench.cli.stack.up import say_event
from geoschem_bench.wiring import state_folder
from geoschem_bench.wiring.connection import forget_connection, read_connection

if TYPE_CHECKING:
    from geoschem_bench.aws.account import Account
    from geoschem_bench.aws.stack.removing import Removal


def down(
    name: Annotated[str, typer.Argument(help="Name of the stack.")] = "BenchmarkingStack",
    with_data: Annotated[
        bool,
        typer.Option(
            "--with-data",
            help="Delete bucket and table as well, for good. Images and logs go in any case.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, do none of it.")
    ] = False,
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Terminate its jobs, scale to zero, delete the stack with its images and logs.

    Bucket and table stay unless asked for.
    """
    from geoschem_bench.aws.stack.removing import plan_removal

    use_connection()
    account = account_of(profile, region)
    removal = plan_removal(account, name)
    _show(account, removal, with_data)
    if dry_run:
        say("Dry run: nothing was removed")
        return
    if not (yes or _agrees(removal, with_data)):
        say("Nothing was removed")
        raise typer.Exit(1)
    _empty_queues(account, removal)
    _delete(account, removal)
    if with_data:
        _erase(account, removal)
    _forget(account, removal)
    _tell_left(account, removal, with_data)


def _show(account: Account, removal: Removal, with_data: bool) -> None:
    from geoschem_bench.aws.stack.erasing import amount_of

    rows: list[tuple[str, str, str]] = []
    rows += [("terminate", f"job {job.name}", job.status) for job in removal.jobs]
    rows += [("ends with its queue", f"job {job.name}", f"not ours, {job.status}")
             for job in removal.foreign]  # fmt: skip
    rows += [("scale to zero", f"environment {each}", "") for each in removal.environments]
    rows += [("delete", item.kind.removeprefix("AWS::"), item.name + _contents(item.kind))
             for item in removal.resources]  # fmt: skip
    verb = "DELETE FOR GOOD" if with_data else "keep"
    rows += [(verb, f"{kept.kind} {kept.name}", amount_of(account, kept)) for kept in removal.kept]
    rows += [("keep", item.kind.removeprefix("AWS::"), item.name) for item in removal.given_up]
    title = f"Stack {removal.stack.name} in {account.region}, {removal.stack.status}"
    out.print(table_of(("what is done", "to what", ""), rows, title))


def _contents(kind: str) -> str:
    lost = {"AWS::ECR::Repository": ", with its images", "AWS::Logs::LogGroup": ", with its logs"}
    return lost.get(kind, "")


def _agrees(removal: Removal, with_data: bool) -> bool:
    if not sys.stdin.isatty():
        say("Nobody is there to ask; say --yes to do it")
        return False
    if not with_data:
        return typer.confirm("Remove it?", err=True)
    typed: str = typer.prompt("This deletes the results for good. Type the stack's name to do it",
                              default="", show_default=False, err=True)  # fmt: skip
    return typed == removal.stack.name


def _empty_queues(account: Account, removal: Removal) -> None:
    from geoschem_bench.aws.stack.removing import scale_to_zero, terminate_jobs

    count = terminate_jobs(account, removal)
    if count:
        say(f"Terminated {count} {'job' if count == 1 else 'jobs'}")
    for line in scale_to_zero(account, removal):
        say(f"Environment {line}")


def _delete(account: Account, removal: Removal) -> None:
    from geoschem_bench.aws.stack.failures import undeleted
    from geoschem_bench.aws.stack.watching import remove, unwatched
    from geoschem_bench.errors import StackError

    try:
        stack = remove(account, removal.stack, say_event)
    except KeyboardInterrupt:
        say(unwatched(removal.stack.name, account.region))
        raise typer.Exit(130) from None
    if stack.status != "DELETE_COMPLETE":
        raise StackError(undeleted(account, stack))
    say(f"Stack {stack.name} is gone")


def _erase(account: Account, removal: Removal) -> None:
    from geoschem_bench.aws.stack.erasing import erase
    from geoschem_bench.errors import GeosChemBenchError

    failures = []
    for kept in removal.kept:
        try:
            erase(account, kept)
            say(f"Deleted {kept.kind} {kept.name}")
        except GeosChemBenchError as error:  # the others can go all the same
            failures.append(f"{kept.kind} {kept.name}: {error}")
    for line in failures:
        complain(line)
    if failures:
        _forget(account, removal)
        raise typer.Exit(1)


def _forget(account: Account, removal: Removal) -> None:
    connection = read_connection(state_folder())
    if connection is None:
        return
    endpoint = connection.environment.get("AWS_ENDPOINT_URL") or None
    written = (connection.stack, connection.region, endpoint)
    if written == (removal.stack.name, account.region, account.endpoint_url):
        forget_connection(state_folder())
        say("Disconnected: this folder was connected to it")


def _tell_left(account: Account, removal: Removal, with_data: bool) -> None:
    from geoschem_bench.aws.stack.erasing import erase_command

    for item in removal.given_up:
        say(f"Left, since the stack no longer minds it: {item.kind} {item.name}")
    if with_data or not removal.kept:
        say("Nothing else is left of it" if removal.given_up else "Nothing is left of it")
        return
    say("Left, with their data; delete them later by:")
    for kept in removal.kept:
        say(f"  {kept.kind} {kept.name}: {erase_command(kept, account.region)}")
