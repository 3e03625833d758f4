"""Down: ends everything, in order where it can be."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from geoschem_bench.servers.at_work import all_marked, end_strays, forget_ended, tree
from geoschem_bench.servers.daemons import Daemon
from geoschem_bench.servers.folders import Folders
from geoschem_bench.servers.marks import end, lives

_IN_ORDER: tuple[tuple[tuple[str, ...], float], ...] = (
    # What these two do is in the database; a triggerer would take ten seconds to end by itself
    (("dag-processor", "triggerer"), 3),
    (("scheduler",), 20),  # its tasks come to their end
    (("api-server",), 4),  # last: to it the tasks say how far they came
)
"""What is ended one after the other, with the seconds that it may take."""
_POSTGRES_SECONDS = 30.0


def down(state: Path, tell: Callable[[str], None]) -> bool:
    """Ends the servers and the database; what they stored stays. Whether anything ran.

    To be called within `at_work`. It needs no file of the state to be whole: processes are known
    by their mark.

    Raises:
        SettingsError: the folder is another person's.
    """
    folders = Folders.of(state)
    folders.check()
    ran = bool(all_marked(folders))
    if ran:
        tell("Ending Airflow's servers")
    end_servers(folders)
    _end_in_order(folders, ("postgres",), signal.SIGINT, _POSTGRES_SECONDS)
    end(lambda: all_marked(folders), signal.SIGKILL, 0)
    forget_ended(folders)
    return ran


def end_servers(folders: Folders) -> None:
    """Ends everything but the database."""
    for names, patience_seconds in _IN_ORDER:
        _end_in_order(folders, names, signal.SIGTERM, patience_seconds)
    end_strays(folders, ("postgres",))


def _end_in_order(
    folders: Folders, names: tuple[str, ...], first: signal.Signals, patience_seconds: float
) -> None:
    """Tells the first process of each; who has not ended after the patience is killed."""
    processes = [Daemon(name, folders).process() for name in names]
    trees = [each for name in names for each in tree(Daemon(name, folders))]
    end(
        lambda: [each for each in processes if each is not None and lives(each)],
        first,
        patience_seconds,
    )
    end(lambda: [each for each in trees if lives(each)], signal.SIGTERM, 2)
