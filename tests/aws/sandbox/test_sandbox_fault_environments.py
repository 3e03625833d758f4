"""Compute environments that are broken, and quotas that are small."""

from __future__ import annotations

import pytest

from geoschem_bench.sandbox import faults
from tests.aws.sandbox.conftest import wait_until

ENVIRONMENT, QUEUE = "geos-chem-graviton", "geos-chem-graviton-queue"
DENIED = "CLIENT_ERROR - You are not authorized to perform this operation."


@pytest.fixture(autouse=True)
def _mended(sandbox):
    yield
    faults.clear(sandbox)


@pytest.fixture
def waiting(jobs, batch):
    """Submits a job that waits, and ends it after the test."""
    made: list[str] = []

    def submit():
        made.append(jobs.shell("true"))
        jobs.wait(made[-1], "RUNNABLE")
        return made[-1]

    yield submit
    for job_id in made:
        batch.terminate_job(jobId=job_id, reason="test over")


def shown(batch):
    answer = batch.describe_compute_environments(computeEnvironments=[ENVIRONMENT])
    [found] = answer["computeEnvironments"]
    return found["state"], found["status"], found["statusReason"]


def explained(jobs, job_id):
    wait_until(lambda: "statusReason" in jobs.detail(job_id), "the reason")
    return jobs.detail(job_id)["statusReason"]


def test_an_invalid_environment_says_why_and_its_jobs_wait(sandbox, jobs, batch, waiting):
    healthy = shown(batch)
    fault = faults.environment(sandbox, ENVIRONMENT, "invalid", DENIED)
    assert shown(batch) == ("ENABLED", "INVALID", DENIED)
    job_id = waiting()
    assert explained(jobs, job_id) == (
        "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."
    )
    faults.clear(sandbox, fault.id)
    assert jobs.wait(job_id)["status"] == "SUCCEEDED"
    assert shown(batch) == healthy == ("ENABLED", "VALID", "ComputeEnvironment Healthy")


def test_a_disabled_environment_stays_so_until_the_fault_is_cleared(sandbox, jobs, batch, waiting):
    faults.environment(sandbox, ENVIRONMENT, "disabled")
    batch.update_compute_environment(computeEnvironment=ENVIRONMENT, state="ENABLED")
    assert shown(batch)[0] == "DISABLED"
    job_id = waiting()
    assert "statusReason" not in jobs.detail(job_id)
    faults.clear(sandbox)
    assert jobs.wait(job_id)["status"] == "SUCCEEDED"


def test_without_capacity_the_head_of_the_queue_says_so(sandbox, jobs, batch, waiting):
    faults.environment(sandbox, "geos-chem-g*", "no-capacity")
    assert shown(batch)[:2] == ("ENABLED", "VALID")
    head, behind = waiting(), waiting()
    assert explained(jobs, head) == (
        "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested "
        "for instance type [c7g.4xlarge]"
    )
    assert "statusReason" not in jobs.detail(behind)
    faults.clear(sandbox)
    assert jobs.wait(behind)["status"] == "SUCCEEDED"


def test_a_quota_is_as_small_as_asked(sandbox, connect):
    client = connect(sandbox, "service-quotas")

    def value():
        answer = client.get_service_quota(ServiceCode="ec2", QuotaCode="L-F7808C92")
        return answer["Quota"]["Value"]

    fault = faults.quota(sandbox, "hpc", 96)
    assert (fault.id, value()) == ("L-F7808C92", 96)
    assert faults.listed(sandbox) == [fault]
    faults.clear(sandbox, fault.id)
    assert (faults.listed(sandbox), value()) == ([], 4096)
    client.close()


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda box: faults.environment(box, "nope", "disabled"), r"no 'nope'; there are: geos"),
        (lambda box: faults.environment(box, "*", "gone"), r"allowed are invalid, disabled, no-"),
        (lambda box: faults.environment(box, "*", "invalid"), r"--invalid: wants AWS's reason"),
        (lambda box: faults.quota(box, "Spot", 4), r"'Spot' names several; .* L-34B43A08 All"),
        (lambda box: faults.quota(box, "L-1216C47B", 4), r"'L-1216C47B' names none; .* L-1216C47A"),
        (lambda box: faults.quota(box, "L-1216C47A", -4), r"-4; allowed is 0 or more"),
        (lambda box: faults.job(box, "*", "stcuk"), r"did you mean 'stuck'\?.*spot-reclaim"),
        (lambda box: faults.job(box, "*", "stuck", reason="capcity"), r"did you mean 'capacity'"),
        (lambda box: faults.job(box, "*", "stuck", seconds=3), r"--seconds: stuck knows no time"),
        (lambda box: faults.job(box, "*", "idle", reason="a b"), r"--reason: idle has its own"),
        (lambda box: faults.job(box, "*", "idle", queue="q"), r"--queue: there is no 'q'; there"),
        (lambda box: faults.job(box, "", "idle"), r"whose\?"),
        (lambda box: faults.job(box, "*", "idle", times=0), r"--times: 0; allowed is 1 or more"),
        (lambda box: faults.service(box, "s4", "5xx"), r"'s4' is unknown; allowed are batch,"),
        (lambda box: faults.service(box, "s3:Put", "5xx"), r"no operation 'Put'"),
        (lambda box: faults.service(box, "*:PutItem", "5xx"), r"\* is all services"),
        (lambda box: faults.service(box, "s3", "slow"), r"allowed are latency, throttling, 5xx"),
        (lambda box: faults.service(box, "s3", "latency"), r"--latency: wants seconds"),
        (lambda box: faults.service(box, "s3", "refuse", code="<b>"), r"is no error code of AWS"),
        (lambda box: faults.service(box, "s3", "5xx", rate=2), r"--rate: 2; allowed is more than"),
        (lambda box: faults.clear(box, "99"), r"there is no fault '99'; there are: none"),
    ],
)
def test_a_fault_that_makes_no_sense_is_explained(sandbox, ask, told):
    with pytest.raises(faults.FaultError, match=told):
        ask(sandbox)
    assert faults.listed(sandbox) == []
