"""Which Batch job belongs to a task, however often Airflow asked for it.

Airflow's task may be retried, cleared, killed or resumed; AWS Batch knows neither tasks nor client
tokens. So a job carries its identity in its name and tags, its id is kept in the task's state
store, and every attempt looks for the job of the attempts before it submits one. A request may
outlive the attempt that sent it: that it was sent is kept, too, and the next one waits for it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from geoschem_bench.aws.batch import BatchJobs, Job
from geoschem_bench.errors import Reason
from geoschem_bench.planning import job_name
from geoschem_bench.records.strays import ID_TAG, RUN_TAG

if TYPE_CHECKING:
    from airflow.sdk import Context

_log = logging.getLogger(__name__)

GENERATION_TAG = "geoschem-bench-generation"
_KEY = "job"
"""Of the task's state store."""


class Step(Enum):
    """What to do about the job of an earlier attempt."""

    SUBMIT = "submit"
    ATTACH = "attach"
    """It lives: wait for it."""
    CONCLUDE = "conclude"
    """It has ended, and the attempt that waited for it died before it could say so."""
    REPLACE = "replace"
    """A person cleared the task: what it did before shall not count."""


@dataclass(frozen=True)
class Claim:
    """What a task keeps of its job from one attempt to the next."""

    generation: int
    job_id: str | None = None
    number: int = 0
    """Of the submission."""
    failures: tuple[Reason, ...] = field(default=())
    """Of the submissions before, since a person last cleared the task."""
    counted: int = 0
    """The last submission that is among them."""
    region: str | None = None
    """Of the job: the environment may name another by now."""
    asked_number: int = 0
    """Of a submission whose answer is not known; 0: there is none."""
    asked_at: float = 0.0
    """When it was sent, in seconds since 1970."""

    def is_on_its_way(self, job: Job | None, now: float, within_seconds: float) -> bool:
        """Whether a request of an attempt that died may still make a job.

        Args:
            job: The latest that is there.
            now: In seconds since 1970.
            within_seconds: The longest that a request is on its way.
        """
        is_there = job is not None and number_of(job) >= self.asked_number
        return self.asked_number > 0 and not is_there and now < self.asked_at + within_seconds


def why_ended(state: str | None) -> str:
    """What Batch is told of a job that its task, in this state, does not own any more."""
    return f"Terminated by Airflow: its task is {state or 'cleared'}"


_CLEARED = frozenset(map(why_ended, (None, "restarting", "scheduled", "queued")))
"""The generation does not always say it: where a task is cleared while it runs and its worker dies
before the task ends, Airflow forgets to count that clear."""


def was_cleared(job: Job) -> bool:
    """Whether it was ended since its task was to begin anew."""
    return job.status_reason in _CLEARED


def generation_of(ti: Any, retries: int) -> int:  # noqa: ANN401 - Airflow's own, or a test's
    """Counts up when a person clears the task, and not when Airflow retries it.

    A clear raises `max_tries` by the tries there were; a retry leaves it as it is. (The run's own
    `clear_number` changes for tasks that nobody cleared, too.)
    """
    return int(ti.max_tries) - retries


def read_claim(context: Context, generation: int) -> Claim:
    """What earlier attempts have kept; without their failures where the task was cleared."""
    kept: Any = context["task_state_store"].get(_KEY)
    if not isinstance(kept, dict):
        return Claim(generation)
    cleared = kept["generation"] != generation
    failures = () if cleared else tuple(Reason(each) for each in kept["failures"])
    return Claim(
        generation, kept["job_id"], kept["number"], failures, kept["counted"], kept["region"],
        kept.get("asked_number", 0), kept.get("asked_at", 0.0),
    )  # fmt: skip


def keep_claim(context: Context, claim: Claim) -> None:
    """Keep it for the next attempt."""
    document = {**asdict(claim), "failures": [str(each) for each in claim.failures]}
    context["task_state_store"].set(_KEY, document)


def tags_of(run_id: str, benchmark_id: str, generation: int) -> dict[str, str]:
    """By which a job is known as ours, whatever else has its name."""
    return {RUN_TAG: run_id, ID_TAG: benchmark_id, GENERATION_TAG: str(generation)}


def find_jobs(
    jobs: BatchJobs, claim: Claim, queues: Collection[str], run_id: str, benchmark_id: str
) -> list[Job]:
    """The jobs of this benchmark in this run, by their ids and names; the latest is the last.

    A crash between submission and keeping the id leaves the name alone. Where two have the same
    number (AWS's answer to a submission was lost, say), the one whose id is kept is the later.
    """
    by_name = _by_name(jobs, queues, run_id, benchmark_id)
    by_id = jobs.describe([claim.job_id]) if claim.job_id else []
    known = {job.job_id: job for job in (*by_name, *by_id)}
    return sorted(known.values(), key=lambda job: (number_of(job), job.job_id == claim.job_id))


def _by_name(jobs: BatchJobs, queues: Collection[str], run_id: str, benchmark_id: str) -> list[Job]:
    prefix = job_name(run_id, benchmark_id, 0)[:-1]
    ours = {RUN_TAG: run_id, ID_TAG: benchmark_id}.items()
    named = [
        job
        for job in jobs.named(queues, prefix)
        if re.fullmatch(re.escape(prefix) + r"\d+", job.name)
    ]
    for job in named:
        if not ours <= job.tags.items():
            _log.warning("Job %s has the name %s but not our tags; left alone", job.job_id,
                         job.name)  # fmt: skip
    return [job for job in named if ours <= job.tags.items()]


def number_of(job: Job) -> int:
    """The submission that the job is."""
    return int(job.name.rpartition("-")[2])


def next_step(job: Job | None, claim: Claim, *, has_manifest: bool, force: bool) -> Step:
    """What an attempt does about the job of those before it.

    Args:
        job: The latest.
        claim: What those before it have kept.
        has_manifest: Whether the job's manifest can be read.
        force: A person wants it measured again whatever there is.
    """
    if job is None:
        return Step.SUBMIT
    if job.tags.get(GENERATION_TAG) != str(claim.generation):
        return Step.REPLACE
    if not job.has_ended:
        return Step.ATTACH
    if job.status == "SUCCEEDED":
        return Step.CONCLUDE if has_manifest and not force else Step.SUBMIT
    if was_cleared(job):
        return Step.SUBMIT
    # Only a failure that was counted has been found worth another try
    return Step.SUBMIT if number_of(job) <= claim.counted else Step.CONCLUDE
