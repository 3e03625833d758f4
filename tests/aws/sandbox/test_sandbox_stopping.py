"""Ending jobs: cancel, terminate, timeout; and that nothing of them is left."""

from __future__ import annotations

import os
import textwrap

import psutil
import pytest

FAMILY = textwrap.dedent(
    """
    import os, subprocess, sys, time
    nap = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(nap)
    own_session = subprocess.Popen(nap, start_new_session=True)
    hidden = subprocess.Popen(nap, env={}, start_new_session=True)
    tame = subprocess.Popen(nap, env={})
    print(os.getpid(), child.pid, own_session.pid, tame.pid, hidden.pid, flush=True)
    time.sleep(float(sys.argv[1]))
    """
)
"""A job with children: plain, in a session of its own, without its environment, and both."""

STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); "
STUBBORN += "time.sleep(600)"


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def busy(jobs):
    """A job that occupies the only place, so that others wait."""
    job_id = jobs.shell("sleep 600")
    jobs.wait(job_id, "RUNNING")
    yield job_id
    jobs.batch.terminate_job(jobId=job_id, reason="test over")
    jobs.wait(job_id)


def test_terminate_leaves_no_process(jobs, batch):
    job_id = jobs.submit(jobs.define(["python", "-c", FAMILY, "600"]))
    [line] = jobs.wait_for_output(job_id, 1)
    batch.terminate_job(jobId=job_id, reason="changed my mind")
    detail = jobs.wait(job_id)
    assert (detail["status"], detail["statusReason"]) == ("FAILED", "changed my mind")
    assert detail["isTerminated"] is True
    assert detail["container"]["exitCode"] == 143
    assert detail["attempts"][0]["statusReason"] == "changed my mind"
    pids = [int(pid) for pid in line.split()]
    assert len(pids) == 5
    assert all(is_gone(pid) for pid in pids)


def test_what_a_job_leaves_behind_ends_with_it(jobs):
    job_id = jobs.submit(jobs.define(["python", "-c", FAMILY, "0"]))
    detail = jobs.wait(job_id)
    assert detail["status"] == "SUCCEEDED"
    *pids, hidden = map(int, jobs.output(detail)[0].split())
    assert all(is_gone(pid) for pid in pids)
    # Nothing ties this one to the job any more once its parent has ended.
    os.kill(hidden, 9)


def test_a_job_may_tidy_up_before_it_is_killed(jobs, batch):
    job_id = jobs.shell("trap 'echo tidied; exit 3' TERM; echo up; while :; do sleep 0.05; done")
    jobs.wait_for_output(job_id, 1)
    batch.terminate_job(jobId=job_id, reason="enough")
    detail = jobs.wait(job_id)
    assert jobs.output(detail) == ["up", "tidied"]
    assert (detail["container"]["exitCode"], detail["statusReason"]) == (3, "enough")


def test_a_job_that_ignores_sigterm_is_killed(jobs, batch):
    job_id = jobs.python(STUBBORN)
    jobs.wait_for_output(job_id, 1)
    batch.terminate_job(jobId=job_id, reason="enough")
    assert jobs.wait(job_id)["container"]["exitCode"] == 137


def test_terminate_ends_a_job_that_waits(jobs, batch, busy):
    job_id = jobs.shell("true")
    jobs.wait(job_id, "RUNNABLE")
    batch.terminate_job(jobId=job_id, reason="not needed")
    detail = jobs.detail(job_id)
    assert (detail["status"], detail["statusReason"]) == ("FAILED", "not needed")
    assert detail["attempts"] == []


def test_terminate_twice_keeps_the_first_reason_and_a_finished_job(jobs, batch):
    job_id = jobs.wait(jobs.shell("true"))["jobId"]
    batch.terminate_job(jobId=job_id, reason="too late")
    detail = jobs.detail(job_id)
    assert (detail["status"], detail["isTerminated"]) == ("SUCCEEDED", False)


def test_cancel_ends_a_job_that_waits_and_no_other(jobs, batch, busy):
    job_id = jobs.shell("true")
    jobs.wait(job_id, "RUNNABLE")
    batch.cancel_job(jobId=job_id, reason="not needed")
    batch.cancel_job(jobId=busy, reason="not needed")
    detail = jobs.detail(job_id)
    assert (detail["status"], detail["statusReason"]) == ("FAILED", "not needed")
    assert detail["isCancelled"] is True
    assert jobs.detail(busy)["status"] == "RUNNING"


def test_many_are_terminated_at_once(jobs, batch, busy):
    waiting = [jobs.shell("true") for _ in range(2)]
    answer = batch.terminate_jobs(jobs=[*waiting, "unknown"], reason="all of them")
    assert answer["successful"] == [*waiting, "unknown"]
    assert answer["errors"] == []
    assert {jobs.detail(each)["statusReason"] for each in waiting} == {"all of them"}
    with pytest.raises(batch.exceptions.ClientException, match="at most 50"):
        batch.terminate_jobs(jobs=["x"] * 51, reason="too many")


def test_timeout_ends_a_job_and_is_not_retried(jobs):
    job_id = jobs.submit(
        jobs.define(["sleep", "600"], timeout={"attemptDurationSeconds": 500}),
        timeout={"attemptDurationSeconds": 1},
        retryStrategy={"attempts": 3},
    )
    detail = jobs.wait(job_id)
    assert detail["status"] == "FAILED"
    assert detail["statusReason"] == "Job attempt duration exceeded timeout"
    assert len(detail["attempts"]) == 1
    assert 1000 <= detail["stoppedAt"] - detail["startedAt"] < 10_000
    assert detail["timeout"] == {"attemptDurationSeconds": 1}


def test_a_job_killed_by_another_is_137(jobs):
    job_id = jobs.shell("echo $$; sleep 600")
    [pid] = jobs.wait_for_output(job_id, 1)
    os.kill(int(pid), 9)
    assert jobs.wait(job_id)["container"]["exitCode"] == 137
