"""A thousand jobs at once: each request still takes little of the server's time.

Its processor time is asserted, which what else runs on this computer hardly changes.
"""

from __future__ import annotations

import psutil
import pytest

from geoschem_bench.sandbox import faults
from tests.aws.sandbox.conftest import QUEUE, wait_until

COUNT = 1000
MOST_SECONDS = 0.05
"""Of one request, what it makes the scheduler do included."""


class Clock:
    """The server's processor time."""

    def __init__(self, pid):
        self._process = psutil.Process(pid)

    def _now(self):
        times = self._process.cpu_times()
        return times.user + times.system

    def seconds_each(self, calls):
        begun = self._now()
        done = [call() for call in calls]
        return (self._now() - begun) / len(done)


@pytest.fixture(scope="module")
def here(killable, jobs):
    yield type(jobs)(killable.batch, killable.logs)
    faults.clear(killable.sandbox)


def check_speed(here, clock, ids):
    requests = {
        "DescribeJobs": lambda: here.batch.describe_jobs(jobs=ids[450:550]),
        "DescribeJobQueues": here.batch.describe_job_queues,
        "GetJobQueueSnapshot": lambda: here.batch.get_job_queue_snapshot(jobQueue=QUEUE),
        "ListJobs RUNNABLE": lambda: here.batch.list_jobs(jobQueue=QUEUE, jobStatus="RUNNABLE"),
        "ListJobs by name": lambda: here.batch.list_jobs(
            jobQueue=QUEUE, filters=[{"name": "JOB_NAME", "values": ["w*"]}]
        ),
    }
    taken = {name: clock.seconds_each([call] * 20) for name, call in requests.items()}
    assert {name: each for name, each in taken.items() if each >= MOST_SECONDS} == {}


def count(here, status):
    pages = here.batch.get_paginator("list_jobs").paginate(jobQueue=QUEUE, jobStatus=status)
    return sum(len(page["jobSummaryList"]) for page in pages)


def test_with_a_thousand_waiting_and_then_running(killable, here):
    clock = Clock(killable.sandbox.pid)
    definition = here.define(["true"])
    ids: list[str] = []
    stuck = faults.job(killable.sandbox, "wait-*", "stuck")

    def submit():
        ids.append(here.submit(definition, name="wait-1"))

    assert clock.seconds_each([submit] * COUNT) < MOST_SECONDS
    wait_until(lambda: count(here, "RUNNABLE") == COUNT, "all to be RUNNABLE")
    check_speed(here, clock, ids)
    idle = faults.job(killable.sandbox, "wait-*", "idle")
    faults.clear(killable.sandbox, stuck.id)
    wait_until(lambda: count(here, "RUNNING") == COUNT, "all to be RUNNING")
    check_speed(here, clock, ids)
    faults.clear(killable.sandbox, idle.id)
    wait_until(lambda: count(here, "SUCCEEDED") >= COUNT, "all to end")


def test_each_call_that_polls_them_is_counted(killable, here):
    faults.reset_calls(killable.sandbox)
    for _ in range(3):
        here.batch.describe_jobs(jobs=["x"])
    assert faults.calls(killable.sandbox) == {"batch:DescribeJobs": 3}
