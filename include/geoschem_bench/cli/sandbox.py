"""`sandbox`: a stand-in for AWS on this computer."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from geoschem_bench.cli import faults
from geoschem_bench.cli.connection import (
    foreign_settings,
    kept_marker,
    sandbox_queues,
    sandbox_region,
)
from geoschem_bench.cli.console import out, say, table_of
from geoschem_bench.wiring import state_folder

HOST = "127.0.0.1"
SERVICE_PORT = 5000

app = typer.Typer(help="A stand-in for AWS on this computer, on loopback.", no_args_is_help=True)
app.add_typer(faults.app, name="fault")
app.command()(faults.calls)


@app.command()
def up(
    env: Annotated[
        bool, typer.Option("--env", help='For a shell: eval "$(geoschem-bench sandbox up --env)"')
    ] = False,
    containers: Annotated[
        bool | None,
        typer.Option(
            "--containers/--processes",
            help="What jobs are: containers of the image that they name, by Docker or podman, or "
            "plain processes. Kept for later commands, until down.",
            show_default="processes",
        ),
    ] = None,
) -> None:
    """Start the sandbox, or find the running one."""
    from geoschem_bench import sandbox

    behaviour = None
    if containers is not None:
        behaviour = sandbox.Behaviour(launcher="container" if containers else "process")
    running = sandbox.up(
        state_folder(), region=sandbox_region(), queues=sandbox_queues(), behaviour=behaviour
    )
    kept_marker(state_folder()).touch()
    if env:
        if foreign := foreign_settings():
            print(f"unset {' '.join(sorted(foreign))}")  # noqa: T201 - they would win over the keys
        for name, value in running.environment().items():
            print(f"export {name}={shlex.quote(value)}")  # noqa: T201 - for a shell
        return
    say(f"Sandbox at {running.endpoint_url}, process {running.pid}, bucket {running.bucket}")
    say('For a shell: eval "$(geoschem-bench sandbox up --env)"')


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Beyond loopback inside a container only.")] = HOST,
    port: Annotated[int, typer.Option(min=1, max=65535)] = SERVICE_PORT,
) -> None:
    """Run the sandbox in the foreground, as a container does.

    Its key is what AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY say.
    """
    from geoschem_bench import sandbox

    say(f"Sandbox on {host}:{port}, stored in {state_folder()}")
    sandbox.serve(state_folder(), host, port, region=sandbox_region(), queues=sandbox_queues())


@app.command()
def down() -> None:
    """Stop the sandbox and its jobs, and end its faults. What it stored stays on disk."""
    from geoschem_bench import sandbox

    kept_marker(state_folder()).unlink(missing_ok=True)
    stopped = sandbox.down(state_folder())
    say("Sandbox stopped" if stopped else "No sandbox was running")


@app.command()
def status() -> None:
    """Whether the sandbox runs, and its jobs by state."""
    from geoschem_bench import sandbox
    from geoschem_bench.sandbox import faults as sandbox_faults

    running = sandbox.status(state_folder())
    if running is None:
        say("No sandbox is running; start it: geoschem-bench sandbox up")
        raise typer.Exit(1)
    jobs = sandbox.job_counts(state_folder())
    faults = len(sandbox_faults.listed(running))
    shown = ", ".join(f"{count} {state}" for state, count in jobs.items() if count)
    out.print(table_of(("what", "value"), [
        ("endpoint", running.endpoint_url),
        ("process", running.pid),
        ("region", running.region),
        ("bucket", running.bucket),
        ("table", running.table),
        ("a job is a", running.launcher),
        ("jobs", shown or "none"),
        ("faults", f"{faults} (geoschem-bench sandbox fault list)" if faults else "none"),
    ]))  # fmt: skip
