"""A job writes to the log group that its definition names."""

from __future__ import annotations

from geoschem_bench.sandbox.batch.logs import LogStore

OWN = {"logDriver": "awslogs", "options": {"awslogs-group": "/own/group"}}


def defined(here, script):
    container = {
        "image": "test",
        "command": ["sh", "-c", script],
        "logConfiguration": OWN,
        "resourceRequirements": [
            {"type": "VCPU", "value": "1"},
            {"type": "MEMORY", "value": "64"},
        ],
    }
    here.batch.register_job_definition(
        jobDefinitionName="own-group", type="container", containerProperties=container
    )
    return here.submit("own-group")


def test_its_group_is_used_and_survives_a_kill(killable, jobs):
    here = type(jobs)(killable.batch, killable.logs)
    detail = here.wait(defined(here, "echo printed"))
    assert here.output(detail) == ["printed"]
    usual = killable.logs.describe_log_streams(logGroupName="/aws/batch/job")["logStreams"]
    stream = detail["container"]["logStreamName"]
    assert stream not in {each["logStreamName"] for each in usual}
    killable.kill()
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    assert here.output(here.detail(detail["jobId"])) == ["printed"]


def test_a_job_that_outlives_the_server_goes_on_in_its_group(killable, jobs):
    here = type(jobs)(killable.batch, killable.logs)
    job_id = defined(here, "echo early; sleep 600")
    here.wait_for_output(job_id, 1)
    killable.kill()
    killable.start()
    here = type(jobs)(killable.batch, killable.logs)
    assert here.output(here.detail(job_id)) == ["early"]
    here.batch.terminate_job(jobId=job_id, reason="seen")
    assert here.output(here.wait(job_id)) == ["early"]


def test_a_job_runs_on_when_its_group_or_stream_is_deleted(killable, jobs):
    here = type(jobs)(killable.batch, killable.logs)
    script = "echo early; sleep 1; echo late; sleep 0.5"
    job_id = defined(here, script)
    here.wait_for_output(job_id, 1)
    killable.logs.delete_log_group(logGroupName="/own/group")
    assert here.wait(job_id)["status"] == "SUCCEEDED"
    job_id = defined(here, script)
    here.wait_for_output(job_id, 1)
    stream = here.detail(job_id)["container"]["logStreamName"]
    killable.logs.delete_log_stream(logGroupName="/own/group", logStreamName=stream)
    assert here.wait(job_id)["status"] == "SUCCEEDED"


def test_what_a_job_printed_last_is_dropped_with_its_group(tmp_path):
    store = LogStore(tmp_path / "logs", "us-west-2", "210987654321")
    store.create("a/default/1", "/gone")
    output = tmp_path / "output"
    output.write_text("one\n")
    store._backend.delete_log_group("/gone")
    store.recover("a/default/1", output)
    store.append("a/default/1", [b"two"])
    assert not store.has_group("/gone")
