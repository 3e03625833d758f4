"""Why a job waits in RUNNABLE: asked of Batch, EC2, ECR and Service Quotas, once a minute a queue.

Batch writes a reason only on the job at the head of a queue, so that one is asked. What holds it
may hold the whole queue (no capacity) or it alone (it asks for too much).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from geoschem_bench.aws.account import Account
from geoschem_bench.aws.refusals import AWS_ERRORS, explained, is_lockout
from geoschem_bench.aws.runnable.head import HeadDiagnosis
from geoschem_bench.aws.runnable.queue_facts import SNAPSHOT_JOBS, QueueFacts, WaitingJob
from geoschem_bench.aws.runnable.waiting import Waiting, in_line, starting, stuck
from geoschem_bench.catalog import Catalog, load_catalog
from geoschem_bench.errors import LockedOutError, Reason, StorageError

FRESH_SECONDS = 60
BLOCKED_HOURS = 2
"""A head that cannot run and that nobody has ended for so long will not go by itself."""


class RunnableDiagnosis:
    """Answers for any number of waiting jobs at the cost of a few calls a queue and minute."""

    def __init__(
        self,
        account: Account,
        catalog: Catalog | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account = account
        self._catalog = catalog or load_catalog()
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, _Queue | StorageError]] = {}

    def why(self, queue: str, job_id: str, nodes: int = 1) -> Waiting:
        """Why this job waits.

        Args:
            queue: Name or ARN.
            job_id: Batch's.
            nodes: Of a job of several.

        Raises:
            LockedOutError: AWS does not let us in.
            StorageError: AWS does not answer.
        """
        with self._lock:
            known = self._fresh(queue.rsplit("/", 1)[-1])
            if isinstance(known, StorageError):
                raise type(known)(str(known))
            return self._asked(known, lambda: known.why(job_id, nodes))

    def _fresh(self, queue: str) -> _Queue | StorageError:
        at, known = self._known.get(queue, (0.0, None))
        if known is None or self._clock() - at > FRESH_SECONDS:
            known = _Queue(QueueFacts(self._account, queue), self._catalog)
            self._known[queue] = (self._clock(), known)
        return known

    def _asked(self, known: _Queue, ask: Callable[[], Waiting]) -> Waiting:
        try:
            return ask()
        except AWS_ERRORS as error:
            said = explained(error, self._account.region, self._account.profile)
            trouble = LockedOutError(said) if is_lockout(error) else StorageError(said)
            # A thousand jobs that wait need not each find out that AWS is away
            self._known[known.name] = (self._clock(), trouble)
            raise trouble from error


class _Queue:
    """One queue at one moment."""

    def __init__(self, facts: QueueFacts, catalog: Catalog) -> None:
        self.name = facts.name
        self._facts = facts
        self._examine = HeadDiagnosis(facts, catalog)
        self._of_head: Waiting | None = None

    def why(self, job_id: str, nodes: int) -> Waiting:
        of_queue = self._examine.of_queue()
        if of_queue:
            return of_queue
        front = list(self._facts.front)
        if job_id not in front:
            return self._elsewhere(job_id)
        if front[0] == job_id:
            return self._head(nodes)
        return self._behind(str(front.index(job_id)))

    def _head(self, nodes: int = 1) -> Waiting:
        head = self._facts.head
        if head is None:
            return in_line("nothing waits in this queue any more")
        if self._of_head is None:
            job = replace(head, nodes=max(nodes, head.nodes))
            self._of_head = self._examine.of_head(job)
        return self._of_head

    def _behind(self, count: str) -> Waiting:
        """Behind others: what holds the first may hold this one too."""
        head, found = self._facts.head, self._head()
        if head is None:
            return found
        behind = f"behind {count} others, of which the first, {head.name},"
        if found.kind != "stuck":
            return in_line(f"{behind} is {found.kind.replace('_', ' ')}: {found.message}")
        if found.is_of_the_queue:
            return found
        if self._is_blocked_by(head):
            return stuck(
                found.reason or Reason.UNKNOWN,
                f"{behind} has blocked the queue for over {BLOCKED_HOURS} hours: {found.message}",
                f"end it, if it may be ended: aws batch terminate-job --job-id {head.id} --reason "
                f"'blocks {self.name}' --region {self._facts.account.region}",
            )
        return in_line(f"{behind} cannot run, and is waited for until it is ended: {found.message}")

    def _is_blocked_by(self, head: WaitingJob) -> bool:
        since = self._facts.front.get(head.id)
        return since is not None and datetime.now(UTC) - since > timedelta(hours=BLOCKED_HOURS)

    def _elsewhere(self, job_id: str) -> Waiting:
        """Not among the first that wait."""
        if len(self._facts.front) >= SNAPSHOT_JOBS:
            return self._behind(f"at least {SNAPSHOT_JOBS}")
        job = self._facts.describe(job_id)
        if job is None:
            return stuck(Reason.UNKNOWN, f"Batch knows no job {job_id} any more", "submit it again")
        if job.status == "RUNNABLE" and self._facts.head is not None:
            return self._behind("some")
        if job.status == "PENDING":
            return in_line("it waits for the jobs that it depends on")
        return starting(f"it is {job.status}")
