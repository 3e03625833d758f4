"""Batch's operations other than running jobs: what they accept, refuse and answer."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from geoschem_bench.sandbox.deployment import MOST_VCPUS

QUEUE = "geos-chem-x86-queue"


def test_describe_jobs_takes_100_ids_and_leaves_unknown_ones_out(batch, refused):
    assert batch.describe_jobs(jobs=["unknown"] * 100)["jobs"] == []
    with pytest.raises(refused, match="at most 100"):
        batch.describe_jobs(jobs=["unknown"] * 101)


@pytest.mark.parametrize("name", ["-starts-wrong", "has.dot", "has space", "x" * 129, "\u00fcber"])
def test_job_names_are_checked(jobs, refused, name):
    definition = jobs.define(["true"])
    with pytest.raises(refused, match="jobName"):
        jobs.submit(definition, name=name)


def test_unknown_names_are_refused_and_the_known_ones_named(jobs, batch, refused):
    definition = jobs.define(["true"])
    with pytest.raises(refused, match=r"no job queue 'nowhere'.*geos-chem-graviton-queue"):
        jobs.submit(definition, queue="nowhere")
    with pytest.raises(refused, match=r"no active job definition 'nothing'.*geos-chem-benchmark:1"):
        jobs.submit("nothing", name="a-job")
    with pytest.raises(refused, match="no job unknown"):
        batch.terminate_job(jobId="unknown", reason="r")
    with pytest.raises(refused, match="no job unknown"):
        batch.cancel_job(jobId="unknown", reason="r")


def test_array_jobs_are_refused(jobs, refused):
    with pytest.raises(refused, match="arrayProperties"):
        jobs.shell("true", arrayProperties={"size": 2})


def test_an_unknown_operation_is_named(batch, refused):
    with pytest.raises(refused, match=r"ListSchedulingPolicies: .*does not know.*SubmitJob"):
        batch.list_scheduling_policies()


def test_requests_are_checked_against_awss_own_model(sandbox, connect):
    config = Config(parameter_validation=False)
    with (
        closing(connect(sandbox, "batch", config=config)) as careless,
        pytest.raises(ClientError, match=r'Missing required parameter.*"jobQueue"'),
    ):
        careless.submit_job(jobName="a")


def test_another_region_is_an_error_that_says_so(sandbox, connect):
    with (
        closing(connect(sandbox, "batch", region_name="eu-central-1")) as elsewhere,
        pytest.raises(ClientError, match=r"us-west-2.*eu-central-1.*AWS_REGION"),
    ):
        elsewhere.describe_job_queues()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": {"attemptDurationSeconds": 0}}, "attemptDurationSeconds is 0"),
        ({"retryStrategy": {"attempts": 11}}, "1 to 10"),
        ({"retryStrategy": {"evaluateOnExit": [{"action": "EXIT"}]}}, "needs attempts"),
        (
            {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "MAYBE"}]}},
            "RETRY or EXIT",
        ),
    ],
)
def test_timeouts_and_retries_are_checked(jobs, refused, options, message):
    with pytest.raises(refused, match=message):
        jobs.define(["true"], **options)
    with pytest.raises(refused, match=message):
        jobs.shell("true", **options)


def test_definitions_need_their_resources(batch, refused):
    with pytest.raises(refused, match="MEMORY, VCPU missing"):
        batch.register_job_definition(
            jobDefinitionName="poor", type="container", containerProperties={"image": "i"}
        )


def test_the_latest_active_revision_is_used(jobs, batch):
    name = jobs.define(["true"])
    for words in (["echo", "second"], ["echo", "third"]):
        batch.register_job_definition(
            jobDefinitionName=name,
            type="container",
            containerProperties={
                "image": "i",
                "command": words,
                "resourceRequirements": [
                    {"type": "VCPU", "value": "1"},
                    {"type": "MEMORY", "value": "9"},
                ],
            },
        )
    batch.deregister_job_definition(jobDefinition=f"{name}:3")
    detail = jobs.wait(jobs.submit(name))
    assert detail["jobDefinition"].endswith(f":job-definition/{name}:2")
    assert jobs.output(detail) == ["second"]
    shown = batch.describe_job_definitions(jobDefinitionName=name)["jobDefinitions"]
    assert [(each["revision"], each["status"]) for each in shown] == [
        (3, "INACTIVE"),
        (2, "ACTIVE"),
        (1, "ACTIVE"),
    ]
    by_arn = batch.describe_job_definitions(jobDefinitions=[shown[1]["jobDefinitionArn"]])
    assert by_arn["jobDefinitions"] == [shown[1]]
    assert jobs.submit(f"{name}:1", name="explicit")


def test_a_disabled_environment_keeps_jobs_runnable_and_enabling_it_runs_them(jobs, batch, blocked):
    job_id = jobs.shell("true", queue=blocked)
    jobs.wait(job_id, "RUNNABLE")
    jobs.wait(jobs.shell("true"))  # others are not held up
    assert jobs.detail(job_id)["status"] == "RUNNABLE"
    batch.update_compute_environment(computeEnvironment="blocked", state="ENABLED")
    assert jobs.wait(job_id)["status"] == "SUCCEEDED"
    batch.update_compute_environment(computeEnvironment="blocked", state="DISABLED")


def test_a_job_larger_than_its_environments_stays_runnable_with_the_reason(jobs, batch, until):
    job_id = jobs.submit(jobs.define(["true"], vcpus=MOST_VCPUS + 1), queue=QUEUE)
    until(lambda: "statusReason" in jobs.detail(job_id), "the reason")
    detail = jobs.detail(job_id)
    assert detail["status"] == "RUNNABLE"
    assert detail["statusReason"].startswith("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE")
    batch.cancel_job(jobId=job_id, reason="too large")


def test_a_disabled_queue_takes_no_jobs(jobs, batch, blocked, refused):
    batch.update_job_queue(jobQueue=blocked, state="DISABLED")
    with pytest.raises(refused, match="DISABLED"):
        jobs.shell("true", queue=blocked)


def test_scaling_is_visible(jobs, batch, blocked):
    def vcpus():
        answer = batch.describe_compute_environments(computeEnvironments=[blocked[:-2]])
        resources = answer["computeEnvironments"][0]["computeResources"]
        return tuple(resources[key] for key in ("minvCpus", "desiredvCpus", "maxvCpus"))

    assert vcpus() == (0, 0, 8)
    waiting = jobs.submit(jobs.define(["true"], vcpus=6), queue=blocked)
    jobs.wait(waiting, "RUNNABLE")
    assert vcpus() == (0, 6, 8)
    batch.update_compute_environment(
        computeEnvironment="blocked", computeResources={"minvCpus": 2, "maxvCpus": 4}
    )
    assert vcpus() == (2, 4, 4)
    batch.terminate_job(jobId=waiting, reason="enough")
    assert vcpus() == (2, 2, 4)


def test_environments_and_queues_are_valid_and_guard_each_other(batch, blocked, refused):
    [environment] = batch.describe_compute_environments(computeEnvironments=["blocked"])[
        "computeEnvironments"
    ]
    [queue] = batch.describe_job_queues(jobQueues=[blocked])["jobQueues"]
    assert environment["status"] == queue["status"] == "VALID"
    assert environment["state"] == "DISABLED"
    assert queue["computeEnvironmentOrder"] == [
        {"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}
    ]
    with pytest.raises(refused, match="used by"):
        batch.delete_compute_environment(computeEnvironment="blocked")
    with pytest.raises(refused, match="ENABLED"):
        batch.delete_job_queue(jobQueue=blocked)
    with pytest.raises(refused, match="already exists"):
        batch.create_job_queue(
            jobQueueName=blocked, priority=1, computeEnvironmentOrder=[
                {"order": 1, "computeEnvironment": "blocked"}
            ],
        )  # fmt: skip


def test_tags_of_everything(jobs, batch):
    job_id = jobs.shell("true", tags={"suite": "mini"})
    [queue] = batch.describe_job_queues(jobQueues=[QUEUE])["jobQueues"]
    definition = jobs.wait(job_id)["jobDefinition"]
    for arn in (jobs.detail(job_id)["jobArn"], queue["jobQueueArn"], definition):
        before = batch.list_tags_for_resource(resourceArn=arn)["tags"]
        batch.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        batch.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {**before, "b": "2"}
    assert jobs.detail(job_id)["tags"] == {"suite": "mini", "b": "2"}


def test_many_clients_at_once(jobs, batch):
    definition = jobs.define(["true"])
    submitted = []
    threads = [
        threading.Thread(target=lambda: submitted.append(jobs.submit(definition)))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(submitted)) == 12
    assert {jobs.wait(job_id)["status"] for job_id in submitted} == {"SUCCEEDED"}
