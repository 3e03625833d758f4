"""The fates of jobs, as a client of Batch sees them."""

from __future__ import annotations

import re

import psutil
import pytest

from geoschem_bench.errors import Reason
from geoschem_bench.records.failures import classify
from geoschem_bench.sandbox import faults
from tests.aws.sandbox.conftest import QUEUE, names, wait_until

OTHER_QUEUE = "geos-chem-x86-queue"
HOST_LOST = r"Host EC2 \(instance i-[0-9a-f]{17}\) terminated\."


@pytest.fixture
def name(sandbox):
    """Of the jobs of one test, whose faults are cleared and jobs ended after it."""
    yield f"fate-{next(names)}"
    faults.clear(sandbox)


@pytest.fixture
def ended(batch):
    """Jobs that are terminated at the end."""
    ids: list[str] = []
    yield ids
    for job_id in ids:
        batch.terminate_job(jobId=job_id, reason="test over")


def explained(jobs, job_id):
    wait_until(lambda: "statusReason" in jobs.detail(job_id), "the reason")
    return jobs.detail(job_id)["statusReason"]


def is_gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def reason_of(detail):
    reasons = [detail.get("statusReason"), detail["container"].get("reason")]
    return classify(None, reasons, [], detail["container"].get("exitCode"))


@pytest.mark.parametrize(
    ("word", "text", "ours"),
    [
        (None, "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity "
         "requested for instance type [c7g.4xlarge]", Reason.CAPACITY),
        ("max-resource", "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated "
         "with the job queue cannot meet the CPU requirement of the job.", Reason.MISCONFIGURED),
        ("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - "
         "The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the "
         "CE(s) attached to the job queue.", Reason.MISCONFIGURED),
        ("undetermined", "UNDETERMINED - Batch job is blocked, root cause is undetermined.", None),
        ("words of my own", "words of my own", None),
    ],
)  # fmt: skip
def test_a_stuck_job_stays_runnable_with_awss_reason(sandbox, jobs, name, ended, word, text, ours):
    faults.job(sandbox, f"{name}*", "stuck", reason=word)
    ended.append(jobs.shell("true", name=name))
    assert explained(jobs, ended[0]) == text
    assert jobs.detail(ended[0])["status"] == "RUNNABLE"
    if ours is not None:
        assert reason_of(jobs.detail(ended[0])) is ours


def test_a_stuck_head_blocks_its_queue_and_alone_has_the_reason(sandbox, jobs, batch, name, ended):
    faults.job(sandbox, name, "stuck", times=1)
    head, behind = (jobs.shell("true", name=each) for each in (name, f"{name}-behind"))
    ended += [head, behind]
    elsewhere = jobs.shell("true", name=f"{name}-elsewhere", queue=OTHER_QUEUE)
    assert jobs.wait(elsewhere)["status"] == "SUCCEEDED"
    explained(jobs, head)
    assert "statusReason" not in jobs.wait(behind, "RUNNABLE")
    snapshot = batch.get_job_queue_snapshot(jobQueue=QUEUE)["frontOfQueue"]["jobs"]
    assert [each["jobArn"].rpartition("/")[2] for each in snapshot] == [head, behind]
    [entry] = batch.list_jobs(jobQueue=QUEUE, filters=[{"name": "JOB_NAME", "values": [name]}])[
        "jobSummaryList"
    ]
    assert entry["statusReason"].startswith("CAPACITY:")
    batch.terminate_job(jobId=head, reason="stuck for too long")
    assert jobs.wait(behind)["status"] == "SUCCEEDED"


def test_the_next_in_a_blocked_queue_gets_the_reason_when_it_is_its_turn(
    sandbox, jobs, batch, name, ended
):
    faults.job(sandbox, f"{name}*", "stuck")
    first, second = (jobs.shell("true", name=name) for _ in range(2))
    ended += [first, second]
    explained(jobs, first)
    assert "statusReason" not in jobs.wait(second, "RUNNABLE")
    batch.cancel_job(jobId=first, reason="over")
    assert explained(jobs, second).startswith("CAPACITY:")


def test_the_reason_is_there_while_another_queues_job_runs(sandbox, jobs, name, ended):
    busy = jobs.shell("sleep 600", queue=OTHER_QUEUE)
    ended.append(busy)
    jobs.wait(busy, "RUNNING")
    faults.job(sandbox, name, "stuck")
    ended.append(jobs.shell("true", name=name))
    assert explained(jobs, ended[1]).startswith("CAPACITY:")


