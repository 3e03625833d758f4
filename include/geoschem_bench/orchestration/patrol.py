"""Now and then, while a run's benchmarks wait: its jobs that nobody waits for any more are ended.

Airflow tells a trigger that its task was marked or cleared, but only one that a living triggerer
holds: a task that is marked while the triggerer is down leaves its job to nobody. Those of the
same run that still wait see to it; where none does, the janitor of the run is near.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geoschem_bench.orchestration.strays import find_strays, jobs_of_run
from geoschem_bench.orchestration.turns import ENDED, read_states
from geoschem_bench.records.strays import ID_TAG

if TYPE_CHECKING:
    from geoschem_bench.aws.batch import BatchJobs

_log = logging.getLogger(__name__)
ROUNDS = 10
"""Looks at the jobs between two patrols: 5 minutes on AWS, 10 s in the sandbox."""
_WHY = "Terminated by Airflow: its task has ended, and nobody waits for it"


@dataclass(frozen=True)
class WaitingRun:
    """A run of which at least one benchmark waits."""

    dag_id: str
    run_id: str
    """Airflow's."""
    benchmark_run_id: str
    queues: tuple[str, ...]
    """Of all its benchmarks."""


class Patrol:
    """Beside the looks at the jobs of one region; what goes wrong here disturbs no wait.

    Args:
        make_jobs: Jobs in AWS Batch of that region; called in a thread.
        runs: Those that wait now.
    """

    def __init__(
        self, make_jobs: Callable[[], BatchJobs], runs: Callable[[], Iterable[WaitingRun]]
    ) -> None:
        self._make_jobs = make_jobs
        self._runs = runs
        self._rounds = 0
        self._going: asyncio.Task[None] | None = None

    def next_round(self) -> None:
        """Called after each look; goes round in the background every `ROUNDS` of them."""
        self._rounds += 1
        if self._rounds % ROUNDS == 0 and (self._going is None or self._going.done()):
            self._going = asyncio.create_task(asyncio.to_thread(self._go, set(self._runs())))

    def _go(self, runs: Iterable[WaitingRun]) -> None:
        for run in runs:
            try:
                end_unowned(run, self._make_jobs())
            except Exception as error:  # the wait must go on, and the janitor comes after it
                _log.warning("cannot look for jobs of %s that nobody waits for: %s: %s",
                             run.run_id, type(error).__name__, error)  # fmt: skip


def end_unowned(run: WaitingRun, jobs: BatchJobs) -> None:
    """Terminate the jobs of a run whose tasks have ended; the janitor writes their records.

    Raises:
        StorageError: AWS cannot be asked.
    """
    if not _ended(run):
        return
    alive = jobs_of_run(run.benchmark_run_id, run.queues, jobs, only_living=True)
    # Asked again, now that the jobs are known: one submitted since belongs to a task that goes on
    ended = _ended(run)
    going_on = {job.tags.get(ID_TAG, "") for job in alive} - ended
    for job in find_strays(alive, going_on):
        _log.warning("%s (%s) is %s and nobody's: ended", job.name, job.job_id, job.status)
        jobs.terminate([job], _WHY)


def _ended(run: WaitingRun) -> set[str]:
    """Its benchmarks whose tasks have ended, and names of tasks that are no benchmarks."""
    states = read_states(run.dag_id, run.run_id)
    return {task_id.partition(".")[2] for task_id, state in states.items() if state in ENDED}
