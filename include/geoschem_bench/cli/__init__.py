"""`geoschem-bench`: the command line. Exit 0 done, 1 something failed, 2 bad input."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path
from typing import Annotated

import typer

from geoschem_bench import __version__
from geoschem_bench.cli import (
    catalog,
    clean,
    compare,
    demo,
    import_logs,
    prices,
    recommend,
    reports,
    run,
    runs,
    sandbox,
    stack,
    suites,
    ui,
)
from geoschem_bench.cli.console import complain
from geoschem_bench.errors import EXIT_OWN_ERROR, GeosChemBenchError, UserError

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
app.command("import")(import_logs.import_logs)
app.command()(compare.compare)
app.command("recommend")(recommend.recommend_types)
app.command()(runs.report)
app.command()(reports.reports)
app.command()(clean.clean)
app.command()(demo.demo)
app.add_typer(catalog.app, name="catalog")
app.add_typer(prices.app, name="prices")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(stack.app, name="stack")
app.add_typer(ui.app, name="ui")


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
    except OSError as error:
        complain(f"{error.filename or 'the system'}: {error.strerror or error}")
        sys.exit(1)
    except Exception as error:  # ours to mend: told in a line, kept whole for the report
        complain(f"{type(error).__name__}: {error}. This is a mistake of the program; please "
                 f"report it with {_keep_traceback()}")  # fmt: skip
        sys.exit(EXIT_OWN_ERROR)


def _keep_traceback() -> Path:
    path = Path(tempfile.mkstemp(prefix="geoschem-bench-error-", suffix=".log")[1])
    path.write_text(traceback.format_exc())
    return path
