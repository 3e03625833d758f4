"""`geoschem-bench`: the command line. Exit 0 done, 1 something failed, 2 bad input."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from geoschem_bench import __version__
from geoschem_bench.cli import catalog, run, runs, sandbox, suites
from geoschem_bench.cli.console import complain
from geoschem_bench.errors import GeosChemBenchError, UserError

app = typer.Typer(
    help="Performance benchmarks of GEOS-Chem: which AWS instance runs your simulation fastest "
    "and cheapest.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(suites.validate)
app.command()(suites.plan)
app.command()(run.run)
app.command()(runs.status)
app.command()(runs.logs)
app.command()(runs.load)
app.command()(runs.report)
app.add_typer(catalog.app, name="catalog")
app.add_typer(sandbox.app, name="sandbox")


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(f"geoschem-bench {__version__}")  # noqa: T201
        raise typer.Exit


def main() -> None:
    """Entry point: our errors are one message and an exit code, never a traceback."""
    try:
        app()
    except UserError as error:
        complain(str(error))
        sys.exit(2)
    except GeosChemBenchError as error:
        complain(str(error))
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)  # `geoschem-bench plan x | head`
