"""Which runs are older than their suites keep them. Decides; deletes nothing.

Whatever cannot be told is a reason to keep: a run deleted by mistake costs more than its storage.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from geoschem_bench import units
from geoschem_bench.records.run_files import RunPlanFile
from geoschem_bench.records.stores import Stamp

KEEP_FILE = "keep"
"""`runs/<run>/keep`: this run is a baseline and is never deleted."""
BEGUN_FILE = "cleaning.json"
"""`runs/<run>/cleaning.json`: its deletion was begun and is to be finished."""


@dataclass(frozen=True)
class StoredRun:
    """What lies below `runs/<run>/`, seen from outside."""

    run_id: str
    objects: int
    last_written: datetime
    is_kept: bool = False
    is_begun: bool = False


@dataclass(frozen=True)
class Decision:
    """Whether a run goes, and why."""

    run: StoredRun
    is_due: bool
    why: str
    suite: str = ""
    is_doubtful: bool = False
    """It stays, as nobody can tell whether it may go."""


def stored_runs(stamps: Iterable[Stamp], root: str) -> Iterator[StoredRun]:
    """The runs below `root` (`s3://BUCKET/runs/`), from one listing of it in order."""
    current: StoredRun | None = None
    for stamp in stamps:
        run_id, _, name = stamp.address.removeprefix(root).partition("/")
        if not name:
            continue  # lies beside the runs
        if current is None or current.run_id != run_id:
            if current is not None:
                yield current
            current = StoredRun(run_id, 0, stamp.modified)
        current = StoredRun(
            run_id,
            current.objects + 1,
            max(current.last_written, stamp.modified),
            current.is_kept or name == KEEP_FILE,
            current.is_begun or name == BEGUN_FILE,
        )
    if current is not None:
        yield current


def decide(
    run: StoredRun,
    plan: RunPlanFile | None,
    days_by_suite: Mapping[str, int],
    alive: Collection[str],
    now: datetime,
) -> Decision:
    """Whether this run is to be deleted.

    Args:
        run: As stored.
        plan: Its `plan.json`; None where there is none that can be read.
        days_by_suite: `retention_days` of the suites as they are now.
        alive: Runs that go on, or have jobs that do.
        now: With zone.
    """
    suite = plan.suite if plan else ""
    if run.run_id in alive:
        return Decision(run, False, "it goes on, or a job of it does", suite)
    if run.is_kept:
        return Decision(run, False, "it is marked to be kept", suite)
    if run.is_begun:
        return Decision(run, True, "its deletion was begun", suite)
    if plan is None:
        why = "it has no plan.json: nobody can tell how long to keep it"
        return Decision(run, False, why, is_doubtful=True)
    days = days_by_suite.get(suite, plan.retention_days)
    if days is None:
        why = f"the suite {suite} is not known here, and its plan does not say how long to keep it"
        return Decision(run, False, why, suite, is_doubtful=True)
    age_days = (now - run.last_written).total_seconds() / units.SECONDS_PER_DAY
    why = f"last written {age_days:.0f} days ago, kept for {days}"
    return Decision(run, age_days > days, why, suite)
