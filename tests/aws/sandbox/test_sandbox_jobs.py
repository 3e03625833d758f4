"""How jobs run: what moto's own Batch does not do."""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path


def test_passes_through_the_states_in_order(jobs, sandbox):
    detail = jobs.wait(jobs.shell("true"))
    saved = json.loads(
        (sandbox.state_dir / "sandbox/batch/jobs" / f"{detail['jobId']}.json").read_text()
    )
    assert [state for state, _ in saved["document"]["timeline"]] == [
        "SUBMITTED",
        "PENDING",
        "RUNNABLE",
        "STARTING",
        "RUNNING",
        "SUCCEEDED",
    ]


def test_describes_a_finished_job_as_aws_does(jobs):
    detail = jobs.wait(jobs.shell("true"))
    assert detail["status"] == "SUCCEEDED"
    assert detail["statusReason"] == "Essential container in task exited"
    assert detail["createdAt"] <= detail["startedAt"] <= detail["stoppedAt"]
    assert detail["jobQueue"].endswith(":job-queue/geos-chem-graviton-queue")
    [attempt] = detail["attempts"]
    assert attempt["container"]["exitCode"] == detail["container"]["exitCode"] == 0
    assert attempt["statusReason"] == detail["statusReason"]
    assert re.fullmatch(r"test-\d+/default/[0-9a-f]{32}", detail["container"]["logStreamName"])
    assert attempt["container"]["logStreamName"] == detail["container"]["logStreamName"]
    assert attempt["container"]["taskArn"].startswith("arn:aws:ecs:us-west-2:")


def test_keeps_the_exit_code(jobs):
    detail = jobs.wait(jobs.shell("exit 13"))
    assert (detail["status"], detail["container"]["exitCode"]) == ("FAILED", 13)
    assert detail["statusReason"] == "Essential container in task exited"


def test_death_by_signal_is_128_more(jobs):
    detail = jobs.wait(jobs.shell("kill -9 $$"))
    assert (detail["status"], detail["container"]["exitCode"]) == ("FAILED", 137)


def test_a_program_that_is_not_there_cannot_start(jobs):
    detail = jobs.wait(jobs.submit(jobs.define(["no-such-program"])))
    assert detail["status"] == "FAILED"
    assert detail["container"]["reason"].startswith("CannotStartContainerError: ")
    assert "no-such-program" in detail["container"]["reason"]
    assert "exitCode" not in detail["container"]
    assert "exitCode" not in detail["attempts"][0]["container"]


def test_without_a_command_nothing_can_start(jobs):
    detail = jobs.wait(jobs.submit(jobs.define([])))
    assert detail["container"]["reason"].startswith("CannotStartContainerError: ")


def test_parameters_replace_whole_words_and_are_never_split(jobs):
    tricky = json.dumps({"a": [1, 2], "text": 'it\'s, "quoted" $HOME; `x` \u00fc'})
    program = "import json, sys; print(json.dumps(sys.argv[1:]))"
    words = ["python", "-c", program, "Ref::config", "Ref::default", "Ref::none", "xRef::config"]
    definition = jobs.define(words, parameters={"config": "overridden", "default": "kept"})
    detail = jobs.wait(jobs.submit(definition, parameters={"config": tricky}))
    assert json.loads(jobs.output(detail)[0]) == [tricky, "kept", "Ref::none", "xRef::config"]
    assert detail["parameters"] == {"config": tricky, "default": "kept"}


def test_overrides_win_over_the_definition(jobs):
    definition = jobs.define(
        ["false"],
        environment=[{"name": "KEPT", "value": "1"}, {"name": "CHANGED", "value": "old"}],
    )
    detail = jobs.wait(
        jobs.submit(
            definition,
            containerOverrides={
                "command": ["sh", "-c", "echo $KEPT $CHANGED $ADDED"],
                "environment": [
                    {"name": "CHANGED", "value": "new"},
                    {"name": "ADDED", "value": "2"},
                ],
                "resourceRequirements": [{"type": "VCPU", "value": "2"}],
            },
        )
    )
    assert jobs.output(detail) == ["1 new 2"]
    requirements = {
        each["type"]: each["value"] for each in detail["container"]["resourceRequirements"]
    }
    assert requirements == {"VCPU": "2", "MEMORY": "64"}


def test_describing_does_not_change_the_environment(jobs):
    definition = jobs.define(["true"], environment=[{"name": "A", "value": "1"}])
    job_id = jobs.submit(definition)
    jobs.wait(job_id)
    for _ in range(3):
        assert jobs.detail(job_id)["container"]["environment"] == [{"name": "A", "value": "1"}]


