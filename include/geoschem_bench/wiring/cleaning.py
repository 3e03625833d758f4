"""What cleaning up works with: the stores, and how long the suites keep their runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geoschem_bench.errors import UserError
from geoschem_bench.planning import plan_suite
from geoschem_bench.suite import load_suite
from geoschem_bench.wiring import Settings, batch_jobs, object_store, results_store, routes_of

if TYPE_CHECKING:
    from boto3.session import Session

    from geoschem_bench.aws.cleaning import Cleaner, StateOf


@dataclass(frozen=True)
class KnownSuites:
    """What the suites' folder says of cleaning up."""

    days: dict[str, int]
    """`retention_days` by suite."""
    queues: frozenset[str]
    unread: tuple[str, ...]
    """Files with mistakes: of their runs, the plan says how long they are kept."""


def read_known_suites(folder: Path) -> KnownSuites:
    """Of every suite in the folder that can be read."""
    days, queues, unread = {}, set(), []
    for path in sorted(folder.glob("*.yaml")):
        try:
            suite = load_suite(path)
        except UserError:
            unread.append(path.name)
            continue
        days[suite.name] = suite.header.retention_days
        for planned in plan_suite(suite, routes=routes_of()):
            queues |= {planned.job_queue, planned.fallback_queue or planned.job_queue}
    return KnownSuites(days, frozenset(queues), tuple(unread))


def cleaner(
    settings: Settings, known: KnownSuites, state_of: StateOf, session: Session | None = None
) -> Cleaner:
    """Of this installation.

    Args:
        settings: Of this installation.
        known: Its suites.
        state_of: What is known of a run.
        session: One with credentials of its own.
    """
    from geoschem_bench.aws.cleaning import Cleaner
    from geoschem_bench.aws.clients import make_client

    return Cleaner(
        bucket=settings.bucket,
        objects=object_store(settings, session),
        store=results_store(settings, session),
        jobs=batch_jobs(settings, session),
        batch=make_client("batch", settings.region, session),
        days_by_suite=known.days,
        queues=known.queues,
        state_of=state_of,
    )
