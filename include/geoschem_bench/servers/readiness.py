"""Starting the four components side by side, until each says of itself that it works."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from geoschem_bench.errors import ServerError
from geoschem_bench.servers.at_work import tree
from geoschem_bench.servers.components import NAMES, Name, ask_health, command, is_healthy
from geoschem_bench.servers.daemons import Daemon, digest, signal_name
from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.marks import end, lives

Tell = Callable[[str], None]
READY_SECONDS = 240.0
"""For the start of all: 12 s on two free cores, 40 s on two that four others share."""
_GRACE_SECONDS = 30.0
"""For one that ran: after a pause of the computer, or of the database, it needs a moment."""
_LOOK_SECONDS = 0.3
_END_SECONDS = 5.0


def bring_up(
    folders: Folders, port: int, environment: Mapping[str, str], tell: Tell
) -> tuple[str, ...]:
    """Starts what does not run, or runs with other settings; waits until all work.

    Returns:
        Names of those that were started.

    Raises:
        ServerError: one ends or is not ready in time; with the end of its log.
    """
    starts = _Starts(folders, environment, tell)
    starts.end_changed()
    for name in NAMES:
        starts.start_where_needed(name)
    began, told = time.monotonic(), ""
    while pending := starts.pending(port):
        waited = time.monotonic() - began
        for name in pending:
            starts.look_after(name, waited)
        if waited > READY_SECONDS:
            raise _not_ready(folders, pending)
        if (line := f"Waiting for {', '.join(pending)}") != told:
            tell(told := line)
        time.sleep(_LOOK_SECONDS)
    return tuple(starts.names)


class _Starts:
    """What this command has started."""

    def __init__(self, folders: Folders, environment: Mapping[str, str], tell: Tell) -> None:
        self.names: list[Name] = []
        self._folders, self._environment, self._tell = folders, environment, tell

    def end_changed(self) -> None:
        """Ends those that run with other settings, side by side."""
        now, daemons = digest(self._environment), [Daemon(name, self._folders) for name in NAMES]
        changed = [
            each
            for each in daemons
            if each.process() and each.record and each.record.settings != now
        ]
        if changed:
            self._tell(f"New settings: ending {', '.join(each.name for each in changed)}")
        _end_trees(changed)

    def start_where_needed(self, name: Name) -> None:
        """Those that run are left alone."""
        daemon = Daemon(name, self._folders)
        if daemon.process() is None:
            died = ": it had died" if daemon.record else ""
            self._start(daemon, name, f"Starting {name}{died}")

    def pending(self, port: int) -> list[Name]:
        """Those that do not work yet."""
        health = ask_health(port)
        records = {name: Daemon(name, self._folders).record for name in NAMES}
        return [
            name
            for name, record in records.items()
            if record is None or not is_healthy(name, health, record.started_at)
        ]

    def look_after(self, name: Name, waited: float) -> None:
        """ServerError if a started one has ended; one that ran is started again."""
        daemon = Daemon(name, self._folders)
        ended = daemon.process() is None
        if name in self.names:
            if ended:
                raise ServerError(
                    f"{name} {signal_name(daemon.exit_code())} while it started; the end of its "
                    f"log ({self._folders.log(name)}):\n{daemon.log_tail()}"
                )
        elif ended or waited > _GRACE_SECONDS:
            how = "it has ended" if ended else "it does not say that it works"
            self._start(daemon, name, f"Starting {name} again: {how}")

    def _start(self, daemon: Daemon, name: Name, words: str) -> None:
        self._tell(words)
        _end_trees([daemon])
        program: list[str | Path] = [*command(name)]
        daemon.start(program, self._environment)
        self.names.append(name)


def _end_trees(daemons: list[Daemon]) -> None:
    old = [each for daemon in daemons for each in tree(daemon)]
    end(lambda: [each for each in old if lives(each)], signal.SIGTERM, _END_SECONDS)
    for daemon in daemons:
        daemon.forget()


def _not_ready(folders: Folders, pending: list[Name]) -> ServerError:
    tails = [
        f"the end of {folders.log(name)}:\n{Daemon(name, folders).log_tail(8)}" for name in pending
    ]
    return ServerError(
        f"{', '.join(pending)}: not ready after {READY_SECONDS:.0f} s; is this computer very busy? "
        "Try again: geoschem-bench ui up\n" + "\n".join(tails)
    )