def test_a_job_knows_where_it_runs_and_sees_nothing_else(jobs, sandbox):
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    job_id = jobs.submit(jobs.define(["python", "-c", program], vcpus=200))
    [line] = jobs.output(jobs.wait(job_id))
    seen = json.loads(line)
    cores = len(os.sched_getaffinity(0))
    expected = {
        "AWS_BATCH_JOB_ID": job_id,
        "AWS_BATCH_JOB_ATTEMPT": "1",
        "AWS_BATCH_JQ_NAME": "geos-chem-graviton-queue",
        "AWS_BATCH_CE_NAME": "geos-chem-graviton",
        "AWS_ENDPOINT_URL": sandbox.endpoint_url,
        "AWS_REGION": "us-west-2",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_ACCESS_KEY_ID": sandbox.access_key,
        "AWS_SECRET_ACCESS_KEY": sandbox.secret_key,
        "GEOSCHEM_BENCH_GRANTED_VCPUS": str(cores),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    assert expected.items() <= seen.items()
    assert seen.keys() - expected.keys() <= {"PATH", "HOME", "LANG", "LC_CTYPE"}


def test_a_small_job_is_granted_what_it_asked_for(jobs):
    detail = jobs.wait(jobs.shell("echo $GEOSCHEM_BENCH_GRANTED_VCPUS"))
    assert jobs.output(detail) == ["1"]


def test_each_attempt_has_an_empty_folder_that_is_removed(jobs):
    [folder, count] = jobs.output(jobs.wait(jobs.shell("pwd; ls -A | wc -l; touch left-over")))
    assert count.strip() == "0"
    assert not Path(folder).exists()


def test_output_and_errors_are_log_events_in_order(jobs):
    detail = jobs.wait(jobs.shell("echo one; echo two >&2; echo; printf 'no newline \\303\\274'"))
    assert jobs.output(detail) == ["one", "two", "no newline \u00fc"]


def test_output_can_be_read_while_the_job_runs(jobs):
    job_id = jobs.shell("echo begun; sleep 60")
    assert jobs.wait_for_output(job_id, 1) == ["begun"]
    jobs.batch.terminate_job(jobId=job_id, reason="seen enough")
    jobs.wait(job_id)


def test_one_job_runs_at_a_time_and_the_others_wait_in_order(jobs, batch, tmp_path):
    gate = tmp_path / "gate"
    first = jobs.shell(f"until test -e {gate}; do sleep 0.02; done")
    jobs.wait(first, "RUNNING")
    others = [jobs.shell("true") for _ in range(3)]
    for other in others:
        jobs.wait(other, "RUNNABLE")
    snapshot = batch.get_job_queue_snapshot(jobQueue="geos-chem-graviton-queue")
    arns = [entry["jobArn"] for entry in snapshot["frontOfQueue"]["jobs"]]
    assert [arn.rpartition("/")[2] for arn in arns] == others
    gate.touch()
    details = [jobs.wait(job_id) for job_id in [first, *others]]
    for earlier, later in itertools.pairwise(details):
        assert earlier["stoppedAt"] <= later["startedAt"]


def test_a_job_waits_for_those_it_depends_on(jobs, tmp_path):
    gate = tmp_path / "gate"
    first = jobs.shell(f"until test -e {gate}; do sleep 0.02; done; exit 1")
    second = jobs.shell("true", dependsOn=[{"jobId": first}])
    jobs.wait(second, "PENDING")
    gate.touch()
    detail = jobs.wait(second)
    assert (detail["status"], detail["statusReason"]) == ("FAILED", "Dependent Job failed")


def test_a_multinode_job_runs_its_main_node_once(jobs, batch):
    container = {
        "image": "test",
        "command": ["echo", "Ref::greeting"],
        "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "9"}],
    }
    batch.register_job_definition(
        jobDefinitionName="test-multinode",
        type="multinode",
        nodeProperties={
            "numNodes": 4,
            "mainNode": 0,
            "nodeRangeProperties": [{"targetNodes": "0:3", "container": container}],
        },
    )
    detail = jobs.wait(
        jobs.submit(
            "test-multinode", parameters={"greeting": "hello"}, nodeOverrides={"numNodes": 4}
        )
    )
    assert detail["status"] == "SUCCEEDED"
    assert detail["nodeProperties"]["numNodes"] == 4
    assert jobs.output(detail) == ["hello"]
