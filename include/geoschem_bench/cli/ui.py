"""`ui`: Airflow's servers on this computer, one command up, one down."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer
from rich.text import Text

from geoschem_bench.cli.airflow_process import dags_folder
from geoschem_bench.cli.console import complain, err, out, say, show_json, show_text, table_of, tell
from geoschem_bench.cli.ui_target import (
    SANDBOX,
    Target,
    end_sandbox,
    sandbox_log,
    target,
    with_sandbox,
)
from geoschem_bench.errors import NotFoundError, SettingsError, UserError
from geoschem_bench.wiring import state_folder

if TYPE_CHECKING:
    from geoschem_bench.servers import Request, Started, Status
    from geoschem_bench.servers.database import Kind

app = typer.Typer(
    help="Airflow's web page and servers on this computer, on loopback.", no_args_is_help=True
)


@app.command()
def up(
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Of the web page.", show_default="8080, then as before"
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="postgresql or sqlite.",
            show_default="PostgreSQL where it is installed; then as before",
        ),
    ] = None,
) -> None:
    """Start the servers, or what of them does not run, and say how to log in."""
    _check_installed("airflow", "psutil")
    from geoschem_bench import servers
    from geoschem_bench.servers.at_work import at_work

    kind, dags = _kind(database), dags_folder()
    folders = servers.check(state_folder(), port)
    with (
        _stopped_in_order(), _progress() as step, at_work(folders, step), target(step) as chosen,
    ):  # fmt: skip
        started = servers.up(_request(chosen, dags, port, kind), step)
    _show(started, chosen)


@app.command()
def down(
    forget: Annotated[
        bool, typer.Option("--forget", help="Remove database, history, logs and login as well.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """End the servers, the database and the sandbox that was started with them.

    History, logs and login stay, and are there again after the next `ui up`.
    """
    _check_installed("psutil")
    from geoschem_bench import servers
    from geoschem_bench.servers.at_work import at_work

    state, folders = state_folder(), servers.Folders.of(state_folder())
    folders.check()
    if not folders.root.exists():
        say("Nothing was running")
        return
    if forget and not _agrees_to_forget(state, yes=yes):
        say("Nothing was ended or removed")
        raise typer.Exit(1)
    with _progress() as step, at_work(folders, step):
        where = _aws_of(state)
        ran = servers.down(state, step)
        ended = end_sandbox(state, step)
        if forget:
            servers.forget(state)
    say("Ended" if ran or ended else "Nothing was running")
    if ran and where:
        say(f"Jobs that run for {where} go on and cost money; the next `ui up` waits for them. To "
            "end them: geoschem-bench ui up, and mark their runs failed on the page")  # fmt: skip
    if forget:
        say(f"Removed {folders.root}")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say which servers work; exit 1 when one does not."""
    _check_installed("psutil")
    from geoschem_bench import servers

    found = with_sandbox(servers.look(state_folder()), state_folder())
    if found is None:
        if as_json:
            show_json({"works": False, "components": []})
        say("There are no servers here yet; start them: geoschem-bench ui up")
        raise typer.Exit(1)
    if as_json:
        show_json(_document(found))
    else:
        rows = [(each.name, each.state, each.pid, each.log) for each in found.components]
        out.print(table_of(("component", "state", "process", "log"), rows))
        tell(f"{found.url}, for {found.talks_to}; password of {found.user}: {found.login_file}")
    if found.login_fault:
        complain(found.login_fault)
    if any(each.state != "works" for each in found.components):
        say("Start what does not run: geoschem-bench ui up")
    if not found.works:
        raise typer.Exit(1)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="A component, as `ui status` names it.")],
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="From the end.")] = 50,
) -> None:
    """Show the end of a server's own log; those of tasks are on the web page."""
    _check_installed("psutil")
    from geoschem_bench import servers
    from geoschem_bench.servers.daemons import tail

    folder = servers.Folders.of(state_folder()).log(name).parent
    known = {path.stem: path for path in folder.glob("*.log")}
    if (of_sandbox := sandbox_log(state_folder())).exists():
        known["sandbox"] = of_sandbox
    if name not in known:
        raise NotFoundError(
            f"no log of '{name}' in {folder}; there are: {', '.join(sorted(known)) or 'none yet'}"
        )
    show_text(tail(known[name], lines))
    say(f"The whole log: {known[name]}")