def test_clearing_the_fault_lets_a_stuck_job_go_on(sandbox, jobs, name):
    fault = faults.job(sandbox, name, "stuck", times=1)
    job_id = jobs.shell("true", name=name)
    explained(jobs, job_id)
    [shown] = faults.listed(sandbox)  # also when it is spent, while a job is held by it
    assert (shown.id, shown.used, shown.times) == (fault.id, 1, 1)
    assert faults.clear(sandbox, fault.id) == 1
    assert jobs.wait(job_id)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("fate", ["spot-reclaim", "lose-instance"])
def test_a_host_that_goes_away_takes_the_job_with_it(sandbox, jobs, name, fate):
    faults.job(sandbox, name, fate, seconds=1, times=1)
    job_id = jobs.shell("echo $$; sleep 600", name=name)
    [pid] = jobs.wait_for_output(job_id, 1)
    detail = jobs.wait(job_id)
    assert detail["status"] == "FAILED"
    assert re.fullmatch(HOST_LOST, detail["statusReason"])
    assert "exitCode" not in detail["container"]
    assert "exitCode" not in detail["attempts"][0]["container"]
    assert 1000 <= detail["stoppedAt"] - detail["startedAt"] < 10_000
    assert reason_of(detail) is Reason.SPOT_INTERRUPTED
    assert is_gone(int(pid))
    assert jobs.output(detail) == [pid]


def test_a_reclaimed_attempt_is_retried_by_batch(sandbox, jobs, name):
    faults.job(sandbox, name, "spot-reclaim", seconds=0, times=1)
    rules = [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ]
    job_id = jobs.shell(
        "test $AWS_BATCH_JOB_ATTEMPT = 2 || sleep 600",
        name=name,
        retryStrategy={"attempts": 2, "evaluateOnExit": rules},
    )
    detail = jobs.wait(job_id)
    assert detail["status"] == "SUCCEEDED"
    first, second = [each["statusReason"] for each in detail["attempts"]]
    assert re.fullmatch(HOST_LOST, first)
    assert second == "Essential container in task exited"
    wait_until(lambda: faults.listed(sandbox) == [], "the spent fault to be gone")


def test_a_job_that_runs_already_can_lose_its_host(sandbox, jobs, name):
    job_id = jobs.shell("sleep 600", name=name)
    jobs.wait(job_id, "RUNNING")
    faults.job(sandbox, name, "spot-reclaim")
    assert re.fullmatch(HOST_LOST, jobs.wait(job_id)["statusReason"])


@pytest.mark.parametrize(
    ("word", "words"), [(None, "manifest unknown"), ("no-arm64", "no matching manifest for linux")]
)
def test_an_image_that_cannot_be_pulled(sandbox, jobs, name, word, words):
    faults.job(sandbox, name, "no-image", reason=word)
    detail = jobs.wait(jobs.shell("true", name=name))
    assert (detail["status"], detail["statusReason"]) == ("FAILED", "Task failed to start")
    assert detail["container"]["reason"].startswith("CannotPullContainerError: ")
    assert words in detail["container"]["reason"]
    assert "exitCode" not in detail["container"]
    assert reason_of(detail) is Reason.IMAGE


def test_a_job_that_takes_too_much_memory_is_137_with_the_reason(sandbox, jobs, name):
    faults.job(sandbox, name, "out-of-memory", seconds=0.5)
    job_id = jobs.shell("echo $$; sleep 600", name=name)
    [pid] = jobs.wait_for_output(job_id, 1)
    detail = jobs.wait(job_id)
    assert detail["statusReason"] == "Essential container in task exited"
    assert detail["container"]["exitCode"] == 137
    reason = "OutOfMemoryError: Container killed due to memory usage"
    assert detail["container"]["reason"] == detail["attempts"][0]["container"]["reason"] == reason
    assert reason_of(detail) is Reason.OUT_OF_MEMORY
    assert is_gone(int(pid))


