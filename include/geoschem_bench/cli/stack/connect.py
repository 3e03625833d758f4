"""`stack connect` and `stack disconnect`: which stack the commands of this folder work with."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from geoschem_bench.cli.console import complain, out, say, show_json, table_of, tell
from geoschem_bench.cli.stack.options import AsJson, Profile, Region, account_of
from geoschem_bench.errors import UserError
from geoschem_bench.wiring import state_folder
from geoschem_bench.wiring.connection import (
    Connection,
    forget_connection,
    write_connection,
)
from geoschem_bench.wiring.settings import DEFAULT_TABLE

if TYPE_CHECKING:
    from geoschem_bench.aws.account import Account
    from geoschem_bench.aws.stack.existing import Adoption
    from geoschem_bench.aws.stack.outputs import AirflowConnection

Named = Annotated[list[str] | None, typer.Option(help="With --use-existing; repeatable.")]


def connect(
    name: Annotated[str, typer.Argument(help="Name of the stack.")] = "BenchmarkingStack",
    env: Annotated[
        bool,
        typer.Option("--env", help='For a shell: eval "$(geoschem-bench stack connect --env)"'),
    ] = False,
    use_existing: Annotated[
        bool, typer.Option("--use-existing", help="Adopt resources that no stack of ours made.")
    ] = False,
    queue: Named = None,
    job_definition: Named = None,
    bucket: Annotated[str | None, typer.Option(help="With --use-existing: for results.")] = None,
    table: Annotated[
        str | None, typer.Option(help=f"With --use-existing; default {DEFAULT_TABLE}.")
    ] = None,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Write down where the stack's bucket, table and queues are, for the other commands."""
    if not use_existing:
        _refuse_names(queue, job_definition, bucket, table)
        _connect(account_of(profile, region), name, env=env, as_json=as_json)
        return
    if not queue or not job_definition or not bucket:
        raise UserError("--use-existing needs --queue NAME, --job-definition NAME and --bucket "
                        "NAME; list yours: aws batch describe-job-queues, aws batch "
                        "describe-job-definitions --status ACTIVE, aws s3 ls")  # fmt: skip
    account = account_of(profile, region)
    _adopt(account, queue, job_definition, bucket, table or DEFAULT_TABLE, env=env, as_json=as_json)


def disconnect() -> None:
    """Forget the stack: from now on the environment says where things are, or the sandbox."""
    forgotten = forget_connection(state_folder())
    say("Disconnected" if forgotten else "This folder was not connected to a stack")


def _refuse_names(queue: list[str] | None, definition: list[str] | None, bucket: str | None,
                  table: str | None) -> None:  # fmt: skip
    given = {"--queue": queue, "--job-definition": definition, "--bucket": bucket, "--table": table}
    named = [option for option, value in given.items() if value]
    if named:
        raise UserError(f"{', '.join(named)}: only with --use-existing; a stack's own names are "
                        "in its outputs")  # fmt: skip


def _connect(account: Account, name: str, *, env: bool, as_json: bool) -> None:
    from geoschem_bench.aws.stack.outputs import airflow_connection, environment_of, ready_stack

    stack = ready_stack(account, name)
    connection = Connection(stack.name, account.region, environment_of(stack, account))
    airflow = airflow_connection(account, stack.outputs.get("AirflowRoleArn"))
    _write(connection, airflow, env=env, as_json=as_json)


def _adopt(
    account: Account,
    queues: list[str],
    definitions: list[str],
    bucket: str,
    table: str,
    *,
    env: bool,
    as_json: bool,
) -> None:
    from geoschem_bench.aws.stack.existing import Wanted, adopt
    from geoschem_bench.aws.stack.outputs import airflow_connection

    adoption = adopt(account, Wanted(queues, definitions, bucket, table))
    if not (as_json or env):
        _show_adoption(adoption)
    if adoption.fatal:
        if as_json:
            show_json(_document(adoption, None))
        for each in adoption.fatal if env or as_json else ():
            say(f"{each.subject}: {each.what}; {each.consequence}. Cure: {each.cure}")
        complain(f"not connected: {len(adoption.fatal)} of these make it unusable; nothing was "
                 "written")  # fmt: skip
        raise typer.Exit(1)
    connection = Connection("", account.region, adoption.environment)
    if as_json:
        write_connection(state_folder(), connection)
        show_json(_document(adoption, connection))
        return
    _write(connection, airflow_connection(account, None), env=env, as_json=False)


def _show_adoption(adoption: Adoption) -> None:
    out.print(table_of(("queue", "environments and their types", "architecture"), adoption.rows))
    if not adoption.differences:
        say("Nothing differs from what our own stack would have")
        return
    rows = [
        ("UNUSABLE" if each.is_fatal else "differs", each.subject, each.what, each.consequence)
        for each in sorted(adoption.differences, key=lambda each: not each.is_fatal)
    ]
    out.print(table_of(("", "what", "how it differs from ours", "what follows"), rows))
    tell("Cures:")
    for each in sorted(adoption.differences, key=lambda each: not each.is_fatal):
        tell(f"  {each.subject}, {each.what}:\n    {each.cure}")


def _document(adoption: Adoption, connection: Connection | None) -> dict[str, object]:
    return {
        "connected": connection is not None,
        "environment": dict(adoption.environment),
        "differences": [asdict(each) for each in adoption.differences],
    }


def _write(connection: Connection, airflow: AirflowConnection, *, env: bool, as_json: bool) -> None:
    path = write_connection(state_folder(), connection)
    if env:
        _print_exports(connection.environment)
        return
    if as_json:
        document = asdict(connection) | {
            "airflow": {"command": airflow.command, "variable": dict([airflow.variable])}
        }
        show_json(document)
        return
    say(f"Connected to {connection.title} in {connection.region}, written to {path}; forget it: "
        "geoschem-bench stack disconnect")  # fmt: skip
    out.print(table_of(("variable", "value"), list(connection.environment.items())))
    tell("For an Airflow of your own, one of:")
    tell(f"  {airflow.command}")
    name, value = airflow.variable
    tell(f"  export {name}={shlex.quote(value)}")
    tell("and in its environment (workers, scheduler, DAG processor):")
    _print_exports({**connection.environment, "GEOSCHEM_BENCH_AWS_CONN_ID": airflow.name}, "  ")


def _print_exports(environment: Mapping[str, str], margin: str = "") -> None:
    for name, value in environment.items():
        print(f"{margin}export {name}={shlex.quote(value)}")  # noqa: T201 - for a shell