def _check_installed(*needed: str) -> None:
    """SettingsError where one of these packages is not; the servers' modules import them."""
    if missing := [name for name in needed if find_spec(name) is None]:
        raise SettingsError(
            f"the web page's servers need {' and '.join(missing)}, not installed in this Python; "
            "install: make setup, or pip install 'geoschem-bench[airflow,sandbox]'"
        )


def _request(chosen: Target, dags: Path, port: int | None, kind: Kind | None) -> Request:
    from geoschem_bench.servers import Request

    return Request(
        state=state_folder(),
        dags=dags,
        environment=dict(chosen.environment) | {"GEOSCHEM_BENCH_DAGS": str(dags)},
        talks_to=chosen.words,
        port=port,
        database=kind,
    )


def _aws_of(state: Path) -> str | None:
    """Where jobs go, unless it is the sandbox or cannot be read any more."""
    from geoschem_bench.servers import Folders
    from geoschem_bench.servers.choices import read_choices

    with suppress(UserError):
        talks_to = read_choices(Folders.of(state)).talks_to
        return None if talks_to == SANDBOX else talks_to
    return None


def _kind(word: str | None) -> Kind | None:
    from geoschem_bench.servers.database import Kind

    if word is None or word in get_args(Kind):
        return cast("Kind | None", word)
    raise UserError(f"--database {word}: there are {' and '.join(get_args(Kind))}")


def _show(started: Started, chosen: Target) -> None:
    from geoschem_bench.servers import Folders

    for note in started.notes:
        say(note)
    if ignored := sorted(name for name in os.environ if name.startswith("AIRFLOW__")):
        say(f"Not used: {', '.join(ignored)} (these servers have settings of their own)")
    if os.environ.get("AWS_SESSION_TOKEN") and "AWS_SESSION_TOKEN" in chosen.environment:
        say("The credentials of this shell lapse; with new ones say again: geoschem-bench ui up")
    say(f"Started {', '.join(started.names)}" if started.names else "All of it ran already")
    folders = Folders.of(state_folder())
    tell(f"Airflow    {started.url}", "bold")
    tell(f"Login      {started.user}, password {started.password} (kept in {started.login_file})")
    tell(f"Runs use   {chosen.words} ({chosen.costs})")
    tell(f"Database   {started.database}")
    tell(f"Logs       {folders.log('any').parent}")
    tell("End it     geoschem-bench ui down (history and login stay)")


def _document(found: Status) -> dict[str, object]:
    """For programs: paths as texts."""
    components = [asdict(each) | {"log": str(each.log)} for each in found.components]
    return {
        "works": found.works,
        "url": found.url,
        "user": found.user,
        "password_file": str(found.login_file),
        "login_fault": found.login_fault,
        "database": found.database,
        "talks_to": found.talks_to,
        "components": components,
    }


def _agrees_to_forget(state: Path, *, yes: bool) -> bool:
    from geoschem_bench.servers import Folders, holdings

    going = holdings(state)
    if not going:
        return True
    say(f"From {Folders.of(state).root} go, for good:")
    for words, size in going:
        say(f"  {words} ({size / 1e6:.1f} MB)")
    say("Results and reports stay where they are.")
    if yes:
        return True
    if not sys.stdin.isatty():
        complain(
            "nobody can be asked here; to remove it say: geoschem-bench ui down --forget --yes"
        )
        return False
    return typer.confirm("Remove it?", err=True)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Steps as a line that changes, or (no screen) as lines."""
    if not err.is_terminal:
        yield say
        return
    with err.status("…") as shown:
        yield lambda line: shown.update(Text(line))


@contextmanager
def _stopped_in_order() -> Iterator[None]:
    """Ctrl-C, also twice, and whoever ends us leave nothing half-running."""

    def interrupt(_number: int, _frame: object) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _SIGNALS:
        signal.signal(number, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        complain("interrupted; what it had started was ended")
        raise typer.Exit(130) from None


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
