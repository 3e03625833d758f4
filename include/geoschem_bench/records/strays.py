"""Which jobs nobody waits for any more. Decides; ends nothing.

Airflow knows whether a run goes on. Where it cannot be asked, or does not know the run (another
Airflow may), only time tells: longer than the whole run may take, nobody waits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from geoschem_bench.records.run_files import RunPlanFile

RUN_TAG = "geoschem-bench-run"
ID_TAG = "geoschem-bench-id"
_NAME = re.compile(r"gsb-(?P<run>[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8})-(?P<id>[A-Za-z0-9-]{1,64})-\d+")
_MOST_TRIES = 4
"""Submissions of one benchmark: the first, and what is tried again at the most."""
_BEFORE = timedelta(hours=24)
"""A run may wait so long for a person's approval before its first job."""


class RunState(StrEnum):
    """Of a run, as far as anybody knows."""

    LIVE = "live"
    OVER = "over"
    UNKNOWN = "unknown"
    """Whoever was asked cannot tell: never a reason to end anything."""


class SomeJob(Protocol):
    """What of a job is looked at."""

    @property
    def name(self) -> str:
        """In Batch."""

    @property
    def tags(self) -> Mapping[str, str]:
        """In Batch."""

    @property
    def created_at(self) -> datetime | None:
        """When it was submitted."""


@dataclass(frozen=True)
class Judgement:
    """Whether a job is a stray, and why."""

    is_stray: bool
    why: str


def run_of(job: SomeJob) -> str | None:
    """The run that a job of this system is of; None for everybody else's.

    Its name and its tags must say the same: a name alone anybody may choose.
    """
    named = _NAME.fullmatch(job.name)
    if named is None:
        return None
    tagged = (job.tags.get(RUN_TAG), job.tags.get(ID_TAG))
    return named["run"] if tagged == (named["run"], named["id"]) else None


def longest(plan: RunPlanFile) -> timedelta:
    """The most that the whole run can take: every wait, limit and try, one after the other."""
    seconds = sum(each.timeout_seconds + each.runnable_minutes * 60 for each in plan.benchmarks)
    return _BEFORE + timedelta(seconds=seconds * _MOST_TRIES)


def judge(job: SomeJob, state: RunState, plan: RunPlanFile | None, now: datetime) -> Judgement:
    """Whether nobody waits for a living job of ours.

    Args:
        job: One of ours.
        state: Of its run.
        plan: Of its run; None where there is none that can be read.
        now: With zone.
    """
    if state is RunState.LIVE:
        return Judgement(False, "its run goes on")
    if state is RunState.OVER:
        return Judgement(True, "its run is over")
    if plan is None:
        return Judgement(False, "nobody can tell: its run has no plan.json")
    if job.created_at is None:
        return Judgement(False, "nobody can tell: AWS does not say since when it is there")
    limit = longest(plan)
    hours = limit.total_seconds() / 3600
    if now - job.created_at > limit:
        return Judgement(True, f"it is older than the {hours:.0f} h that its whole run may take")
    return Judgement(False, f"nobody can tell: its run may take {hours:.0f} h, and it is younger")
