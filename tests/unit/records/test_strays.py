"""Which jobs are nobody's: ours alone, and none of which somebody may be waiting for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoschem_bench.planning import job_name
from geoschem_bench.records import RunPlanFile
from geoschem_bench.records.strays import (
    ID_TAG,
    RUN_TAG,
    RunState,
    judge,
    longest,
    run_of,
)
from tests.unit.records.fakes import FC, RUN, plan_file

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PLAN = RunPlanFile.model_validate_json(plan_file())
TAGS = {RUN_TAG: RUN, ID_TAG: FC}


@dataclass(frozen=True)
class Job:
    name: str = job_name(RUN, FC, 1)
    tags: dict[str, str] = field(default_factory=lambda: dict(TAGS))
    created_at: datetime | None = NOW


def test_a_job_of_ours_says_so_by_name_and_tags() -> None:
    assert run_of(Job()) == RUN


@pytest.mark.parametrize(
    "job",
    [
        Job(tags={}),
        Job(tags={RUN_TAG: RUN}),
        Job(tags=TAGS | {RUN_TAG: "20260101T000000Z-00000000"}),
        Job(tags=TAGS | {ID_TAG: "ANOTHER"}),
        Job(name="gsb-mine"),
        Job(name=f"my-{job_name(RUN, FC, 1)}"),
        Job(name=f"{job_name(RUN, FC, 1)}-copy"),
        Job(name="simulation"),
    ],
)
def test_another_ones_job_is_not_ours(job: Job) -> None:
    assert run_of(job) is None


AGES = st.timedeltas(timedelta(0), timedelta(days=4000))


@given(AGES, st.booleans())
def test_a_job_of_a_run_that_goes_on_is_never_a_stray(age: timedelta, has_plan: bool) -> None:
    job = Job(created_at=NOW - age)
    assert not judge(job, RunState.LIVE, PLAN if has_plan else None, NOW).is_stray


@given(AGES)
def test_where_nobody_can_tell_time_alone_tells(age: timedelta) -> None:
    job = Job(created_at=NOW - age)
    assert judge(job, RunState.UNKNOWN, PLAN, NOW).is_stray == (age > longest(PLAN))
    assert not judge(job, RunState.UNKNOWN, None, NOW).is_stray


def test_what_is_over_is_over_at_once() -> None:
    assert judge(Job(), RunState.OVER, PLAN, NOW).is_stray


def test_a_job_without_a_date_is_left_alone() -> None:
    assert not judge(Job(created_at=None), RunState.UNKNOWN, PLAN, NOW).is_stray


def test_no_run_ends_before_its_time_however_often_its_jobs_are_tried() -> None:
    """In turns, each tried as often as any reason allows, after a day's wait for approval."""
    one_by_one = sum(item.timeout_seconds + item.runnable_minutes * 60 for item in PLAN.benchmarks)
    assert longest(PLAN) == timedelta(hours=24, seconds=4 * one_by_one)