@pytest.mark.parametrize("state", ["RUNNABLE", "RUNNING", "SUCCEEDED"])
def test_a_job_that_vanishes_is_known_to_nobody(sandbox, jobs, batch, name, ended, state):
    if state == "RUNNABLE":
        ended.append(jobs.shell("sleep 600"))
        jobs.wait(ended[0], "RUNNING")
    job_id = jobs.shell("echo $$" + ("; sleep 600" if state == "RUNNING" else ""), name=name)
    detail = jobs.wait(job_id, state)
    pid = int(jobs.wait_for_output(job_id, 1)[0]) if state == "RUNNING" else None
    faults.job(sandbox, name, "vanish")
    wait_until(lambda: batch.describe_jobs(jobs=[job_id])["jobs"] == [], "Batch to forget")
    by_name = [{"name": "JOB_NAME", "values": [name]}]
    assert batch.list_jobs(jobQueue=QUEUE, filters=by_name)["jobSummaryList"] == []
    assert pid is None or is_gone(pid)
    with pytest.raises(batch.exceptions.ClientException, match="there is no job"):
        batch.terminate_job(jobId=detail["jobId"], reason="x")


def test_what_depends_on_a_job_that_vanished_has_failed(sandbox, jobs, name, ended):
    first = jobs.shell("sleep 600", name=name)
    ended_too = jobs.shell("true", dependsOn=[{"jobId": first}])
    jobs.wait(first, "RUNNING")
    jobs.wait(ended_too, "PENDING")
    faults.job(sandbox, name, "vanish")
    assert jobs.wait(ended_too)["statusReason"] == "Dependent Job failed"


def test_only_the_jobs_of_the_queue_are_meant(sandbox, jobs, name):
    faults.job(sandbox, name, "no-image", queue=OTHER_QUEUE)
    assert jobs.wait(jobs.shell("true", name=name))["status"] == "SUCCEEDED"
    failed = jobs.wait(jobs.shell("true", name=name, queue=OTHER_QUEUE))
    assert failed["statusReason"] == "Task failed to start"


def test_the_first_so_many_jobs_are_meant(sandbox, jobs, name):
    faults.job(sandbox, f"{name}*", "no-image", times=2)
    states = [jobs.wait(jobs.shell("true", name=f"{name}-{n}"))["status"] for n in range(3)]
    assert states == ["FAILED", "FAILED", "SUCCEEDED"]


def test_an_idle_job_runs_nothing_takes_no_place_and_says_so(sandbox, jobs, name, tmp_path):
    faults.job(sandbox, f"{name}*", "idle", times=2)
    trace = tmp_path / "trace"
    idle = [jobs.shell(f"touch {trace}", name=f"{name}-{n}") for n in range(2)]
    for job_id in idle:
        jobs.wait(job_id, "RUNNING")
    assert jobs.wait(jobs.shell("true"))["status"] == "SUCCEEDED"
    assert "no measurement" in jobs.output(jobs.detail(idle[0]))[0]
    jobs.batch.terminate_job(jobId=idle[0], reason="not needed")
    stopped = jobs.wait(idle[0])
    assert (stopped["statusReason"], stopped["container"]["exitCode"]) == ("not needed", 143)
    assert jobs.detail(idle[1])["status"] == "RUNNING"
    faults.clear(sandbox)
    done = jobs.wait(idle[1])
    assert (done["status"], done["container"]["exitCode"]) == ("SUCCEEDED", 0)
    assert not trace.exists()


def test_an_idle_job_ends_after_its_time_and_within_its_limit(sandbox, jobs, name):
    faults.job(sandbox, name, "idle", seconds=1.5)
    job_id = jobs.shell("true", name=name)
    limited = jobs.shell("true", name=name, timeout={"attemptDurationSeconds": 1})
    done = jobs.wait(job_id)
    assert 1500 <= done["stoppedAt"] - done["startedAt"] < 5000
    assert jobs.wait(limited)["statusReason"] == "Job attempt duration exceeded timeout"


def test_an_idle_job_can_vanish(sandbox, jobs, batch, name):
    faults.job(sandbox, f"{name}*", "idle")
    kept, lost = jobs.shell("true", name=f"{name}-kept"), jobs.shell("true", name=f"{name}-lost")
    jobs.wait(lost, "RUNNING")
    faults.job(sandbox, f"{name}-lost", "vanish", times=1)
    wait_until(lambda: batch.describe_jobs(jobs=[lost])["jobs"] == [], "Batch to forget")
    assert jobs.detail(kept)["status"] == "RUNNING"
