"""Which runs are older than their suites keep them. Decides; deletes nothing.

Whatever cannot be told is a reason to keep: a run deleted by mistake costs more than its storage.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from geoschem_bench.records.run_files import LOAD_FILE, RunPlanFile
from geoschem_bench.records.stores import Stamp
from geoschem_bench.records.strays import RunState, longest

KEEP_FILE = "keep"
"""`runs/<run>/keep`: this run is a baseline and is never deleted."""
BEGUN_SUFFIX = ".cleaning.json"
"""`runs/<run>.cleaning.json`: its deletion was begun and is to be finished. It lies beside the run
and not in it: who brings the run's objects back does not bring this one back."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class StoredRun:
    """What lies below `runs/<run>/`, seen from outside."""

    run_id: str
    objects: int
    last_written: datetime
    is_kept: bool = False
    is_begun: bool = False
    is_loaded: bool = False
    """It has come to its end, for all that is known."""


@dataclass(frozen=True)
class Decision:
    """Whether a run goes, and why."""

    run: StoredRun
    is_due: bool
    why: str
    suite: str = ""
    is_doubtful: bool = False
    """It stays, as nobody can tell whether it may go."""


def stored_runs(stamps: Iterable[Stamp], root: str) -> list[StoredRun]:
    """The runs below `root` (`s3://BUCKET/runs/`), from one listing of it."""
    found: dict[str, StoredRun] = {}
    for stamp in stamps:
        run_id, name = _placed(stamp.address.removeprefix(root))
        if not name:
            continue  # lies beside the runs
        run = found.get(run_id, StoredRun(run_id, 0, stamp.modified))
        found[run_id] = replace(
            run,
            objects=run.objects + 1,
            last_written=max(run.last_written, stamp.modified),
            is_kept=run.is_kept or name == KEEP_FILE,
            is_begun=run.is_begun or name == BEGUN_SUFFIX,
            is_loaded=run.is_loaded or name == LOAD_FILE,
        )
    return list(found.values())


def _placed(path: str) -> tuple[str, str]:
    """Of which run an object is, and its name there."""
    run_id, slash, name = path.partition("/")
    if not slash and run_id.endswith(BEGUN_SUFFIX):
        return run_id.removesuffix(BEGUN_SUFFIX), BEGUN_SUFFIX
    return run_id, name


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
        days_by_suite: `retention_days` of the suites as they are here: another's folder may have a
            suite of the same name, so the longer of this and the plan's counts.
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
        why = "it has no plan.json of its own: nobody can tell how long to keep it"
        return Decision(run, False, why, is_doubtful=True)
    asked = [(days_by_suite.get(suite), "the suite here"), (plan.retention_days, "its plan")]
    known = [(days, who) for days, who in asked if days is not None]
    if not known:
        why = f"the suite {suite} is not known here, and its plan does not say how long to keep it"
        return Decision(run, False, why, suite, is_doubtful=True)
    days, who = max(known)
    age = max(now - run.last_written, timedelta(0))
    why = f"last written {age / _DAY:.0f} days ago, kept for {days}, as {who} says"
    return Decision(run, age > days * _DAY, why, suite)


def may_go_on(
    run: StoredRun, plan: RunPlanFile | None, state: RunState, now: datetime
) -> str | None:
    """Why a run may go on, though no job of it does just now; None where it does not.

    Args:
        run: As stored.
        plan: Its `plan.json`; None where there is none that can be read.
        state: What is known of it.
        now: With zone.
    """
    if state is RunState.LIVE:
        return "it goes on"
    if state is RunState.OVER or run.is_loaded or run.is_begun or plan is None:
        return None
    limit = longest(plan)
    if now - run.last_written > limit:
        return None
    hours = limit / timedelta(hours=1)
    return f"nobody can tell whether it goes on: it was not loaded yet, and may take {hours:.0f} h"
